import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { posix, win32 } from "node:path";
import { isSnapshotPath } from "../../../src/model/snapshotPath";

describe("a path of a snapshot", () => {
  test.each(["a.py", "lib/a.py", "lib/.hidden", "ä b/日本.txt", "conf.py", "a..b", "com10.txt"])(
    "%j is a plain file on every system",
    (path) => {
      expect(isSnapshotPath(path)).toBe(true);
    },
  );

  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/..",
    "./a",
    "a\\b",
    "C:a",
    "a:stream",
    "con",
    "CON.txt",
    "lib/nul.py",
    "lpt1",
    "a.",
    "a ",
    "a?b",
    "a*",
    'a"b',
    "a\u0000b",
    "a\nb",
    "x".repeat(1025),
  ])("%j is refused", (path) => {
    expect(isSnapshotPath(path)).toBe(false);
  });

  test("never leaves the folder that it is written into, on Linux, macOS or Windows", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", "C:", "\\", "a"), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const path = parts.join("/");
        fc.pre(isSnapshotPath(path));
        expect(posix.resolve("/base", path).startsWith("/base/")).toBe(true);
        expect(win32.resolve("C:\\base", path).startsWith("C:\\base\\")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
