/**
 * When a timer trigger runs, given what is stored of it. Pure. Instants are Unix milliseconds.
 *
 * 1. However many occurrences were missed, there is one catch-up run, marked past due.
 * 2. A changed schedule never makes a run past due.
 * 3. A timer without a monitor keeps no state and never catches up.
 */
import type { TimerRule } from "./ncrontab";

/** What is stored of a monitored timer. `last` is null before its first run. */
export interface TimerStatus {
  readonly last: number | null;
  readonly next: number;
  readonly updatedAt: number;
}

export interface TimerStart {
  /** What to store now; null for a timer without monitor. */
  readonly status: TimerStatus | null;
  readonly runNow: "past due" | "on start-up" | null;
}

export interface TimerSettings {
  readonly rule: TimerRule;
  readonly useMonitor: boolean;
  readonly runOnStartup: boolean;
}

/** Decides what a timer does when the host starts. */
export function startTimer(timer: TimerSettings, stored: TimerStatus | null, now: number): TimerStart {
  const onStart = timer.runOnStartup ? ("on start-up" as const) : null;
  if (!timer.useMonitor) return { status: null, runNow: onStart };
  if (stored === null)
    return { status: { last: null, next: timer.rule.next(now), updatedAt: now }, runNow: onStart };
  const expected = timer.rule.next(stored.last ?? stored.updatedAt);
  if (expected !== stored.next) {
    const next = expected > now ? expected : timer.rule.next(now);
    return { status: { last: null, next, updatedAt: now }, runNow: onStart };
  }
  return { status: stored, runNow: now > stored.next ? "past due" : onStart };
}

/** The status after a run that was due at `due` and began at `startedAt`. */
export function afterRun(rule: TimerRule, due: number, startedAt: number): TimerStatus {
  const last = Math.max(due, startedAt);
  return { last, next: rule.next(last), updatedAt: last };
}

/** The timer object of the app, as JSON text. */
export function timerInput(timer: TimerSettings, status: TimerStatus | null, isPastDue: boolean): string {
  return JSON.stringify({
    Schedule: { AdjustForDST: timer.rule.isCron },
    ScheduleStatus:
      status === null
        ? null
        : { Last: toText(status.last), Next: toText(status.next), LastUpdated: toText(status.updatedAt) },
    IsPastDue: isPastDue,
  });
}

function toText(at: number | null): string {
  return at === null ? "0001-01-01T00:00:00+00:00" : new Date(at).toISOString().replace("Z", "+00:00");
}
