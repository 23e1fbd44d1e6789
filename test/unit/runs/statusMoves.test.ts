import { describe, expect, test } from "@jest/globals";
import { isTerminalRun, isTerminalStep, type RunStatus, type StepStatus } from "../../../src/model/runStatus";
import { mayRunMove, mayStepMove } from "../../../src/runs/statusMoves";

const runs: readonly RunStatus[] = ["accepted", "running", "canceling", "finished", "failed", "canceled"];
const steps: readonly StepStatus[] = [
  "waiting",
  "queued",
  "running",
  "finished",
  "failed",
  "canceled",
  "skipped",
];

describe("status moves", () => {
  test("nothing leaves a terminal state, not even for itself", () => {
    for (const from of runs.filter(isTerminalRun))
      expect(runs.filter((to) => mayRunMove(from, to))).toEqual([]);
    for (const from of steps.filter(isTerminalStep)) {
      expect(steps.filter((to) => mayStepMove(from, to))).toEqual([]);
    }
  });

  test("an accepted cancel is final: a canceling run can only become canceled", () => {
    expect(runs.filter((to) => mayRunMove("canceling", to))).toEqual(["canceled"]);
  });

  test("a step that was never handed out can only be queued, reused or skipped", () => {
    expect(steps.filter((to) => mayStepMove("waiting", to))).toEqual(["queued", "finished", "skipped"]);
  });

  test("every open state has a way to an end", () => {
    for (const from of runs.filter((status) => !isTerminalRun(status))) {
      expect(runs.some((to) => mayRunMove(from, to))).toBe(true);
    }
  });
});
