import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  damageOf,
  recordOutputs,
  type FoundOutput,
  type ProducedBlob,
} from "../../../src/runs/producedOutputs";
import { sha256 } from "../../../src/workspace/sha256";

const blobs = (...paths: readonly string[]): readonly ProducedBlob[] =>
  paths.map((path) => ({ path, etag: `"${path}"` }));
const found = (list: readonly ProducedBlob[], name = "out"): FoundOutput => ({ name, blobs: list });
const damage = (before: readonly FoundOutput[], now: readonly FoundOutput[]) =>
  damageOf(recordOutputs(before, sha256), now, "2026-01-02", sha256);

const anyBlobs = fc.uniqueArray(fc.record({ path: fc.string(), etag: fc.string() }), {
  maxLength: 6,
  selector: ({ path }) => path,
});

describe("outputs", () => {
  test("are as they were exactly when paths and ETags are, in whatever order they are listed", () => {
    fc.assert(
      fc.property(anyBlobs, anyBlobs, (before, now) => {
        const text = (list: readonly ProducedBlob[]) =>
          JSON.stringify(
            [...list].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, etag }) => [path, etag]),
          );
        expect(damage([found(before)], [found([...now].reverse())]) === null).toBe(
          text(before) === text(now),
        );
      }),
    );
  });

  test("name the blob that is missing, overwritten or new, with the output", () => {
    const before = [found(blobs("a", "b"), "left"), found(blobs("c"), "right")];
    expect(damage(before, [found(blobs("b"), "left"), found(blobs("c"), "right")])).toBe(
      "output left: blob a is missing since 2026-01-02",
    );
    expect(damage(before, [found(blobs("a", "b"), "left"), found([{ path: "c", etag: "2" }], "right")])).toBe(
      "output right: blob c was overwritten since 2026-01-02",
    );
    expect(damage(before, [found(blobs("a", "b"), "left"), found(blobs("c", "d"), "right")])).toBe(
      "output right: blob d was added since 2026-01-02",
    );
    expect(damage(before, [])).toBe("output left: blob a is missing since 2026-01-02");
  });

  test("that hold thousands of blobs with long names still fit into a row, and a change of one is seen", () => {
    const many = blobs(...Array.from({ length: 5_000 }, (_, i) => `${"folder/".repeat(100)}${i}`));
    const outputs = [found(many, "many"), found(blobs("a"), "few")];
    expect(JSON.stringify(recordOutputs(outputs, sha256)).length).toBeLessThan(30_000);
    const [first, ...rest] = many;
    expect(damage(outputs, [found(rest, "many"), outputs[1]!])).toBe(
      "output many: it held 5000 blobs and holds 4999, since 2026-01-02",
    );
    const rewritten = [{ path: first!.path, etag: "new" }, ...rest];
    expect(damage(outputs, [found(rewritten, "many"), outputs[1]!])).toBe(
      "output many: some of its 5000 blobs were written anew since 2026-01-02",
    );
  });
});
