import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import {
  descendants,
  isRunning,
  removeFolder,
  runInShell,
  startSluice,
  temporaryDataFolder,
  type StartedSluice,
} from "./startedSluice";
import { pidBelow } from "../app/pipelineCalls";

let dataFolder: string;
let started: StartedSluice[];
beforeEach(async () => {
  dataFolder = await temporaryDataFolder();
  started = [];
});
afterEach(async () => {
  for (const each of started) each.signal("SIGTERM");
  await Promise.all(started.map(({ exited }) => exited));
  await removeFolder(dataFolder);
});

function start(...args: string[]): StartedSluice {
  const sluice = startSluice(["--port", "0", "--data", dataFolder, "--no-example", ...args]);
  started.push(sluice);
  return sluice;
}

/** A free port whose predecessor is free as well, taken by the listener. */
async function listenWithRoomBefore(listener: Server): Promise<number> {
  const before = createServer();
  await new Promise<void>((done) => before.listen(0, "127.0.0.1", done));
  const port = (before.address() as AddressInfo).port + 1;
  const taken = await new Promise<boolean>((done) => {
    listener.once("error", () => done(false));
    listener.listen(port, "127.0.0.1", () => done(true));
  });
  await new Promise((done) => before.close(done));
  return taken ? port : listenWithRoomBefore(listener);
}

const stayingUp = /answers at (http\S+)[^]*stays up until Ctrl-C/;

describe("sluice start", () => {
  test("leaves no process behind after Ctrl-C, and its folder can be started again", async () => {
    const first = start();
    await first.until(stayingUp);
    const children = descendants(first.pid);
    expect(children.length).toBeGreaterThanOrEqual(2);
    first.signal("SIGINT");
    expect(await first.exited).toBe(0);
    expect(children.filter(isRunning)).toEqual([]);
    const second = start();
    await second.until(stayingUp);
    second.signal("SIGTERM");
    expect(await second.exited).toBe(0);
  });

  test("leaves no host behind when the command itself is killed", async () => {
    const sluice = start();
    await sluice.until(stayingUp);
    const children = descendants(sluice.pid);
    sluice.signal("SIGKILL");
    await sluice.exited;
    while (children.some(isRunning)) await new Promise((done) => setImmediate(done));
  });

  test("says that the port is taken, and by no word more", async () => {
    const listener = createServer();
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    const { port } = listener.address() as AddressInfo;
    const sluice = start("--port", String(port));
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr()).toMatch(new RegExp(`^Port ${port} is taken[^\n]*\n$`));
    await new Promise((done) => listener.close(done));
  });

  test("refuses a second start on the same folder and does not disturb the first", async () => {
    const first = start();
    const [, url] = await first.until(stayingUp);
    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.stderr()).toMatch(/^[^\n]*process \d+[^\n]*\n$/);
    const answer = await fetch(`${url ?? ""}/health`);
    expect(answer.status).toBe(200);
  });

  const whereProcIs = process.platform === "linux" ? test : test.skip;
  whereProcIs("gives up where no folder can be made (needs Linux's /proc)", async () => {
    const sluice = startSluice(["--once", "--port", "0", "--data", "/proc/nowhere/data"]);
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr()).toMatch(/^The data folder \/proc\/nowhere\/data cannot be used[^\n]*\n$/);
  });

  test("says that a port of the storage is taken, and which option moves it", async () => {
    const listener = createServer();
    const port = await listenWithRoomBefore(listener);
    const sluice = start("--port", String(port - 1));
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr()).toMatch(
      new RegExp(`^[^\n]*Port ${port} is taken[^\n]* --port: choose another\\.\n$`),
    );
    await new Promise((done) => listener.close(done));
  });

  test.each([
    ["host.log", /^The log \S+ cannot be written: [^\n]*EISDIR[^\n]*\n$/],
    [join("app", "token-key"), /^The token key in the data folder \S+ cannot be used: [^\n]*EISDIR[^\n]*\n$/],
  ])("says which file of the data folder cannot be used: %s", async (file, sentence) => {
    await mkdir(join(dataFolder, file), { recursive: true });
    const sluice = start();
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr()).toMatch(sentence);
  });

  test("does not take an empty --data for the folder in which it stands", async () => {
    const sluice = startSluice(["--port", "0", "--no-example", "--data", ""]);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr()).toBe("--data takes the path of a folder, not an empty text.\n");
  });

  test("lets a reader of the list of runs leave early, without a stack", async () => {
    const sluice = start();
    await sluice.until(stayingUp);
    const list = `node bin/sluice.mjs runs --data '${dataFolder}'`;
    const ran = runInShell(`{ ${list}; echo "code $?" >&2; } | true`);
    expect(ran).toEqual({ code: 0, stdout: "", stderr: "code 0\n" });
  });

  test("ends at Ctrl-C although the service hangs", async () => {
    const sluice = start("--example");
    await sluice.until(/First run:/);
    const host = pidBelow(sluice.pid, "dist/host/main.js");
    process.kill(host, "SIGSTOP");
    sluice.signal("SIGINT");
    expect(await sluice.exited).toBe(0);
    expect(isRunning(host)).toBe(false);
  });

  test("says that the data folder cannot be used when it is a file", async () => {
    const file = join(dataFolder, "file");
    await writeFile(file, "");
    const sluice = start("--data", file);
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr()).toBe(
      `The data folder ${file} cannot be used (it is a file): name another with --data DIR.\n`,
    );
  });

  // The root user may read everything.
  (process.getuid?.() === 0 ? test.skip : test)(
    "says that the data folder may not be read (needs a user who is not root)",
    async () => {
      await chmod(dataFolder, 0o000);
      const sluice = start();
      expect(await sluice.exited).toBe(1);
      expect(sluice.stderr()).toMatch(
        /^The data folder .* cannot be used \(it may not be read and written\)[^\n]*\n$/,
      );
      await chmod(dataFolder, 0o700);
    },
  );
});
