import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createRunStore } from "../../../src/runs/runStore";
import type { RunEngine } from "../../../src/runs/runs";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { dyingAfter } from "./dyingWorkspace";
import { openRuns, step, submission, type RunsUnderTest } from "./runsUnderTest";
import { scriptedTarget, type Ending } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const metrics = [
  { name: "loss", type: "scalar" as const, value: 1, loggedAt: "2026-01-02T03:04:05.500Z", step: null },
];

interface Story {
  readonly endings: Readonly<Record<string, Ending>>;
  readonly cancel: boolean;
}

/** Submits a run, lets the process die after so many writes of the loops, and brings up another one. */
async function dieAndComeBack({ endings, cancel }: Story, writes: number) {
  const target = scriptedTarget(endings);
  const definition = {
    parameters: [],
    steps: [step("left"), step("right"), step("join", ["left", "right"]), step("last", ["join"])],
  };
  const setting = { connectionString: storage.connectionString, target, definition };
  const fresh = openRuns(setting);
  const dying = openRuns({ ...setting, through: (workspace) => dyingAfter(workspace, writes) });
  const runId = randomUUID();
  const idle: RunEngine = {
    startRun: () => Promise.resolve(),
    startStep: () => Promise.resolve(),
    wake: () => Promise.resolve(),
    isUnderWay: () => Promise.resolve(false),
  };
  await fresh.runs.submit(submission(runId), idle);
  if (cancel) await fresh.runs.cancel(runId, idle);
  const { token } = (await createRunStore(fresh.workspace).find(runId))!;
  await dying.engine.startRun(runId, token);
  const fate = await Promise.race([
    dying.death.then(() => "died" as const),
    dying.engine.ended(runId).then(() => "ended" as const),
  ]);
  await resume(fresh, dying, runId, token);
  return { fate, target, runs: fresh.runs, runId };
}

/** What a durable engine does after a restart: every instance that was started goes on. */
async function resume(
  fresh: RunsUnderTest,
  dying: RunsUnderTest,
  runId: string,
  token: string,
): Promise<void> {
  await fresh.engine.startRun(runId, token);
  for (const attemptId of dying.engine.started.filter((id) => id !== runId)) {
    await fresh.engine.startStep(attemptId);
  }
  await fresh.engine.ended(runId);
}

const well: Ending = { exitCode: 0, metrics };
const allWell = { left: well, right: well, join: well, last: well };

describe("a process that dies between any two writes of a run, and comes back", () => {
  test("finishes the run and starts no step twice", async () => {
    for (let writes = 0, fate = "died"; fate === "died"; writes++) {
      const told = await dieAndComeBack({ endings: allWell, cancel: false }, writes);
      fate = told.fate;
      expect(await told.runs.find(told.runId)).toMatchObject({ status: "finished" });
      const steps = await told.runs.steps(told.runId);
      expect(steps.map(({ status, attempt }) => [status, attempt])).toEqual(Array(4).fill(["finished", 1]));
      expect(told.target.begun).toHaveLength(4);
      for (const { stepRunId } of steps) expect(await told.runs.metrics(stepRunId)).toHaveLength(1);
      if (fate === "ended") expect(writes).toBeGreaterThan(12);
    }
  });

  test("fails the run for the same reason when a step failed", async () => {
    for (let writes = 0, fate = "died"; fate === "died"; writes++) {
      const endings = { ...allWell, join: { exitCode: 2, stderrTail: "no rows" } };
      const told = await dieAndComeBack({ endings, cancel: false }, writes);
      fate = told.fate;
      const reason = "step join failed: script join.py exited with code 2: no rows";
      expect(await told.runs.find(told.runId)).toMatchObject({ status: "failed", reason });
      expect((await told.runs.steps(told.runId)).at(-1)).toMatchObject({ status: "skipped", attempt: 0 });
      expect(told.target.begun).toHaveLength(3);
    }
  });

  test("keeps a cancel that was accepted before, and starts nothing", async () => {
    for (let writes = 0, fate = "died"; fate === "died"; writes++) {
      const told = await dieAndComeBack({ endings: allWell, cancel: true }, writes);
      fate = told.fate;
      expect(await told.runs.find(told.runId)).toMatchObject({ status: "canceled" });
      expect(told.target.begun).toEqual([]);
    }
  });
});
