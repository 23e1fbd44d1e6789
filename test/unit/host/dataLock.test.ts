import { describe, expect, test } from "@jest/globals";
import { isOwnerAlive } from "../../../src/host/dataLock";
import { readProcessStart } from "../../../src/host/processStart";

describe("the owner of a data folder", () => {
  const owner = { pid: 7, start: "boot:100" };

  test("is alive while its process runs", () => {
    expect(isOwnerAlive(owner, "boot:100")).toBe(true);
  });

  test("is dead when no process has its pid", () => {
    expect(isOwnerAlive(owner, undefined)).toBe(false);
  });

  test("is dead when the system gave its pid to another process", () => {
    expect(isOwnerAlive(owner, "boot:200")).toBe(false);
    expect(isOwnerAlive(owner, "another-boot:100")).toBe(false);
  });

  test("counts as alive when the system does not say when the process started", () => {
    expect(isOwnerAlive(owner, null)).toBe(true);
    expect(isOwnerAlive({ pid: 7, start: null }, "boot:100")).toBe(true);
  });

  test("is told apart by a start that does not change", () => {
    expect(readProcessStart(process.pid)).toBe(readProcessStart(process.pid));
    expect(readProcessStart(process.pid)).toEqual(expect.any(String));
  });
});
