/**
 * The statuses that are stored, and nothing else: v1's two vocabularies are rendered from them here, in
 * one place. Source: spec azureml-v1.md §3.2 and azureml-v1-wire.md §6.1.
 */
import { assertNever } from "./assertNever";

/** `accepted`: claimed, not yet orchestrated. `canceling`: a cancel was accepted and is on its way. */
export type RunStatus = "accepted" | "running" | "canceling" | "finished" | "failed" | "canceled";

/**
 * `waiting`: predecessors are not done. `queued`: handed to the orchestrator or compute target, no process yet.
 * `skipped`: will never run, because of a rule or another step (its reason says which).
 */
export type StepStatus = "waiting" | "queued" | "running" | "finished" | "failed" | "canceled" | "skipped";

export type TerminalRunStatus = Extract<RunStatus, "finished" | "failed" | "canceled">;
export type TerminalStepStatus = Extract<StepStatus, "finished" | "failed" | "canceled" | "skipped">;

export function isTerminalRun(status: RunStatus): status is TerminalRunStatus {
  return status === "finished" || status === "failed" || status === "canceled";
}

export function isTerminalStep(status: StepStatus): status is TerminalStepStatus {
  return status === "finished" || status === "failed" || status === "canceled" || status === "skipped";
}

/** `PipelineRun.Status.StatusCode` of the pipelines service. */
export function pipelineRunStatusCode(status: RunStatus): string {
  switch (status) {
    case "accepted":
      return "NotStarted";
    case "running":
    case "canceling":
      return "Running";
    case "finished":
      return "Finished";
    case "failed":
      return "Failed";
    case "canceled":
      return "Canceled";
    default:
      return assertNever(status);
  }
}

/** `status` of a run in the run history service. */
export function historyRunStatus(status: RunStatus): string {
  switch (status) {
    case "accepted":
      return "NotStarted";
    case "running":
      return "Running";
    case "canceling":
      return "CancelRequested";
    case "finished":
      return "Completed";
    case "failed":
      return "Failed";
    case "canceled":
      return "Canceled";
    default:
      return assertNever(status);
  }
}

/** `status` of a step run in the run history service; skipped steps are terminal there, so they read `Canceled`. */
export function historyStepStatus(status: StepStatus): string {
  switch (status) {
    case "waiting":
      return "NotStarted";
    case "queued":
      return "Queued";
    case "running":
      return "Running";
    case "finished":
      return "Completed";
    case "failed":
      return "Failed";
    case "canceled":
    case "skipped":
      return "Canceled";
    default:
      return assertNever(status);
  }
}
