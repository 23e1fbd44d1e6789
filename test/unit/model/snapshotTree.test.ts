import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  isContentId,
  maxSnapshotBytes,
  maxSnapshotFiles,
  snapshotIdOf,
  treeProblems,
  treeText,
  type TreeFile,
} from "../../../src/model/snapshotTree";

const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const file: fc.Arbitrary<TreeFile> = fc.record({
  path: fc.stringMatching(/^[a-c]{1,3}(\/[a-c]{1,3}){0,2}$/),
  size: fc.nat(1_000),
  hash,
});
const files = fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 12 });

const sized = (path: string, size = 1) => ({ path, size });

describe("the text of a tree", () => {
  test("is the same in whatever order the files come", () => {
    fc.assert(
      fc.property(
        files.chain((tree) =>
          fc.tuple(fc.constant(tree), fc.shuffledSubarray(tree, { minLength: tree.length })),
        ),
        ([tree, shuffled]) => {
          expect(treeText(shuffled)).toBe(treeText(tree));
        },
      ),
    );
  });

  test("differs when a name, a byte or a file differs", () => {
    fc.assert(
      fc.property(files, files, (one, other) => {
        const key = (tree: readonly TreeFile[]) =>
          JSON.stringify(tree.map(({ path, size, hash: bytes }) => [path, size, bytes]).sort());
        expect(treeText(one) === treeText(other)).toBe(key(one) === key(other));
      }),
    );
  });

  test("cannot be imitated by a path that holds what separates the lines", () => {
    const split = [{ path: 'a",1,"x"]\n["b', size: 1, hash: "y" }];
    const two = [
      { path: "a", size: 1, hash: "x" },
      { path: "b", size: 1, hash: "y" },
    ];
    expect(treeText(split)).not.toBe(treeText(two));
  });
});

describe("an id by content", () => {
  test("is a UUID of version 8, one for each hash", () => {
    fc.assert(
      fc.property(hash, (content) => {
        expect(isContentId(snapshotIdOf(content))).toBe(true);
        expect(snapshotIdOf(content)).toHaveLength(36);
      }),
    );
    expect(snapshotIdOf("a".repeat(64))).not.toBe(snapshotIdOf(`b${"a".repeat(63)}`));
  });

  test("is told from a random one, which v1's clients make up", () => {
    fc.assert(fc.property(fc.uuid({ version: 4 }), (id) => expect(isContentId(id)).toBe(false)));
  });
});

describe("a tree", () => {
  test("that every system can hold has no problem, and each of its files is needed for its text", () => {
    fc.assert(
      fc.property(files, (tree) => {
        const folders = new Set(
          tree.flatMap(({ path }) => {
            const parts = path.split("/");
            return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
          }),
        );
        const clashes = tree.some(({ path }) => folders.has(path));
        expect(treeProblems(tree).length > 0).toBe(clashes);
      }),
    );
  });

  test.each([
    ["Lib.py", "lib.py"],
    ["STRASSE/ß.py", "strasse/ß.py"],
    ["ä.py", "a\u0308.py"],
    ["a", "A/b"],
    ["a/b", "a/b/c"],
  ])("with %j and %j is refused: on some system one would lie over the other", (...paths) => {
    expect(treeProblems(paths.map((path) => sized(path)))).toMatchObject([{ code: "SnapshotPathInvalid" }]);
  });

  test("beyond the bytes names the limit and the largest files, not the small ones", () => {
    const [problem, ...more] = treeProblems([
      sized("small.py"),
      sized("data/big.csv", maxSnapshotBytes),
      sized("model.bin", 5 * 1024 * 1024),
      ...[1, 2, 3, 4].map((n) => sized(`m${n}`, 1024 * 1024)),
    ]);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: "SnapshotTooLarge" });
    expect(problem?.expected).toContain("300.0 MB");
    expect(problem?.received).toMatch(
      /^309\.0 MB, most of it in data\/big\.csv \(300\.0 MB\), model\.bin \(5\.0 MB\)/,
    );
    expect(problem?.received).not.toContain("small.py");
  });

  test("beyond the number of files names the limit and the fullest folders", () => {
    const many = Array.from({ length: maxSnapshotFiles }, (_, index) => sized(`data/images/${index}.png`));
    expect(treeProblems(many)).toEqual([]);
    expect(treeProblems([...many, sized("main.py")])).toMatchObject([
      {
        code: "SnapshotTooLarge",
        received: "2001 files, most of it in data/images/ (2000 files), ./ (1 files)",
      },
    ]);
  });
});
