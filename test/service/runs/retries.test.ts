import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { artifactPath } from "../../../src/data/artifactPath";
import type { RetryPolicy } from "../../../src/model/definition";
import { systemContainer } from "../../../src/workspace/systemContainer";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

function fragile(more: Partial<RetryPolicy> = {}) {
  const retries: RetryPolicy = { maxRetries: 2, intervalMs: 50, backoffFactor: 2, on: ["failed"], ...more };
  const target = scriptedTarget();
  const definition = {
    parameters: [],
    steps: [step("fragile", [], { retries }), step("after", ["fragile"])],
  };
  return { target, ...openRuns({ connectionString: storage.connectionString, target, definition }) };
}

async function begun(target: ReturnType<typeof scriptedTarget>, count: number): Promise<void> {
  while (target.begun.length < count) await new Promise(setImmediate);
}

test("a step that fails is tried again after its wait, in an attempt of its own, and the run finishes", async () => {
  const { target, runs, engine } = fragile();
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  await begun(target, 1);
  target.end(`${runId}.fragile.1`, { exitCode: 3 });
  await begun(target, 2);
  expect(await runs.steps(runId)).toMatchObject([{ attempt: 2 }, { status: "waiting" }]);
  target.end(`${runId}.fragile.2`, { exitCode: 0 });
  await begun(target, 3);
  target.end(`${runId}.after.1`, { exitCode: 0 });
  await engine.ended(runId);
  expect(await runs.find(runId)).toMatchObject({ status: "finished" });
  const [first, second] = target.begun;
  expect(first!.stepRunId).toBe(second!.stepRunId);
  expect([first!.artifactsId, second!.artifactsId]).toEqual([first!.stepRunId, `${first!.stepRunId}.2`]);
});

test("a step fails for good when no retry is left, and says why its last attempt failed", async () => {
  const { target, runs, engine } = fragile({ intervalMs: 0 });
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  for (const attempt of [1, 2, 3]) {
    await begun(target, attempt);
    target.end(`${runId}.fragile.${attempt}`, { exitCode: attempt, stderrTail: `broke ${attempt}` });
  }
  await engine.ended(runId);
  expect(target.begun).toHaveLength(3);
  expect(await runs.steps(runId)).toMatchObject([
    { status: "failed", attempt: 3, exitCode: 3, reason: "script fragile.py exited with code 3: broke 3" },
    { status: "skipped" },
  ]);
});

test("a cancel ends a step while it waits for its next attempt, which never begins", async () => {
  const { target, runs, engine } = fragile({ intervalMs: 3_600_000 });
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  await begun(target, 1);
  target.end(`${runId}.fragile.1`, { exitCode: 1 });
  while ((await runs.steps(runId))[0]!.attempt < 2) await new Promise(setImmediate);
  const reason = "attempt 1 failed: script fragile.py exited with code 1; the next attempt waits 3600 s";
  expect(await runs.steps(runId)).toMatchObject([{ status: "queued", reason }, { status: "waiting" }]);
  expect(await runs.cancel(runId, engine)).toBe("accepted");
  await engine.ended(runId);
  expect(await runs.find(runId)).toMatchObject({ status: "canceled" });
  expect(target.begun).toHaveLength(1);
});

test("a cancel that races with a failing attempt ends the run as canceled, whoever comes first", async () => {
  for (let round = 0; round < 8; round++) {
    const { target, runs, engine } = fragile({ intervalMs: 0, maxRetries: 50 });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    target.onBegun(({ attemptId }) => setImmediate(() => target.end(attemptId, { exitCode: 1 })));
    await begun(target, 1);
    target.end(target.begun[0]!.attemptId, { exitCode: 1 });
    for (let turns = 0; turns < round; turns++) await new Promise(setImmediate);
    await Promise.all([runs.cancel(runId, engine), runs.cancel(runId, engine)]);
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "canceled" });
    const [first, after] = await runs.steps(runId);
    expect(after).toMatchObject({ status: "skipped" });
    expect(["canceled", "failed"]).toContain(first!.status);
  }
});

test("the files of the last attempt have their own paths, those of earlier ones lie under attempts/", async () => {
  const { target, runs, engine, workspace } = fragile({ intervalMs: 0 });
  const runId = randomUUID();
  await runs.submit(submission(runId), engine);
  const container = await systemContainer(workspace);
  for (const attempt of [1, 2]) {
    await begun(target, attempt);
    const { artifactsId, attemptId } = target.begun[attempt - 1]!;
    const text = `log of ${attempt}`;
    const blob = container.getBlockBlobClient(artifactPath(artifactsId, "user_logs/std_log.txt"));
    await blob.upload(text, text.length);
    target.end(attemptId, { exitCode: attempt === 2 ? 0 : 1 });
  }
  await begun(target, 3);
  target.end(`${runId}.after.1`, { exitCode: 0 });
  await engine.ended(runId);
  const { stepRunId } = target.begun[0]!;
  const paths = (await runs.artifacts(stepRunId)).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(["attempts/1/user_logs/std_log.txt", "user_logs/std_log.txt"]),
  );
  const read = async (path: string) => (await fetch((await runs.artifactUrl(stepRunId, path))!)).text();
  expect(await read("user_logs/std_log.txt")).toBe("log of 2");
  expect(await read("attempts/1/user_logs/std_log.txt")).toBe("log of 1");
  expect(await runs.artifactUrl(stepRunId, "attempts/2/user_logs/std_log.txt")).toBeUndefined();
});
