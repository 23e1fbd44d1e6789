/**
 * What a due entry means at an instant. Pure. Source: spec recurrence.md R13–R15.
 *
 * Invariants:
 * 1. A slot at most five minutes old runs; an older one is missed and never runs.
 * 2. The entry that follows is later than the one decided on, so a schedule always gets on.
 */
import { occurrences } from "../model/occurrences";
import type { Recurrence } from "../model/recurrence";

/** Milliseconds since 1970. */
type Instant = number;

/** What a schedule waits for: a slot, or its run at creation, which is no slot. */
export interface DueEntry {
  readonly kind: "slot" | "creation";
  readonly dueAt: Instant;
}

export type DueDecision =
  | { readonly kind: "wait" }
  | { readonly kind: "run"; readonly next: DueEntry | null }
  | {
      readonly kind: "missed";
      /** Slots before this instant are missed, slots from it on are not. */
      readonly until: Instant;
      readonly count: number;
      /** Whether more than `count` were missed. */
      readonly isMore: boolean;
      /** First slot that is not missed. */
      readonly next: DueEntry | null;
      /** The slot right after this one: what follows if this one turns out to have run. */
      readonly afterThis: DueEntry | null;
    };

/** The recurrence and the instant that it is counted from. */
export interface Rhythm {
  readonly recurrence: Recurrence;
  readonly anchoredAt: Instant;
}

export const oldestSlotMs = 5 * 60_000;
const mostCounted = 1_000;

/** The first slot after an instant; null when there is none any more. */
export function slotAfter(rhythm: Rhythm, after: Instant): DueEntry | null {
  const [dueAt] = occurrences(rhythm.recurrence, rhythm.anchoredAt, after, 1);
  return dueAt === undefined ? null : { kind: "slot", dueAt };
}

export function decideDue(due: DueEntry, rhythm: Rhythm, now: Instant): DueDecision {
  if (due.dueAt > now) return { kind: "wait" };
  const until = now - oldestSlotMs;
  if (due.dueAt >= until) return { kind: "run", next: slotAfter(rhythm, due.dueAt) };
  const later = occurrences(rhythm.recurrence, rhythm.anchoredAt, due.dueAt, mostCounted);
  const missed = later.filter((slot) => slot < until);
  return {
    kind: "missed",
    until,
    count: 1 + missed.length,
    isMore: missed.length === mostCounted,
    next: slotAfter(rhythm, until - 1),
    afterThis: slotAfter(rhythm, due.dueAt),
  };
}
