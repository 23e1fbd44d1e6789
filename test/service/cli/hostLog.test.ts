import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { hostLogFile, longestLog, openHostLog } from "../../../src/cli/hostLog";
import { removeFolder, temporaryDataFolder } from "./startedSluice";

let folder: string;
beforeEach(async () => {
  folder = await temporaryDataFolder();
});
afterEach(() => removeFolder(folder));

async function write(line: string): Promise<void> {
  const log = await openHostLog(folder);
  log.end(`${line}\n`);
  await once(log, "close");
}

describe("the host's log", () => {
  test("goes on where the last start left it", async () => {
    await write("one");
    await write("two");
    expect(await readFile(hostLogFile(folder), "utf8")).toBe("one\ntwo\n");
  });

  test("does not grow for ever: a long one is put away at the next start, and only one is kept", async () => {
    for (const name of ["older", "old"]) {
      await writeFile(hostLogFile(folder), name);
      await truncate(hostLogFile(folder), longestLog + 1);
      await write("new");
    }
    expect(await readFile(hostLogFile(folder), "utf8")).toBe("new\n");
    expect((await readFile(`${hostLogFile(folder)}.old`, "utf8")).startsWith("old\0")).toBe(true);
  });

  test("that cannot be written is one sentence and no crash", async () => {
    await mkdir(hostLogFile(folder));
    await expect(openHostLog(folder)).rejects.toThrow(/^The log .*host\.log cannot be written: .*EISDIR/);
  });
});
