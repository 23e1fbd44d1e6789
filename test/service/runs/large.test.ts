import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createRunStore } from "../../../src/runs/runStore";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget, type Ending } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const width = 500;
const name = (kind: string, at: number) => `${kind}-${String(at).padStart(3, "0")}`;

/** One step, 500 behind it, 498 each behind one of those, and one behind all. */
function wide() {
  const first = Array.from({ length: width }, (_, at) => step(name("first", at), ["root"]));
  const second = first.slice(2).map(({ id }, at) => step(name("second", at), [id]));
  const all = [...first, ...second].map(({ id }) => id);
  return { parameters: [], steps: [step("root"), ...first, ...second, step("join", all)] };
}

describe("a pipeline of a thousand steps, five hundred wide", () => {
  test("runs every step once, and no generation asks for more than a look and a wait or carries more than a row", async () => {
    const definition = wide();
    expect(definition.steps).toHaveLength(1_000);
    const well: Ending = { exitCode: 0 };
    const target = scriptedTarget(Object.fromEntries(definition.steps.map(({ id }) => [id, well])));
    const opened = openRuns({
      connectionString: storage.connectionString,
      target,
      definition,
      patienceMs: 0,
    });
    const { runs, engine } = opened;
    const runId = randomUUID();
    expect(await runs.submit(submission(runId), engine)).toMatchObject({ status: "accepted" });
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "finished", stepCount: 1_000 });
    expect(new Set(target.begun.map(({ attemptId }) => attemptId)).size).toBe(1_000);
    expect(target.begun).toHaveLength(1_000);
    expect(target.begun.at(-1)).toMatchObject({ stepName: "join" });
    // A look, and then a timer beside an event: whatever the width, a history holds no more than that.
    expect(engine.most.tasks).toBeLessThanOrEqual(2);
    expect(engine.most.inputLength).toBeLessThan(16_000);
  }, 240_000);
});

describe("an orchestration that is started again after its run has finished", () => {
  test("starts no step, for the token of its start is that of a run that is over", async () => {
    const target = scriptedTarget({ train: { exitCode: 0 } });
    const definition = { parameters: [], steps: [step("train")] };
    const { runs, engine, workspace } = openRuns({
      connectionString: storage.connectionString,
      target,
      definition,
    });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    const before = [await runs.find(runId), await runs.steps(runId)];
    const { token } = (await createRunStore(workspace).find(runId))!;
    for (const again of [token, randomUUID()]) {
      await engine.startRun(runId, again);
      await engine.ended(runId);
    }
    await engine.startStep(`${runId}.train.1`);
    await engine.ended(`${runId}.train.1`);
    expect(target.begun).toHaveLength(1);
    expect([await runs.find(runId), await runs.steps(runId)]).toEqual(before);
  });
});
