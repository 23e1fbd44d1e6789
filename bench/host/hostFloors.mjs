/** What this machine can do at best at the host's work, measured in the same run. Nothing of Sluice is involved. */
import { fork, spawn } from "node:child_process";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { open } from "lmdb";
import { call } from "./caller.mjs";
import { flood } from "./load.mjs";
import { memoryAlone, usage } from "../service.mjs";
import { repeat, summary } from "../statistics.mjs";

/** Milliseconds of one append of `bytes` that is synced. */
export async function syncedAppend(directory, bytes) {
  const file = openSync(join(directory, `floor-${bytes}`), "w");
  const body = Buffer.alloc(bytes, 7);
  try {
    return await repeat(50, () => {
      writeSync(file, body);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

async function listening(listener) {
  const server = createServer(listener);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

/** Milliseconds of one HTTP call on loopback that does nothing. */
export async function emptyCall() {
  const { server, url } = await listening((_request, response) => response.end("{}"));
  try {
    for (let i = 0; i < 20; i += 1) await call("GET", url);
    return await repeat(100, () => call("GET", url));
  } finally {
    server.close();
    server.closeIdleConnections();
  }
}

/** A bare Node server that commits one row a call, durable before it answers: calls a second and latencies. */
export async function committingCalls(directory, count, atOnce) {
  const database = open({ path: join(directory, "floor-calls"), overlappingSync: false });
  let next = 0;
  const { server, url } = await listening(async (_request, response) => {
    await database.put(next++, { status: "Pending" });
    response.end("{}");
  });
  try {
    return await flood(count, atOnce, () => call("POST", url, {}));
  } finally {
    server.close();
    server.closeIdleConnections();
    await database.close();
  }
}

/** Milliseconds for `count` messages to a forked process and back, one after another. */
export async function processHops(count) {
  const child = fork(fileURLToPath(new URL("bareProcess.mjs", import.meta.url)), ["echo"], {
    serialization: "advanced",
  });
  const answer = () => new Promise((done) => child.once("message", done));
  try {
    await answer();
    return await repeat(5, async () => {
      for (let i = 0; i < count; i += 1) {
        const back = answer();
        child.send({ kind: "invoke", functionName: "noop", input: String(i) });
        await back;
      }
    });
  } finally {
    child.disconnect();
  }
}

/** Milliseconds from the start of a bare Node server to its first answer. */
export async function bareStart(times) {
  const samples = [];
  for (let i = 0; i < times; i += 1) {
    const begin = performance.now();
    const { child, port } = await bareServer();
    await call("GET", `http://127.0.0.1:${port}/`);
    samples.push(performance.now() - begin);
    child.kill();
  }
  return summary(samples);
}

/** Memory in MB of two bare Node processes, one that serves HTTP and one that it forked. */
export async function barePair() {
  const { child } = await bareServer("pair");
  try {
    return { pssMb: usage(child.pid).pssMb, aloneMb: memoryAlone(child.pid) };
  } finally {
    child.kill();
  }
}

async function bareServer(...more) {
  const script = fileURLToPath(new URL("bareProcess.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, "serve", ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((found) => {
    createInterface({ input: child.stdout }).once("line", (line) => found(Number(line)));
  });
  return { child, port };
}
