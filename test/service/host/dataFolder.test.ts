import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { makeFolder } from "../../../src/host/makeFolder";
import { fixture, HostProcess, Scratch } from "./hostProcess";

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

describe("the data folder", () => {
  test("is made with all that is missing above it, and may be there already", () => {
    const folder = scratch.file("a/b/c");
    makeFolder(folder);
    makeFolder(folder);
    expect(existsSync(folder)).toBe(true);
  });

  const whereProcIs = process.platform === "linux" ? test : test.skip;
  whereProcIs(
    "that cannot be made is one sentence and not a host that hangs (needs Linux's /proc)",
    async () => {
      const host = new HostProcess({ app: fixture("small"), dataDir: "/proc/nowhere/data" });
      const { code, stderr } = await host.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/sluice-host: The data folder cannot be used: ENOENT[^\n]*\n$/);
    },
  );
});
