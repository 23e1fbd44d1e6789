import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import { experimentIdOf } from "../../../src/runs/experimentStore";
import type { RunFilter, RunRecord } from "../../../src/runs/runs";
import { openRunStores } from "../../../src/runs/runStores";
import type { Workspace } from "../../../src/workspace/workspace";
import { aRun } from "../../unit/api/records";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, type RunsUnderTest } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

const many = 1_300;
const firstAt = Date.parse("2026-01-01T00:00:00.000Z");
const experimentName = "pages";

let storage: StorageUnderTest;
let room: RunsUnderTest;
let stored: readonly RunRecord[];
let reads = 0;

/** Counts the rows that are read one by one. */
function counting(workspace: Workspace): Workspace {
  const count = (client: TableClient): TableClient =>
    new Proxy(client, {
      get(target, name) {
        if (name === "getEntity") reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  return { ...workspace, table: async (name) => count(await workspace.table(name)) };
}

beforeAll(async () => {
  storage = await startStorage();
  const definition = { parameters: [], steps: [step("a")] };
  const connectionString = storage.connectionString;
  room = openRuns({ connectionString, target: scriptedTarget(), definition, through: counting });
  const { runs, index } = openRunStores(room.workspace);
  stored = Array.from({ length: many }, (_, nth) =>
    aRun({
      runId: randomUUID(),
      experimentName,
      pipelineId: nth % 2 === 0 ? "even" : "odd",
      scheduleId: nth % 10 === 0 ? "tenth" : null,
      parentRunId: null,
      tags: nth === 3 ? { rare: "yes" } : {},
      createdAt: new Date(firstAt + nth * 1_000).toISOString(),
    }),
  );
  for (let from = 0; from < many; from += 50) {
    await Promise.all(
      stored.slice(from, from + 50).map(async (run) => {
        await index.add(run, experimentIdOf(experimentName), "t");
        await runs.claim(run, "t");
      }),
    );
  }
});
afterAll(() => storage.stop());

async function all(
  filter: RunFilter,
  top: number,
  isWanted?: (run: RunRecord) => boolean,
): Promise<{ runIds: readonly string[]; pages: number }> {
  const runIds: string[] = [];
  let token: string | null = null;
  for (let pages = 1; ; pages++) {
    const page = await room.runs.list(filter, top, token, isWanted);
    expect(page.items.length).toBeLessThanOrEqual(top);
    runIds.push(...page.items.map(({ runId }) => runId));
    token = page.continuationToken;
    if (token === null) return { runIds, pages };
  }
}

const newestFirst = (wanted: (run: RunRecord) => boolean) =>
  stored
    .filter(wanted)
    .map(({ runId }) => runId)
    .reverse();

describe("lists of many runs", () => {
  test.each<readonly [string, RunFilter, (run: RunRecord) => boolean]>([
    ["all", { kind: "all" }, () => true],
    ["an experiment", { kind: "experiment", experimentName }, () => true],
    ["a pipeline", { kind: "pipeline", pipelineId: "odd" }, ({ pipelineId }) => pipelineId === "odd"],
    ["a schedule", { kind: "schedule", scheduleId: "tenth" }, ({ scheduleId }) => scheduleId === "tenth"],
    ["nothing", { kind: "pipeline", pipelineId: "none" }, () => false],
  ])("of %s tell every run once, newest first, page by page", async (_, filter, belongs) => {
    expect((await all(filter, 270)).runIds).toEqual(newestFirst(belongs));
  });

  test("read no more than a page, wherever in the history it lies", async () => {
    reads = 0;
    const first = await room.runs.list({ kind: "all" }, 20, null);
    const newest = reads;
    let deep = first.continuationToken;
    for (let pages = 0; pages < 3; pages++)
      deep = (await room.runs.list({ kind: "all" }, 400, deep)).continuationToken;
    reads = 0;
    await room.runs.list({ kind: "all" }, 20, deep);
    expect([newest, reads]).toEqual([20, 20]);
  });

  test("with a condition look at 1,000 runs at most, and go on from there without losing a run", async () => {
    const isRare = ({ tags }: RunRecord): boolean => tags["rare"] === "yes";
    reads = 0;
    const page = await room.runs.list({ kind: "all" }, 10, null, isRare);
    expect([page.items, reads]).toEqual([[], 1_000]);
    expect(page.continuationToken).not.toBeNull();
    expect(await all({ kind: "all" }, 10, isRare)).toEqual({ runIds: newestFirst(isRare), pages: 2 });
  });

  test("with a condition that many fulfil fill their pages and leave none out between them", async () => {
    const isThird = ({ createdAt }: RunRecord): boolean => (Date.parse(createdAt) / 1_000) % 3 === 0;
    expect((await all({ kind: "experiment", experimentName }, 50, isThird)).runIds).toEqual(
      newestFirst(isThird),
    );
  });

  test("stand on their token when new runs come in meanwhile", async () => {
    const first = await room.runs.list({ kind: "pipeline", pipelineId: "even" }, 5, null);
    const { runs, index } = openRunStores(room.workspace);
    const late = aRun({
      runId: randomUUID(),
      experimentName: "late",
      pipelineId: "even",
      scheduleId: null,
      parentRunId: null,
    });
    await index.add(late, experimentIdOf("late"), "t");
    await runs.claim(late, "t");
    const second = await room.runs.list({ kind: "pipeline", pipelineId: "even" }, 5, first.continuationToken);
    const expected = newestFirst(({ pipelineId }) => pipelineId === "even").slice(5, 10);
    expect(second.items.map(({ runId }) => runId)).toEqual(expected);
  });
});
