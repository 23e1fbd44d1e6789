/**
 * Says what to do about a step attempt, given what its compute target knows of it. Pure.
 *
 * Invariants:
 * 1. An attempt that the target does not know is submitted, unless it is to be cancelled.
 * 2. An attempt that failed, ran out of time or was lost is followed by another one as often as the step's policy
 *    says; a lost one `lostRetries` times where the policy says nothing of it. None follows one that is to be cancelled.
 * 3. An interrupted attempt is always followed by another one, unless it is to be cancelled, and costs no retry.
 * 4. An attempt that ended well before its cancel arrived is finished.
 */
import type { AttemptState } from "../compute/computeTarget";
import { assertNever } from "../model/assertNever";
import type { RetryCause, RetryPolicy } from "../model/definition";

/** How many further attempts a lost one gets where the step does not say. */
export const lostRetries = 2;
/** No retry waits longer, however often the wait was multiplied. */
export const longestRetryWaitMs = 24 * 3_600_000;

export interface AttemptView {
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** Attempts before this one that failed, ran out of time or were lost. */
  readonly spent: number;
  readonly retries: RetryPolicy | null;
  readonly script: string;
  readonly timeoutMs: number | null;
  /** Why the attempt must end; null = it may go on. */
  readonly cancelReason: string | null;
}

/** How an attempt ended; `failed` reasons gain the last lines of stderr when they are written. */
export type AttemptEnd =
  | { readonly status: "finished"; readonly exitCode: 0 }
  | { readonly status: "failed"; readonly exitCode: number | null; readonly reason: string }
  | { readonly status: "canceled"; readonly exitCode: number | null; readonly reason: string };

export type StepAction =
  | { readonly kind: "submit" }
  | { readonly kind: "wait"; readonly startedAt: string | null }
  | { readonly kind: "cancel" }
  | {
      readonly kind: "retry";
      readonly reason: string;
      /** How long the next attempt waits. */
      readonly waitMs: number;
      /** Whether the attempt counts against the step's retries. */
      readonly isSpent: boolean;
    }
  | {
      readonly kind: "end";
      readonly end: AttemptEnd;
      readonly startedAt: string | null;
      readonly finishedAt: string | null;
      /** Whether there is something to collect. */
      readonly ran: boolean;
    };

export function decideStep(view: AttemptView, state: AttemptState): StepAction {
  switch (state.status) {
    case "unknown":
      return view.cancelReason === null ? { kind: "submit" } : neverRan(canceled(view.cancelReason, null));
    case "preparing":
    case "running":
      if (view.cancelReason !== null) return { kind: "cancel" };
      return { kind: "wait", startedAt: state.status === "running" ? state.startedAt : null };
    case "rejected":
      return neverRan(
        view.cancelReason === null
          ? { status: "failed", exitCode: null, reason: `could not be started: ${state.reason}` }
          : canceled(view.cancelReason, null),
      );
    case "lost":
      return lost(view, state.reason);
    case "interrupted":
      return interrupted(view, state.reason);
    case "exited": {
      const { startedAt, finishedAt } = state;
      const end = exited(view, state);
      const cause = state.endedBy === "timeout" ? "timeout" : "failed";
      const retry = end.status === "failed" ? retryOf(view, cause, end.reason) : undefined;
      return retry ?? { kind: "end", end, startedAt, finishedAt, ran: true };
    }
    default:
      return assertNever(state);
  }
}

function exited(view: AttemptView, state: Extract<AttemptState, { status: "exited" }>): AttemptEnd {
  const { exitCode, endedBy } = state;
  if (endedBy === "timeout") {
    const limit = view.timeoutMs === null ? "" : ` of ${view.timeoutMs / 1000} s`;
    return {
      status: "failed",
      exitCode,
      reason: `script ${view.script} was ended at its time limit${limit}`,
    };
  }
  if (endedBy === "cancel") return canceled(view.cancelReason ?? "its process was canceled", exitCode);
  if (exitCode === 0) return { status: "finished", exitCode };
  if (view.cancelReason !== null) return canceled(view.cancelReason, exitCode);
  return { status: "failed", exitCode, reason: `script ${view.script} exited with code ${exitCode}` };
}

function lost(view: AttemptView, why: string): StepAction {
  const reason = `attempt ${view.attempt} was lost: ${why}`;
  const retry = retryOf(view, "lost", why);
  if (retry !== undefined) return retry;
  const end: AttemptEnd =
    view.cancelReason === null
      ? { status: "failed", exitCode: null, reason: `${reason}; no attempts are left` }
      : canceled(view.cancelReason, null);
  return { kind: "end", end, startedAt: null, finishedAt: null, ran: true };
}

/** Another attempt, if the step has one left for this cause. */
function retryOf(view: AttemptView, cause: RetryCause, why: string): StepAction | undefined {
  const { attempt, spent, cancelReason } = view;
  if (cancelReason !== null) return undefined;
  const policy = view.retries?.on.includes(cause) === true ? view.retries : undefined;
  if (spent >= (policy?.maxRetries ?? (cause === "lost" ? lostRetries : 0))) return undefined;
  const waitMs = policy === undefined ? 0 : retryWaitMs(policy, spent);
  const word = { failed: "failed", timeout: "ran out of time", lost: "was lost" }[cause];
  const next = waitMs === 0 ? "" : `; the next attempt waits ${waitMs / 1000} s`;
  return { kind: "retry", reason: `attempt ${attempt} ${word}: ${why}${next}`, waitMs, isSpent: true };
}

/** The wait before the first retry, multiplied once for every retry before. */
export function retryWaitMs({ intervalMs, backoffFactor }: RetryPolicy, spent: number): number {
  return Math.round(Math.min(longestRetryWaitMs, intervalMs * backoffFactor ** spent));
}

/** Always followed by another attempt: stopping the service may not cost a step its retries. */
function interrupted(view: AttemptView, why: string): StepAction {
  if (view.cancelReason === null) {
    return { kind: "retry", reason: `attempt ${view.attempt}: ${why}`, waitMs: 0, isSpent: false };
  }
  const end = canceled(view.cancelReason, null);
  return { kind: "end", end, startedAt: null, finishedAt: null, ran: true };
}

function neverRan(end: AttemptEnd): StepAction {
  return { kind: "end", end, startedAt: null, finishedAt: null, ran: false };
}

function canceled(reason: string, exitCode: number | null): AttemptEnd {
  return { status: "canceled", exitCode, reason };
}

const tailLines = 10;
const tailLength = 2_000;

/** A reason with the last lines of stderr, for people. */
export function withStderr(reason: string, stderrTail: string): string {
  const lines = stderrTail.split(/\r?\n/).filter((line) => line.trim() !== "");
  const tail = lines.slice(-tailLines).join("\n").slice(-tailLength);
  return tail === "" ? reason : `${reason}: ${tail}`;
}
