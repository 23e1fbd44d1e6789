/**
 * The moves that a run and a step may make. Terminal is final: nothing leaves it. Stores check every write
 * against these tables, so that a wrong move is a loud bug and never a row.
 */
import type { RunStatus, StepStatus } from "../model/runStatus";

/** `running` to `running` changes its tags. */
const runMoves: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  accepted: ["running", "canceling", "failed"],
  running: ["running", "canceling", "finished", "failed"],
  canceling: ["canceled"],
  finished: [],
  failed: [],
  canceled: [],
};

/** `queued` to `queued` and `running` to `queued` are a new attempt; `waiting` to `finished` is a reused result. */
const stepMoves: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  waiting: ["queued", "finished", "skipped"],
  queued: ["queued", "running", "finished", "failed", "canceled"],
  running: ["queued", "finished", "failed", "canceled"],
  finished: [],
  failed: [],
  canceled: [],
  skipped: [],
};

export function mayRunMove(from: RunStatus, to: RunStatus): boolean {
  return runMoves[from].includes(to);
}

export function mayStepMove(from: StepStatus, to: StepStatus): boolean {
  return stepMoves[from].includes(to);
}
