import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { odata } from "@azure/data-tables";
import { randomUUID } from "node:crypto";
import { createRunStore } from "../../../src/runs/runStore";
import { stepTable } from "../../../src/runs/stepRow";
import { createSweepRuns } from "../../../src/runs/sweepRuns";
import type { Workspace } from "../../../src/workspace/workspace";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { dyingAfter } from "./dyingWorkspace";
import { openRuns, step, submission, type RunsUnderTest, type Setting } from "./runsUnderTest";
import { scriptedTarget, type Ending } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const well: Ending = { exitCode: 0 };
const allWell = { left: well, right: well, join: well };
const definition = {
  parameters: [],
  steps: [step("left"), step("right"), step("join", ["left", "right"])],
};

interface Story {
  readonly endings: Readonly<Record<string, Ending>>;
  readonly cancel: boolean;
  readonly runsAtOnce: number | null;
}

/** Rows of the run that only its own process, or the watchdog, knows of. */
async function traces(workspace: Workspace, runId: string): Promise<readonly string[]> {
  const found: string[] = [];
  const keys = [
    ["RunIndex", odata`PartitionKey eq ${"runs"} and runId eq ${runId}`],
    [stepTable, odata`PartitionKey gt ${`${runId}.`} and PartitionKey lt ${`${runId}/`}`],
  ] as const;
  for (const [name, filter] of keys) {
    const rows = (await workspace.table(name)).listEntities({ queryOptions: { filter } });
    for await (const { rowKey } of rows) found.push(rowKey ?? "");
  }
  return found;
}

/**
 * Everything about a run, its submission included, until the process dies after so many writes; its durable engine
 * is lost with it. Then a fresh process, of which nobody knows but its watchdog.
 */
async function dieAndSweep({ endings, cancel, runsAtOnce }: Story, writes: number) {
  const target = scriptedTarget(endings);
  const setting: Setting = {
    connectionString: storage.connectionString,
    target,
    definition,
    runsConfig: { runsAtOnce },
    pipeline: randomUUID(),
  };
  const dying = openRuns({ ...setting, through: (workspace) => dyingAfter(workspace, writes) });
  const runId = randomUUID();
  const isDone = await act(dying, runId, cancel).catch(() => "died" as const);
  const fresh = openRuns(setting);
  const left = await fresh.runs.find(runId);
  const begun = left !== undefined;
  if (cancel && (left?.status === "accepted" || left?.status === "running")) {
    await fresh.runs.cancel(runId, fresh.engine);
  }
  const tick = createSweepRuns({ workspace: fresh.workspace });
  const now = Date.now();
  for (const afterMs of [61_000, 62_000]) {
    await tick(fresh.engine, new Date(now + afterMs));
    if (begun) await settled(fresh, runId);
  }
  return { isDone: isDone === "done", target, fresh, runId, begun, tick, now };
}

async function act(room: RunsUnderTest, runId: string, cancel: boolean): Promise<"done" | "died"> {
  await room.runs.submit(submission(runId), room.engine);
  if (cancel) await room.runs.cancel(runId, room.engine);
  const died = room.death.then(() => "died" as const);
  return Promise.race([died, room.engine.ended(runId).then(() => "done" as const)]);
}

/** Until every orchestration that the fresh process started has ended. */
async function settled({ engine }: RunsUnderTest, runId: string): Promise<void> {
  for (const id of engine.started) if (id.startsWith(runId)) await engine.ended(id);
}

async function everyCrash(
  story: Story,
  check: (told: Awaited<ReturnType<typeof dieAndSweep>>) => Promise<void>,
) {
  let crashes = 0;
  for (; ; crashes++) {
    const told = await dieAndSweep(story, crashes);
    if (told.begun) {
      await check(told);
    } else {
      expect(await told.fresh.runs.steps(told.runId)).toEqual([]);
      await told.tick(told.fresh.engine, new Date(told.now + 3_700_000));
      expect(await traces(told.fresh.workspace, told.runId)).toEqual([]);
    }
    expect(
      (await traces(told.fresh.workspace, told.runId)).filter((key) => /^(open|queue)/.test(key)),
    ).toEqual([]);
    if (told.isDone) break;
  }
  return crashes;
}

