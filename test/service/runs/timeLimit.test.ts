import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const definition = { parameters: [], steps: [step("long"), step("after", ["long"])] };

test("a run past its time limit ends its steps and fails by itself, without anybody waking it", async () => {
  const target = scriptedTarget();
  const { runs, engine } = openRuns({ connectionString: storage.connectionString, target, definition });
  const runId = randomUUID();
  await runs.submit(submission(runId, { timeoutMs: 300 }), engine);
  await engine.ended(runId);
  const limit = "the run reached its time limit of 0.3 s";
  expect(await runs.find(runId)).toMatchObject({
    status: "failed",
    reason: `step long was canceled: ${limit}`,
  });
  expect(await runs.steps(runId)).toMatchObject([
    { status: "canceled", attempt: 1, reason: limit },
    { status: "skipped", attempt: 0, reason: limit },
  ]);
});

test("a run that ends within its time limit does not notice it", async () => {
  const target = scriptedTarget({ long: { exitCode: 0 }, after: { exitCode: 0 } });
  const { runs, engine } = openRuns({ connectionString: storage.connectionString, target, definition });
  const runId = randomUUID();
  await runs.submit(submission(runId, { timeoutMs: 3_600_000 }), engine);
  await engine.ended(runId);
  expect(await runs.find(runId)).toMatchObject({ status: "finished", timeoutMs: 3_600_000 });
});
