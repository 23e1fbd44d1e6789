import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSettled, readHashCache, stampOf } from "../../../src/sdk/hashCache";
import { readSourceTree } from "../../../src/sdk/sourceTree";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";

let source: TemporaryFolder;
let cache: TemporaryFolder;
beforeEach(() => {
  source = temporaryFolder({ "main.py": "one", "lib/a.py": "a" });
  cache = temporaryFolder();
});
afterEach(() => {
  source.remove();
  cache.remove();
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const read = () => readSourceTree(source.path, cache.path);
const hashes = async (): Promise<readonly (readonly [string, string])[]> =>
  (await read()).files.map(({ path, hash }) => [path, hash]);

/** Makes the cache believe in states of files that cannot be told from the present one. */
function plant(path: string, hash: string): void {
  const [name] = readdirSync(join(cache.path, "sources"));
  const file = join(cache.path, "sources", name!);
  const document = JSON.parse(readFileSync(file, "utf8")) as { files: Record<string, [string, string]> };
  document.files[path] = [stampOf(statSync(join(source.path, path), { bigint: true })), hash];
  writeFileSync(file, JSON.stringify(document));
}

describe("a source tree", () => {
  test("has the hash of every file's bytes", async () => {
    expect(await hashes()).toEqual([
      ["lib/a.py", sha256("a")],
      ["main.py", sha256("one")],
    ]);
  });

  test("reads no file again that is as it was: its remembered hash is believed", async () => {
    await (await read()).remember("first");
    plant("main.py", sha256("planted"));
    expect(await hashes()).toContainEqual(["main.py", sha256("planted")]);
    expect((await read()).lastSnapshotId).toBe("first");
  });

  test("reads a file again whose content changed while size and modification time stayed", async () => {
    await (await read()).remember("first");
    plant("main.py", sha256("one"));
    const { mtime } = statSync(join(source.path, "main.py"));
    writeFileSync(join(source.path, "main.py"), "two");
    utimesSync(join(source.path, "main.py"), mtime, mtime);
    expect(await hashes()).toContainEqual(["main.py", sha256("two")]);
  });

  test("remembers no file that was touched a moment ago: a change in the same instant would not be seen", async () => {
    writeFileSync(join(source.path, "main.py"), "fresh");
    await (await read()).remember("first");
    expect((await readHashCache(cache.path, source.path)).files["main.py"]).toBeUndefined();
  });

  test("comes without its cache when that is damaged, of another directory, or cannot be written", async () => {
    await (await read()).remember("first");
    const [name] = readdirSync(join(cache.path, "sources"));
    for (const text of [
      "{",
      "{}",
      JSON.stringify({ format: 1, directory: "x", snapshotId: "s", files: {} }),
    ]) {
      writeFileSync(join(cache.path, "sources", name!), text);
      expect((await read()).lastSnapshotId).toBeNull();
      expect(await hashes()).toContainEqual(["main.py", sha256("one")]);
    }
    cache.write({ file: "" });
    const tree = await readSourceTree(source.path, join(cache.path, "file"));
    await tree.remember("first");
    expect(tree.files).toHaveLength(2);
  });

  test("does not take a name of every object for a remembered file", async () => {
    source.write({ constructor: "c", __proto__x: "p" });
    await (await read()).remember("first");
    expect(await hashes()).toContainEqual(["constructor", sha256("c")]);
  });
});

describe("a file's time", () => {
  test("is settled two seconds after its last change, by modification or by rename and permission", () => {
    const stats = statSync(join(source.path, "main.py"), { bigint: true });
    const changedMs = Number(stats.ctimeNs / 1_000_000n);
    expect(isSettled(stats, changedMs + 1_999)).toBe(false);
    expect(isSettled(stats, changedMs + 2_002)).toBe(true);
    expect(isSettled(stats, changedMs - 3_600_000)).toBe(false);
  });
});
