/**
 * What this machine can do at best, measured in the same run as the figures that stand beside it: committed
 * rows, blobs written and synced, loopback calls, bare Python processes. Nothing of Sluice is involved.
 */
import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { open } from "lmdb";
import { repeat } from "./statistics.mjs";

/** Milliseconds for `count` LMDB transactions, each durable before the next begins. */
export async function committedRows(directory, count) {
  const database = open({ path: join(directory, "floor-rows"), overlappingSync: false });
  try {
    return await repeat(5, async (round) => {
      for (let i = 0; i < count; i += 1) await database.put(`${round}-${i}`, { status: "Finished", i });
    });
  } finally {
    await database.close();
  }
}

/** Milliseconds to write and sync one file of `bytes`. */
export async function syncedFile(directory, bytes) {
  const folder = join(directory, "floor-files");
  mkdirSync(folder, { recursive: true });
  const body = Buffer.alloc(bytes, 7);
  return repeat(20, (round) => {
    const file = openSync(join(folder, String(round)), "w");
    writeSync(file, body);
    fsyncSync(file);
    closeSync(file);
  });
}

/** Milliseconds of one HTTP call on loopback that does nothing. */
export async function loopbackCall() {
  const server = createServer((_request, response) => response.end("{}"));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/`;
  try {
    return await repeat(50, async () => {
      await (await fetch(url)).text();
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Milliseconds of `count` bare Python processes, one after another, each running `script`. */
export async function pythonLoop(python, script, count) {
  return repeat(3, () => {
    for (let i = 0; i < count; i += 1) {
      const { status } = spawnSync(python, [script], { stdio: "ignore" });
      if (status !== 0) throw new Error(`${python} ${script} ended with ${status}`);
    }
  });
}
