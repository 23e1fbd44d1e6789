/** `GET /health` of the real service while what it needs comes and goes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { removeFolder, startSluice, temporaryDataFolder, type StartedSluice } from "../cli/startedSluice";
import { findTestPython } from "../pythonUnderTest";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";

let folder: string;
let sluice: StartedSluice | undefined;
beforeAll(async () => {
  folder = await temporaryDataFolder();
});
afterEach(async () => {
  sluice?.signal("SIGTERM");
  await sluice?.exited;
});
afterAll(() => removeFolder(folder));

async function start(...args: string[]): Promise<string> {
  const data = join(folder, `data-${args.length}`);
  sluice = startSluice(["--no-example", "--port", "0", "--data", data, ...args]);
  const [, url] = await sluice.until(/answers at (http\S+)[^]*stays up/);
  return url ?? "";
}

async function health(url: string): Promise<readonly [number, unknown]> {
  const response = await fetch(`${url}/health`);
  return [response.status, await response.json()];
}

describe("GET /health", () => {
  // Windows needs rights of their own for links.
  (process.platform === "win32" ? test.skip : test)(
    "turns 503 while the interpreter of steps is gone, says so without its path, and recovers",
    async () => {
      const python = join(folder, "python");
      await symlink(findTestPython(), python);
      const url = await start("--python", python);
      const working = await health(url);
      expect(working).toMatchObject([200, { status: "healthy", python: "found", computeTargets: ["local"] }]);
      await rename(python, `${python}.away`);
      const problems = ["The configured Python interpreter does not exist or cannot be run."];
      expect(await health(url)).toEqual([503, { status: "unhealthy", problems }]);
      await rename(`${python}.away`, python);
      expect(await health(url)).toEqual(working);
    },
  );

  test("turns 503 and names what does not answer while the storage is gone, and says no secret", async () => {
    let storage: StorageUnderTest | undefined = await startStorage();
    try {
      const { connectionString } = storage;
      const url = await start("--storage", connectionString);
      expect(await health(url)).toMatchObject([200, { storage: { tables: "answers", blobs: "answers" } }]);
      await storage.stop();
      storage = undefined;
      const problems = ["Table storage does not answer.", "Blob storage does not answer."];
      expect(await health(url)).toEqual([503, { status: "unhealthy", problems }]);
    } finally {
      await storage?.stop();
    }
  });
});
