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

test("a write that cannot be applied refuses its whole group instead of half of it (G4)", async () => {
  const results = await Promise.allSettled([
    rows.commits.commit((change) => change.put(rows.meta, key("good"), key("1"))),
    rows.commits.commit((change) => {
      change.put(rows.meta, key("half"), key("1"));
      change.put(rows.meta, Buffer.alloc(0), key("1"));
    }),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(rows.meta.getBinary(key("good"))).toBeUndefined();
  expect(rows.meta.getBinary(key("half"))).toBeUndefined();
  await rows.commits.commit((change) => change.put(rows.meta, key("next"), key("1")));
  expect(rows.commits.failure()).toBeUndefined();
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
