import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "@jest/globals";

import { openStoreRows, type StoreRows } from "../../../src/host/storage/store/storeRows";

let dir: string;
let rows: StoreRows;
const key = (text: string): Buffer => Buffer.from(text);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "commit-"));
  rows = await openStoreRows(join(dir, "storage.mdb"));
});
afterEach(async () => {
  await rows.close();
  await rm(dir, { recursive: true, force: true });
});

test("a change that throws leaves none of its writes, and its neighbours of the same group stay (G3)", async () => {
  const put = (name: string, fails: boolean): Promise<void> =>
    rows.commits.commit((change) => {
      change.put(rows.meta, key(name), key("1"));
      if (fails) throw new Error("refused");
    });
  const results = await Promise.allSettled([put("a", false), put("b", true), put("c", false)]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(["a", "b", "c"].map((name) => rows.meta.getBinary(key(name)) !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});

test("a change that writes a key which does not fit is refused alone and leaves nothing (G4)", async () => {
  const half = (bad: Buffer): Promise<void> =>
    rows.commits.commit((change) => {
      change.put(rows.meta, key("half"), key("1"));
      change.put(rows.meta, bad, key("1"));
    });
  const good = rows.commits.commit((change) => change.put(rows.meta, Buffer.alloc(4000, 1), key("1")));
  const results = await Promise.allSettled([half(Buffer.alloc(0)), good, half(Buffer.alloc(4001, 1))]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
  expect(rows.meta.getBinary(Buffer.alloc(4000, 1))).toEqual(key("1"));
  expect(rows.meta.getBinary(key("half"))).toBeUndefined();
  expect(rows.commits.failure()).toBeUndefined();
});

test("a range of a change shows what the changes before it in its group wrote and removed, in order (G5)", async () => {
  await rows.commits.commit((change) => {
    for (const name of ["a", "c", "e", "g"]) change.put(rows.blobs, key(name), key("stored"));
  });
  const [, seen] = await Promise.all([
    rows.commits.commit((change) => {
      change.put(rows.blobs, key("b"), key("new"));
      change.put(rows.blobs, key("e"), key("replaced"));
      change.put(rows.blobs, key("f"), key("behind the end"));
      change.remove(rows.blobs, key("c"));
    }),
    rows.commits.commit((change) => change.range(rows.blobs, key("a"), key("f"))),
  ]);
  expect(seen.map(({ key: name, value }) => `${name.toString()} ${value.toString()}`)).toEqual([
    "a stored",
    "b new",
    "e replaced",
  ]);
});

test("of a hundred counters taken at once none is given twice (G5)", async () => {
  const taken = await Promise.all(
    Array.from({ length: 100 }, () => rows.commits.commit((change) => rows.nextNumber(change, "event"))),
  );
  expect(new Set(taken).size).toBe(100);
});

test("a change that is refused for a write of its own group learns it when that write can be read (G6)", async () => {
  for (let round = 0; round < 20; round++) {
    const row = key(`claim ${round}`);
    const claim = (): Promise<string> =>
      rows.commits
        .commit((change) => {
          if (change.get(rows.meta, row) !== undefined) throw new Error("taken");
          change.put(rows.meta, row, key("1"));
        })
        .then(
          () => "claimed",
          () => `taken, ${rows.meta.getBinary(row) === undefined ? "but not there" : "and there"}`,
        );
    expect(await Promise.all([claim(), claim()])).toEqual(["claimed", "taken, and there"]);
  }
});