describe("after a crash between any two writes, with the engine lost as well, the watchdog", () => {
  test("finishes the run, starts no attempt twice, and removes what no run came of", async () => {
    const crashes = await everyCrash({ endings: allWell, cancel: false, runsAtOnce: null }, async (told) => {
      expect(await told.fresh.runs.find(told.runId)).toMatchObject({ status: "finished" });
      expect(told.target.begun.map(({ stepName }) => stepName).sort()).toEqual(["join", "left", "right"]);
      const steps = await told.fresh.runs.steps(told.runId);
      expect(steps.map(({ status, attempt }) => [status, attempt])).toEqual(Array(3).fill(["finished", 1]));
    });
    expect(crashes).toBeGreaterThan(12);
  });

  test("fails the run with its step's reason", async () => {
    const endings = { ...allWell, right: { exitCode: 2, stderrTail: "no rows" } };
    await everyCrash({ endings, cancel: false, runsAtOnce: null }, async (told) => {
      const reason = "step right failed: script right.py exited with code 2: no rows";
      expect(await told.fresh.runs.find(told.runId)).toMatchObject({ status: "failed", reason });
      expect((await told.fresh.runs.steps(told.runId)).at(-1)).toMatchObject({ status: "skipped" });
    });
  });

  test("ends a canceled run as canceled, also where its caller saw no answer and cancels again", async () => {
    await everyCrash({ endings: {}, cancel: true, runsAtOnce: null }, async (told) => {
      expect(await told.fresh.runs.find(told.runId)).toMatchObject({ status: "canceled" });
      for (const { status } of await told.fresh.runs.steps(told.runId)) {
        expect(["canceled", "skipped"]).toContain(status);
      }
    });
  });

  test("admits a run that waits for its turn, and gives its slot back", async () => {
    await everyCrash({ endings: allWell, cancel: false, runsAtOnce: 1 }, async (told) => {
      expect(await told.fresh.runs.find(told.runId)).toMatchObject({ status: "finished", reason: null });
      expect(told.target.begun).toHaveLength(3);
      const next = randomUUID();
      await told.fresh.runs.submit(submission(next), told.fresh.engine);
      await told.fresh.engine.ended(next);
      expect(await told.fresh.runs.find(next)).toMatchObject({ status: "finished" });
    });
  });
});

describe("the watchdog", () => {
  test("skips the steps that were left waiting by a run that was given up", async () => {
    const { runs, engine, workspace } = openRuns({
      connectionString: storage.connectionString,
      target: scriptedTarget(),
      definition,
    });
    const runId = randomUUID();
    const idle = { ...engine, startRun: () => Promise.resolve() };
    await runs.submit(submission(runId), idle);
    const store = createRunStore(workspace);
    const run = (await store.find(runId))!;
    await store.move(run, { ...run.record, status: "failed", reason: "it was given up" });
    await createSweepRuns({ workspace })(engine, new Date(Date.now() + 61_000));
    const skipped = { status: "skipped", reason: "it was given up" };
    expect(await runs.steps(runId)).toMatchObject([skipped, skipped, skipped]);
  });

  test("looks after every other run while one has a row that nobody can read", async () => {
    const pipeline = randomUUID();
    const setting = { connectionString: storage.connectionString, definition, pipeline };
    const { runs, engine, workspace } = openRuns({ ...setting, target: scriptedTarget(allWell) });
    const idle = { ...engine, startRun: () => Promise.resolve() };
    const ids = Array.from({ length: 40 }, () => randomUUID()).sort();
    const [broken, ...others] = ids as [string, ...string[]];
    for (const runId of ids) await runs.submit(submission(runId), idle);
    const table = await workspace.table("Runs");
    await table.updateEntity({ partitionKey: broken, rowKey: "run", status: "lost" }, "Merge");
    const lines: unknown[] = [];
    const log = { write: (_: unknown, detail: unknown) => void lines.push(detail) };
    const started: string[] = [];
    const counting = { ...engine, startRun: (runId: string) => Promise.resolve(void started.push(runId)) };
    await createSweepRuns({ workspace: { ...workspace, log } })(counting, new Date(Date.now() + 9_000));
    expect(started.filter((runId) => others.includes(runId)).sort()).toEqual(others);
    expect(lines).toContainEqual(expect.objectContaining({ runId: broken }));
    await table.deleteEntity(broken, "run");
  });
});
