import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { listSourceDirectory, SourceDirectoryError } from "../../../src/sdk/sourceDirectory";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const paths = async (): Promise<string[]> => (await listSourceDirectory(folder.path)).map(({ path }) => path);
async function problems(): Promise<SourceDirectoryError["problems"]> {
  const error: unknown = await listSourceDirectory(folder.path).catch((refusal: unknown) => refusal);
  if (error instanceof SourceDirectoryError) return error.problems;
  throw new Error("The directory was taken");
}

// Windows lets only administrators make links, and knows no such permissions or names.
const testOnPosix = process.platform === "win32" ? test.skip : test;
const testOnLinux = process.platform === "linux" ? test : test.skip;

describe("a source directory", () => {
  test("is listed whole, hidden files too, in one order, without what stays behind", async () => {
    folder.write({
      "b.py": "",
      "a/z.py": "",
      ".env": "",
      "a/.hidden/x": "",
      "__pycache__/b.pyc": "",
      ".git/HEAD": "",
    });
    expect(await paths()).toEqual([".env", "a/.hidden/x", "a/z.py", "b.py"]);
  });

  test("leaves out what .amlignore names, and then nothing of .gitignore", async () => {
    folder.write({ "main.py": "", "data/a.csv": "", "notes.md": "", ".gitignore": "*.md" });
    expect(await paths()).toEqual([".gitignore", "data/a.csv", "main.py"]);
    folder.write({ ".amlignore": "data/\n" });
    expect(await paths()).toEqual([".amlignore", ".gitignore", "main.py", "notes.md"]);
  });

  test("asks only the ignore file at its root", async () => {
    folder.write({ "lib/.amlignore": "*.py", "lib/a.py": "", "main.py": "" });
    expect(await paths()).toEqual(["lib/.amlignore", "lib/a.py", "main.py"]);
  });

  testOnPosix(
    "takes what a link leads to, and leaves out a link that is ignored and leads nowhere",
    async () => {
      const shared = temporaryFolder({ "lib/tool.py": "tool" });
      folder.write({ ".amlignore": "dead" });
      symlinkSync(join(shared.path, "lib"), join(folder.path, "lib"));
      symlinkSync(join(shared.path, "lib", "tool.py"), join(folder.path, "one.py"));
      symlinkSync("nowhere", join(folder.path, "dead"));
      expect(await paths()).toEqual([".amlignore", "lib/tool.py", "one.py"]);
      shared.remove();
    },
  );

  testOnPosix(
    "is refused with links that lead nowhere or in a circle, all named, instead of walking for ever",
    async () => {
      mkdirSync(join(folder.path, "a"));
      mkdirSync(join(folder.path, "b"));
      symlinkSync("nowhere", join(folder.path, "dead.py"));
      symlinkSync(".", join(folder.path, "self"));
      symlinkSync("..", join(folder.path, "a", "up"));
      symlinkSync("../../..", join(folder.path, "a", "above"));
      symlinkSync("../a", join(folder.path, "b", "across"));
      const found = await problems();
      expect(found.map(({ code }) => code)).toEqual(found.map(() => "SourceLinkInvalid"));
      expect(found.map(({ field }) => field).sort()).toEqual([
        "a/above",
        "a/up",
        "b/across/above",
        "b/across/up",
        "dead.py",
        "self",
      ]);
    },
  );

  testOnPosix("is refused with a folder that cannot be entered", async () => {
    mkdirSync(join(folder.path, "closed"));
    chmodSync(join(folder.path, "closed"), 0o000);
    // Nothing is closed to the superuser, who may run this.
    const expected = process.getuid?.() === 0 ? [] : [{ code: "SourceUnreadable", field: "closed" }];
    const found = expected.length === 0 ? await paths() : await problems();
    chmodSync(join(folder.path, "closed"), 0o700);
    expect(found).toMatchObject(expected);
  });

  testOnLinux(
    "is refused with a name that is not UTF-8, which no other system could write down",
    async () => {
      writeFileSync(Buffer.concat([Buffer.from(join(folder.path, "caf")), Buffer.from([0xe9])]), "");
      expect(await problems()).toMatchObject([{ code: "SnapshotPathInvalid", expected: "a name in UTF-8" }]);
    },
  );

  testOnPosix("is refused with names that Windows cannot hold, all at once", async () => {
    folder.write({ "con.py": "", "a:b.py": "", "end.": "", "good.py": "" });
    expect((await problems()).map(({ field }) => field).sort()).toEqual(["a:b.py", "con.py", "end."]);
  });

  testOnPosix("passes over sockets, which have no content", async () => {
    folder.write({ "main.py": "" });
    const server: Server = createServer();
    await new Promise<void>((listening) => server.listen(join(folder.path, "s.sock"), listening));
    expect(await paths()).toEqual(["main.py"]);
    await new Promise((closed) => server.close(closed));
  });

  test("is refused by its size before a single byte of it is read", async () => {
    folder.write({ "main.py": "", "data/big.bin": "" });
    truncateSync(join(folder.path, "data", "big.bin"), 301 * 1024 * 1024);
    expect(await problems()).toMatchObject([
      { code: "SnapshotTooLarge", received: expect.stringContaining("data/big.bin (301.0 MB)") },
    ]);
  });

  test("that is not there is said so", async () => {
    await expect(listSourceDirectory(join(folder.path, "absent"))).rejects.toThrow("absent");
  });
});
