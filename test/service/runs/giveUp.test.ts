import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createDatastores } from "../../../src/data/datastoreStore";
import { createSnapshots } from "../../../src/data/snapshotStore";
import { createAttemptHints } from "../../../src/runs/attemptHints";
import { stepRunIdOf } from "../../../src/runs/attemptId";
import { createRunActivities } from "../../../src/runs/runActivities";
import { createRunStore } from "../../../src/runs/runStore";
import { stepPartition, stepTable } from "../../../src/runs/stepRow";
import type { RunEngine } from "../../../src/runs/runs";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const idleEngine: RunEngine = {
  startRun: () => Promise.resolve(),
  startStep: () => Promise.resolve(),
  wake: () => Promise.resolve(),
  isUnderWay: () => Promise.resolve(false),
};

test("a run whose rows cannot be read fails with the error, and a step that still runs is ended", async () => {
  const target = scriptedTarget();
  const definition = { parameters: [], steps: [step("train"), step("broken")] };
  const { workspace, runs } = openRuns({ connectionString: storage.connectionString, target, definition });
  const runId = randomUUID();
  await runs.submit(submission(runId), idleEngine);
  const { token } = (await createRunStore(workspace).find(runId))!;
  const broken = stepRunIdOf(runId, "broken");
  const row = { partitionKey: stepPartition(runId, token), rowKey: broken, outputs: "no JSON" };
  await (await workspace.table(stepTable)).updateEntity(row, "Merge");
  const activities = createRunActivities({
    attemptHints: createAttemptHints(0),
    workspace,
    datastores: createDatastores({ workspace }),
    snapshots: createSnapshots({ workspace }),
    computeTargets: { find: () => target, list: () => [target] },
  });
  const look = { runId, token, started: [] };
  const attemptId = `${runId}.train.1`;
  await expect(activities.advanceRun(look, idleEngine)).rejects.toThrow("JSON");
  await activities.advanceStep({ attemptId, failures: 0 }, idleEngine);
  expect(target.begun.map((attempt) => attempt.attemptId)).toEqual([attemptId]);
  expect(await activities.advanceRun({ ...look, failures: 12 }, idleEngine)).toEqual({
    over: true,
    started: [],
  });
  const failed = await runs.find(runId);
  expect(failed).toMatchObject({ status: "failed" });
  expect(failed!.reason).toMatch(/^the run could not be led on: .*JSON/);
  expect(await activities.advanceStep({ attemptId, failures: 0 }, idleEngine)).toMatchObject({
    ending: true,
  });
  expect(await activities.advanceStep({ attemptId, failures: 0 }, idleEngine)).toMatchObject({ over: true });
  expect(await runs.findStepRun(stepRunIdOf(runId, "train"))).toMatchObject({
    status: "canceled",
    reason: failed!.reason,
  });
});

test("a compute target that fails every time ends its step with the error, instead of holding the run forever", async () => {
  const broken = {
    ...scriptedTarget(),
    submit: () => Promise.reject(new Error("no room left on the cluster")),
  };
  const definition = { parameters: [], steps: [step("train")] };
  const { workspace, runs } = openRuns({
    connectionString: storage.connectionString,
    target: broken,
    definition,
  });
  const activities = createRunActivities({
    attemptHints: createAttemptHints(0),
    workspace,
    datastores: createDatastores({ workspace }),
    snapshots: createSnapshots({ workspace }),
    computeTargets: { find: () => broken, list: () => [broken] },
  });
  const woken: string[] = [];
  const engine: RunEngine = {
    ...idleEngine,
    wake: (instanceId) => Promise.resolve(void woken.push(instanceId)),
  };
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  const { token } = (await createRunStore(workspace).find(runId))!;
  const look = { runId, token, started: [] };
  expect(await activities.advanceRun(look, engine)).toEqual({ over: false, started: [0] });
  const attemptId = `${runId}.train.1`;
  await expect(activities.advanceStep({ attemptId, failures: 0 }, engine)).rejects.toThrow("no room left");
  expect(await runs.steps(runId)).toMatchObject([{ status: "queued", attempt: 1 }]);
  expect(await activities.advanceStep({ attemptId, failures: 12 }, engine)).toMatchObject({ over: true });
  expect(woken).toEqual([runId]);
  const reason = "compute target scripted could not run the step: no room left on the cluster";
  expect(await runs.steps(runId)).toMatchObject([{ status: "failed", reason }]);
  expect(await activities.advanceRun(look, engine)).toMatchObject({ over: true });
  expect(await runs.find(runId)).toMatchObject({ status: "failed", reason: `step train failed: ${reason}` });
});
