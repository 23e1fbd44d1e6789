import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesBelow, createDiskBudget, diskEvicted } from "../../../src/compute/local/diskBudget";
import type { LogEvent } from "../../../src/workspace/log";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-disk-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file of 1000 bytes that was last used at `second`. */
function put(root: string, path: string, second: number, text = "x".repeat(1000)): void {
  const file = join(root, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, second, second);
}

function budgetOver(name: string, limitBytes: number) {
  const root = join(folder, name);
  mkdirSync(root);
  const lines: { readonly event: LogEvent; readonly detail: Readonly<Record<string, unknown>> }[] = [];
  const log = {
    write: (event: LogEvent, detail: Readonly<Record<string, unknown>>) => void lines.push({ event, detail }),
  };
  return { root, lines, budget: createDiskBudget({ log, root, limitBytes }) };
}

test("what was used least recently goes first, of whatever kind, and a line says what went", async () => {
  const { root, lines, budget } = budgetOver("lru", 3_500);
  put(root, "cache/aa/aa1", 400);
  put(root, "environments/old/ready.json", 100, "{}");
  put(root, "environments/old/b1/lib.py", 999);
  put(root, "attempts/done/collected.json", 200, "{}");
  put(root, "attempts/done/work/data.bin", 999);
  put(root, "attempts/done/metrics.jsonl", 999, "{}");
  put(root, "cache/bb/bb1", 300);
  put(root, "cache/bb/bb2", 500);
  expect(await budget.sweep()).toBeGreaterThanOrEqual(1_850);
  expect(existsSync(join(root, "environments/old"))).toBe(false);
  expect(existsSync(join(root, "attempts/done/work"))).toBe(false);
  expect(existsSync(join(root, "attempts/done/metrics.jsonl"))).toBe(true);
  expect(["aa/aa1", "bb/bb1", "bb/bb2"].map((name) => existsSync(join(root, "cache", name)))).toEqual([
    true,
    true,
    true,
  ]);
  expect(lines.map(({ event, detail }) => [event, detail["kind"], detail["count"], detail["names"]])).toEqual(
    [
      [diskEvicted, "environment", 1, "old"],
      [diskEvicted, "attempt", 1, "done"],
    ],
  );
});

test("nothing goes that an attempt without a collected end may need, however far over the limit", async () => {
  const { root, lines, budget } = budgetOver("busy", 1_000);
  const python = join(root, "environments", "busy", "b1", "bin", "python");
  put(root, "environments/busy/ready.json", 100, "{}");
  put(root, "environments/busy/b1/bin/python", 100);
  put(root, "environments/half/b2/lib.py", 100);
  put(root, "attempts/runs/python.txt", 100, python);
  put(root, "attempts/runs/work/data.bin", 100);
  put(root, "attempts/runs/std_log.txt", 100);
  expect(await budget.sweep()).toBe(0);
  expect([existsSync(python), existsSync(join(root, "attempts/runs/work/data.bin")), lines]).toEqual([
    true,
    true,
    [],
  ]);
  expect(existsSync(join(root, "environments/half/b2"))).toBe(true);
});

test("what a crash or a refusal left goes too: a download cut off long ago, the inputs of an attempt that never began", async () => {
  const { root, budget } = budgetOver("left", 500);
  put(root, "cache/aa/cut.tmp", 100);
  put(root, "cache/aa/coming.tmp", Date.now() / 1000);
  put(root, "attempts/refused/rejected.json", 200, "{}");
  put(root, "attempts/refused/inputs/data.bin", 200);
  expect(await budget.sweep()).toBe(2_000);
  const left = ["cache/aa/cut.tmp", "cache/aa/coming.tmp", "attempts/refused/inputs"];
  expect(left.map((path) => existsSync(join(root, path)))).toEqual([false, true, false]);
  expect(existsSync(join(root, "attempts/refused/rejected.json"))).toBe(true);
});

test("what cannot be looked at counts as nothing, and ends no process that did not wait for the answer", async () => {
  expect(await bytesBelow(join(folder, "x".repeat(5_000)))).toBe(0);
});

test("nothing goes below the limit, and the sweep comes by itself when enough has grown", async () => {
  const { root, budget } = budgetOver("calm", 10_000);
  put(root, "cache/aa/aa1", 100);
  expect(await budget.sweep()).toBe(0);
  for (let index = 0; index < 20; index++) put(root, `cache/bb/bb${index}`, 200 + index);
  budget.grown(499);
  await budget.stop();
  expect(existsSync(join(root, "cache/aa/aa1"))).toBe(true);
  budget.grown(1);
  await budget.stop();
  expect(existsSync(join(root, "cache/aa/aa1"))).toBe(false);
  expect(existsSync(join(root, "cache/bb/bb19"))).toBe(true);
});
