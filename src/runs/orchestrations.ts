/** Names under which the doors register the orchestrations of runs, and what travels through them. */
import type { AdvanceRunInput, AdvanceRunResult } from "./advanceRun";
import type { AdvanceStepInput, AdvanceStepResult } from "./advanceStep";

/** The one external event of both orchestrations. It carries nothing: the loops read rows. */
export const wakeEvent = "wake";

export const pipelineRunName = "pipelineRun";
export const stepRunName = "stepRun";
export const advanceRunName = "advanceRun";
export const advanceStepName = "advanceStep";

/** Input of `pipelineRun`, whose instance id is the run id. */
export interface PipelineRunInput {
  readonly runId: string;
  readonly token: string;
  /** See `AdvanceRunInput`; none in the first generation. */
  readonly started?: readonly number[];
  /** How often in a row the activity has failed; absent = 0. */
  readonly failures?: number;
}

/** Input of `stepRun`, whose instance id is the attempt id; none in the first generation. */
export interface StepRunInput {
  /** How often the attempt was looked at. */
  readonly looks: number;
  readonly failures: number;
}

export type { AdvanceRunInput, AdvanceRunResult, AdvanceStepInput, AdvanceStepResult };
