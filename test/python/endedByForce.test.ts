import { afterAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ended, removeAttempts, supervisedAttempt } from "./supervisedAttempt";

/** POSIX only: Windows has no SIGTERM, and there the tree is ended by taskkill. */
const posixTest = process.platform === "win32" ? test.skip : test;

afterAll(removeAttempts);

const busy = "while True:\n    time.sleep(0.01)\n";

/** A child process of the script that connects to the test and then waits for ever. */
function startsChild(port: number): string {
  const child = `import socket; socket.create_connection(('127.0.0.1', ${port})).recv(1)`;
  return `import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', ${JSON.stringify(child)}])\n`;
}

async function listen(): Promise<Server> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function connection(server: Server): Promise<Socket> {
  const [socket] = (await once(server, "connection")) as [Socket];
  socket.on("error", () => undefined);
  return socket;
}

posixTest("SIGTERM lets the script clean up, and a second one does not cut the clean-up short", async () => {
  const script = [
    "import os, signal, time",
    "try:",
    "    print('ready')",
    "    while True: time.sleep(0.01)",
    "finally:",
    "    os.kill(os.getpid(), signal.SIGTERM)",
    "    time.sleep(0.05)",
    "    print('cleaned up')",
  ].join("\n");
  const attempt = supervisedAttempt(script);
  const child = attempt.start();
  await attempt.until("std_log.txt", (text) => text === "ready\n");
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(143);
  expect(attempt.read("std_log.txt")).toBe("ready\ncleaned up\n");
  expect(attempt.exitRecord()).toMatchObject({ exitCode: 143, signal: "SIGTERM", timedOut: false });
});

/** A thread that never ends, and prints once the main thread's code is over. */
const endlessThread = [
  "import threading, time",
  "def work():",
  "    while threading.main_thread().is_alive(): time.sleep(0.01)",
  "    print('main is over')",
  "    while True: time.sleep(0.01)",
  "threading.Thread(target=work).start()",
].join("\n");

posixTest("SIGTERM is recorded when it comes while the script's threads are awaited", async () => {
  const attempt = supervisedAttempt(endlessThread);
  const child = attempt.start();
  await attempt.until("std_log.txt", (text) => text.includes("main is over\n"));
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(143);
  expect(attempt.exitRecord()).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
});

posixTest("SIGTERM ends a script whose thread never ends", async () => {
  const attempt = supervisedAttempt(`${endlessThread}\nprint('ready')\n${busy}`);
  const child = attempt.start();
  await attempt.until("std_log.txt", (text) => text === "ready\n");
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(143);
  expect(attempt.exitRecord()).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
});

posixTest("kill -9 leaves no record, and no watchdog that writes one later", async () => {
  const server = await listen();
  const attempt = supervisedAttempt(startsChild(portOf(server)) + busy, {
    attempt: { timeoutSeconds: 3600 },
  });
  const child = attempt.start();
  const socket = await connection(server);
  const closed = once(socket, "close");
  process.kill(-child.pid!, "SIGKILL");
  await Promise.all([ended(child), closed]);
  expect(attempt.exists("exit.json")).toBe(false);
  server.close();
});

posixTest("the time limit ends the script and its child processes before it is recorded", async () => {
  const server = await listen();
  const attempt = supervisedAttempt(startsChild(portOf(server)) + busy, { attempt: { timeoutSeconds: 0.8 } });
  const child = attempt.start();
  const socket = await connection(server);
  const closed = once(socket, "close");
  await attempt.until("exit.json", (text) => text !== "");
  expect(attempt.exitRecord()).toMatchObject({ exitCode: 137, signal: "SIGKILL", timedOut: true });
  expect(attempt.read("stderr.txt")).toContain("its time limit");
  await Promise.all([closed, ended(child)]);
  expect(child.signalCode).toBe("SIGKILL");
  server.close();
});

posixTest("the time limit ends a script whose native code never lets another thread run", async () => {
  const attempt = supervisedAttempt("import re\nprint('stuck')\nre.match('(a+)+$', 'a' * 60 + 'b')\n", {
    attempt: { timeoutSeconds: 0.5 },
  });
  const child = attempt.start();
  await attempt.until("exit.json", (text) => text !== "");
  await ended(child);
  expect(attempt.exitRecord()).toMatchObject({ timedOut: true });
});

posixTest("the watchdog of a time limit is no child that a waiting script could meet", async () => {
  const script = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    print('no children')\n";
  const attempt = supervisedAttempt(script, { attempt: { timeoutSeconds: 3600 } });
  expect(await attempt.run()).toBe(0);
  expect(attempt.read("std_log.txt")).toBe("no children\n");
});

posixTest("what a script leaves running in the background ends with the script", async () => {
  const server = await listen();
  const child = `import socket; s = socket.create_connection(('127.0.0.1', ${portOf(server)})); print(flush=True); s.recv(1)`;
  const script = [
    "import subprocess, sys",
    `child = subprocess.Popen([sys.executable, '-c', ${JSON.stringify(child)}], stdout=subprocess.PIPE)`,
    "child.stdout.readline()",
  ].join("\n");
  const attempt = supervisedAttempt(script);
  const supervisor = attempt.start();
  const socket = await connection(server);
  await Promise.all([once(socket, "close"), ended(supervisor)]);
  expect(attempt.exitRecord().exitCode).toBe(0);
  server.close();
});
