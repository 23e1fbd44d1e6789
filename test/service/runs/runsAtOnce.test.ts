import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { closeRun } from "../../../src/runs/admitRuns";
import { openRunStores } from "../../../src/runs/runStores";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission, type RunsUnderTest, type Setting } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const definition = { parameters: [], steps: [step("only")] };

const room = (setting: Partial<Setting> = {}) =>
  openRuns({
    connectionString: storage.connectionString,
    target: scriptedTarget(),
    definition,
    pipeline: randomUUID(),
    ...setting,
  });

async function statuses({ runs }: RunsUnderTest, ids: readonly string[]) {
  return Promise.all(ids.map(async (runId) => (await runs.find(runId))?.status));
}

async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise(setImmediate);
}

/** Leaves nothing running behind. */
async function cancelAll({ runs, engine }: RunsUnderTest, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((runId) => runs.cancel(runId, engine)));
  await Promise.all(ids.map((runId) => engine.ended(runId)));
}

describe("a pipeline that allows two runs at once", () => {
  const pipelineProperties = { "sluice.runsAtOnce": "2" };

  test("never has a third at work, of fifty that are submitted at once, and all of them finish", async () => {
    const target = scriptedTarget();
    const opened = room({ target, pipelineProperties });
    const { runs, engine } = opened;
    const ids = Array.from({ length: 50 }, () => randomUUID());
    let mostAtOnce = 0;
    let ended = 0;
    target.onBegun((attempt) => {
      mostAtOnce = Math.max(mostAtOnce, target.begun.length - ended);
      setImmediate(() => {
        ended++;
        target.end(attempt.attemptId, { exitCode: 0 });
      });
    });
    const outcomes = await Promise.all(ids.map((runId) => runs.submit(submission(runId), engine)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["accepted"]));
    await until(() => target.begun.length === 50);
    await Promise.all(ids.map((runId) => engine.ended(runId)));
    expect(new Set(await statuses(opened, ids))).toEqual(new Set(["finished"]));
    expect(new Set(target.begun.map(({ runId }) => runId)).size).toBe(50);
    expect(mostAtOnce).toBeLessThanOrEqual(2);
  });

  test("starts them in the order of their submission, and the others say what they wait for", async () => {
    let now = Date.parse("2026-02-03T04:05:06.000Z");
    const clock = { now: () => new Date((now += 1_000)) };
    const target = scriptedTarget();
    const opened = room({ target, pipelineProperties, clock });
    const { runs, engine } = opened;
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const runId of ids) await runs.submit(submission(runId), engine);
    await target.beginning("only");
    await until(() => target.begun.length === 2);
    expect(await runs.find(ids[2]!)).toMatchObject({
      status: "accepted",
      startedAt: null,
      reason: "waits until fewer than 2 runs of its pipeline are at work",
    });
    for (let at = 0; at < ids.length; at++) {
      await until(() => target.begun.length > at);
      target.end(target.begun[at]!.attemptId, { exitCode: 0 });
      await engine.ended(target.begun[at]!.runId);
    }
    expect(target.begun.map(({ runId }) => runId)).toEqual(ids);
    expect(await runs.find(ids[4]!)).toMatchObject({ status: "finished", reason: null });
  });

  test("lets a waiting run be canceled, and those behind it move up", async () => {
    const target = scriptedTarget();
    const opened = room({ target, pipelineProperties: { "sluice.runsAtOnce": "1" } });
    const { runs, engine } = opened;
    const ids = Array.from({ length: 3 }, () => randomUUID());
    for (const runId of ids) await runs.submit(submission(runId), engine);
    await until(() => target.begun.length === 1);
    const [first] = target.begun;
    const [canceled, last] = ids.filter((runId) => runId !== first!.runId);
    expect(await runs.cancel(canceled!, engine)).toBe("accepted");
    await engine.ended(canceled!);
    expect(await statuses(opened, [first!.runId, canceled!, last!])).toEqual([
      "running",
      "canceled",
      "accepted",
    ]);
    target.end(first!.attemptId, { exitCode: 0 });
    await until(() => target.begun.length === 2);
    expect(target.begun[1]).toMatchObject({ runId: last });
    await cancelAll(opened, [last!]);
  });
});

test("a run that ends while another process is admitting it keeps no slot, so that the next one comes in", async () => {
  const pipeline = randomUUID();
  const { runs, engine, workspace } = room({ pipeline, pipelineProperties: { "sluice.runsAtOnce": "1" } });
  const idle = { ...engine, startRun: () => Promise.resolve() };
  const stores = openRunStores(workspace);
  const end = async (runId: string) => {
    const run = (await stores.runs.find(runId))!;
    return (await stores.runs.move(run, { ...run.record, status: "failed" }))!;
  };
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
  for (const runId of [first, second]) await runs.submit(submission(runId), idle);
  const write: typeof stores.slots.write = async (id, from, runIds) => {
    if (runIds.includes(second)) await closeRun(stores, await end(second), idle);
    return stores.slots.write(id, from, runIds);
  };
  await closeRun({ ...stores, slots: { ...stores.slots, write } }, await end(first), idle);
  expect((await stores.slots.read(pipeline)).runIds).toEqual([]);
  await runs.submit(submission(third), idle);
  expect((await stores.slots.read(pipeline)).runIds).toEqual([third]);
});

test("the settings limit a pipeline that says nothing, and not one that says more", async () => {
  const runsConfig = { runsAtOnce: 1 };
  for (const [pipelineProperties, expected] of [
    [{}, 1],
    [{ "sluice.runsAtOnce": "3" }, 3],
  ] as const) {
    const target = scriptedTarget();
    const opened = room({ target, runsConfig, pipelineProperties });
    const ids = Array.from({ length: 4 }, () => randomUUID());
    for (const runId of ids) await opened.runs.submit(submission(runId), opened.engine);
    await until(() => target.begun.length === expected);
    expect((await statuses(opened, ids)).filter((status) => status === "accepted")).toHaveLength(
      4 - expected,
    );
    await cancelAll(opened, ids);
  }
});

test("the time limit of a pipeline holds for a run that says nothing", async () => {
  const pipelineProperties = { "sluice.timeoutSeconds": "0.3" };
  const { runs, engine } = room({ pipelineProperties });
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  await engine.ended(runId);
  expect(await runs.find(runId)).toMatchObject({ status: "failed", timeoutMs: 300 });
});
