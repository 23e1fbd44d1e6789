import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { localTokenKey, localTokenKeyFile } from "../../../src/contract/localTokenKey";

let dataDir = "";
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-key-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe("local token key", () => {
  test("is the same for everybody when many first users come at once", async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => localTokenKey(dataDir)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    expect(await readdir(join(dataDir, "app"))).toEqual(["token-key"]);
  });

  test("survives a restart", async () => {
    expect(await localTokenKey(dataDir)).toEqual(await localTokenKey(dataDir));
  });

  (process.platform === "win32" ? test.skip : test)("is readable by its owner only", async () => {
    await localTokenKey(dataDir);
    expect((await stat(localTokenKeyFile(dataDir))).mode & 0o777).toBe(0o600);
  });

  test("a damaged key file is refused with the remedy and not signed with", async () => {
    await mkdir(dirname(localTokenKeyFile(dataDir)), { recursive: true });
    await writeFile(localTokenKeyFile(dataDir), "short");
    await expect(localTokenKey(dataDir)).rejects.toThrow(/is damaged.*delete the file/);
  });
});
