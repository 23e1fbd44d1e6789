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
import { repeat, summary, timed } from "../statistics.mjs";

/** Appends of `bytes`, each synced: `run(count)` answers the milliseconds of each. */
export function openSyncedAppend(directory, bytes) {
  const file = openSync(join(directory, `floor-${bytes}`), "w");
  const body = Buffer.alloc(bytes, 7);
  return {
    async run(count) {
      const samples = [];
      for (let i = 0; i < count; i += 1) {
        const begin = performance.now();
        writeSync(file, body);
        fsyncSync(file);
        samples.push(performance.now() - begin);
      }
      return samples;
    },
    close: () => closeSync(file),
  };
}

/** LMDB transactions of one row, each durable before the next begins: `run(count)` answers the milliseconds of all. */
export function openCommittedRows(directory) {
  const database = open({ path: join(directory, "floor-rows"), overlappingSync: false });
  let next = 0;
  return {
    run: (count) =>
      timed(async () => {
        for (let i = 0; i < count; i += 1) await database.put(String(next++), { status: "Finished", i });
      }),
    close: () => database.close(),
  };
}

async function listening(listener) {
  const server = createServer(listener);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

/** HTTP calls on loopback to a bare Node process that does nothing: `run(count)` answers the milliseconds of each. */
export async function openEmptyCalls() {
  const { child, port } = await bareServer();
  const url = `http://127.0.0.1:${port}/`;
  return {
    async run(count) {
      const samples = [];
      for (let i = 0; i < count; i += 1) samples.push(await timed(() => call("GET", url)));
      return samples;
    },
    close: () => void child.kill(),
  };
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
