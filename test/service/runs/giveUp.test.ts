import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createAttemptHints } from "../../../src/runs/attemptHints";
import { createRunActivities } from "../../../src/runs/runActivities";
import { createRunStore } from "../../../src/runs/runStore";
import type { RunEngine } from "../../../src/runs/runs";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

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
    computeTargets: { find: () => broken, list: () => [broken] },
  });
  const woken: string[] = [];
  const engine: RunEngine = {
    startRun: () => Promise.resolve(),
    startStep: () => Promise.resolve(),
    wake: (instanceId) => Promise.resolve(void woken.push(instanceId)),
  };
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  const { token } = (await createRunStore(workspace).find(runId))!;
  const look = { runId, token, started: [] };
  expect(await activities.advanceRun(look, engine)).toEqual({ over: false, started: ["train"] });
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
