/**
 * Owns: when a failed delivery is tried again and when it is given up. Pure.
 * Source: Event Grid's delivery schedule; the quick first steps for a refused connection are ours, since on a laptop
 * that means that the app is just starting.
 *
 * Invariants:
 * T1. Waits never shrink; an event is given up after MAX_ATTEMPTS or GIVE_UP_AFTER_MS, whichever comes first.
 */
export type DeliveryFailure =
  | { readonly kind: "unreachable"; readonly detail: string }
  | { readonly kind: "answered"; readonly status: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const QUICK_MS = [SECOND, SECOND, 2 * SECOND, 5 * SECOND];
const SCHEDULE_MS = [
  ...[10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
];
const MAX_ATTEMPTS = 30;
const GIVE_UP_AFTER_MS = 24 * HOUR;
/** Answers that say that another attempt is useless. */
const FINAL_STATUSES = new Set([400, 401, 403, 413]);

export type NextStep =
  | { readonly kind: "retry"; readonly afterMs: number }
  | { readonly kind: "give-up"; readonly reason: string };

/** `attempts` made so far, the first of them `sinceMs` ago. */
export function decideNextStep(failure: DeliveryFailure, attempts: number, sinceMs: number): NextStep {
  const text = failure.kind === "answered" ? `HTTP ${failure.status}` : failure.detail;
  if (failure.kind === "answered" && FINAL_STATUSES.has(failure.status))
    return { kind: "give-up", reason: `the webhook refused the event (${text})` };
  if (attempts >= MAX_ATTEMPTS)
    return { kind: "give-up", reason: `${attempts} attempts failed, the last with ${text}` };
  const afterMs = waitOf(failure, attempts);
  if (sinceMs + afterMs > GIVE_UP_AFTER_MS)
    return { kind: "give-up", reason: `24 hours passed, the last attempt: ${text}` };
  return { kind: "retry", afterMs };
}

function waitOf(failure: DeliveryFailure, attempts: number): number {
  const quick = failure.kind === "unreachable" ? QUICK_MS : [];
  const steps = [...quick, ...SCHEDULE_MS];
  return steps[Math.min(attempts, steps.length) - 1] ?? 12 * HOUR;
}

/** How long a subscription may stay away, counted while the storage is open, before its events are given up. */
export const SUBSCRIPTION_LIFE_MS = 24 * HOUR;
