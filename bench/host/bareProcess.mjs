/** The least that a process of a host can be: `serve [pair]` answers HTTP, `echo` answers messages. */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const [role, second] = process.argv.slice(2);
if (role === "echo") {
  process.on("message", (message) => process.send(message));
  process.send("ready");
} else {
  const server = createServer((_request, response) => response.end("{}"));
  server.listen(0, "127.0.0.1", () => {
    const port = server.address().port;
    if (second !== "pair") return console.log(port);
    const child = fork(fileURLToPath(import.meta.url), ["echo"]);
    child.once("message", () => console.log(port));
  });
}
