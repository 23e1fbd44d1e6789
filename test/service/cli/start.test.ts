import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { chmod, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import {
  descendants,
  isRunning,
  removeFolder,
  startSluice,
  temporaryDataFolder,
  type StartedSluice,
} from "./startedSluice";

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
