/**
 * What becomes of an activity whose worker ended while it ran. Pure.
 *
 * 1. Only a run that may have ended the worker is counted: the victims of another function's crash never fail for it.
 * 2. An activity that took its worker along too often is not run again; it fails.
 */

export type Redelivery =
  | { readonly kind: "again"; readonly attempt: number }
  /** `message` says why the activity failed. */
  | { readonly kind: "failed"; readonly message: string };

/** Runs of one activity that may end in the loss of its worker, before it fails. */
export const maxLostRuns = 5;
const suspectFrom = 3;

/** Decides after run number `attempt` (from 1) was lost with its worker. */
export function decideRedelivery(attempt: number, reason: string, isSuspect: boolean): Redelivery {
  if (!isSuspect) return { kind: "again", attempt };
  if (attempt < maxLostRuns) return { kind: "again", attempt: attempt + 1 };
  const message = `the app's process ended during each of its ${attempt} runs (the last time: ${reason}); it is not run again.`;
  return { kind: "failed", message };
}

/** Whether the run with this number must not share a worker with another suspect, so that the innocent one gets through. */
export function isSuspectRun(attempt: number): boolean {
  return attempt > suspectFrom;
}
