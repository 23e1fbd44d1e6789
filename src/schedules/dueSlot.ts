/**
 * What a due entry means at an instant. Pure. Source: spec recurrence.md R13–R15.
 *
 * Invariants:
 * 1. A slot that the missed policy lets run does; an older one is missed and never runs.
 * 2. The entry that follows is later than the one decided on, so a schedule always gets on.
 */
import { assertNever } from "../model/assertNever";
import type { ClockPolicy } from "../model/clockPolicy";
import { occurrences } from "../model/occurrences";
import type { Recurrence } from "../model/recurrence";
import type { MissedPolicy } from "./schedules";

/** Milliseconds since 1970. */
type Instant = number;

/** What a schedule waits for: a slot, or its run at creation, which is no slot. */
export type SlotEntry =
  | { readonly kind: "slot" | "creation"; readonly dueAt: Instant }
  /** A slot whose time has come and that waits for the end of the run before; it is looked at again at `dueAt`. */
  | { readonly kind: "held"; readonly dueAt: Instant; readonly slotAt: Instant };

/** What a schedule waits for; `poll` is the next listing of a watched folder. */
export type DueEntry = SlotEntry | { readonly kind: "poll"; readonly dueAt: Instant };

export type DueDecision =
  | { readonly kind: "wait" }
  | { readonly kind: "run"; readonly next: SlotEntry | null }
  | {
      readonly kind: "missed";
      /** Slots before this instant are missed, slots from it on are not. */
      readonly until: Instant;
      readonly count: number;
      /** Whether more than `count` were missed. */
      readonly isMore: boolean;
      /** First slot that is not missed. */
      readonly next: SlotEntry | null;
      /** The slot after the one decided on, for when that one turns out to have run. */
      readonly afterThis: SlotEntry | null;
    };

export interface Rhythm {
  readonly recurrence: Recurrence;
  readonly anchoredAt: Instant;
  readonly clock: ClockPolicy;
  readonly missed: MissedPolicy;
}

export const oldestSlotMs = 5 * 60_000;
const mostCounted = 1_000;

/** The next poll: on the full minute, so that no tick of its own is needed, and at most one interval later. */
export function pollAfter(now: Instant, intervalMinutes: number): DueEntry {
  return { kind: "poll", dueAt: Math.floor(now / 60_000 + intervalMinutes) * 60_000 };
}

/** The first slot after an instant; null when there is none any more. */
export function slotAfter(rhythm: Rhythm, after: Instant): SlotEntry | null {
  const [dueAt] = slotsAfter(rhythm, after, 1);
  return dueAt === undefined ? null : { kind: "slot", dueAt };
}

function slotsAfter(
  { recurrence, anchoredAt, clock }: Rhythm,
  after: Instant,
  count: number,
): readonly Instant[] {
  return occurrences(recurrence, anchoredAt, after, count, clock);
}

export function decideDue(due: SlotEntry, rhythm: Rhythm, now: Instant): DueDecision {
  if (due.dueAt > now) return { kind: "wait" };
  const slotAt = due.kind === "held" ? due.slotAt : due.dueAt;
  const until = due.kind === "held" ? slotAt : oldestThatRuns(slotAt, rhythm, now);
  if (slotAt >= until) return { kind: "run", next: slotAfter(rhythm, slotAt) };
  const later = slotsAfter(rhythm, slotAt, mostCounted);
  const missed = later.filter((slot) => slot < until);
  return {
    kind: "missed",
    until,
    count: 1 + missed.length,
    isMore: missed.length === mostCounted,
    next: slotAfter(rhythm, until - 1),
    afterThis: slotAfter(rhythm, slotAt),
  };
}

/** Slots from this instant on run. */
function oldestThatRuns(slotAt: Instant, rhythm: Rhythm, now: Instant): Instant {
  const { missed } = rhythm;
  switch (missed.kind) {
    case "recent":
      return now - oldestSlotMs;
    case "newest":
      return newestSlots(slotAt, rhythm, now, 1)[0] ?? slotAt;
    case "all": {
      const oldest = now - missed.windowMinutes * 60_000;
      const [first = slotAt] = newestSlots(slotAt, rhythm, now, missed.most).filter((slot) => slot >= oldest);
      return first >= oldest ? first : oldest;
    }
    default:
      return assertNever(missed);
  }
}

/** The newest slots from one on up to an instant, at most so many, found backwards: there may be years of them. */
function newestSlots(from: Instant, rhythm: Rhythm, now: Instant, most: number): readonly Instant[] {
  for (let spanMs = 3_600_000; ; spanMs *= 8) {
    const after = Math.max(from, now - spanMs);
    // Slots are a minute apart at least, those of two passes or of a gap's end excepted.
    const slots = slotsAfter(rhythm, after, Math.ceil((now - after) / 30_000) + 2).filter(
      (slot) => slot <= now,
    );
    if (slots.length >= most || after === from) return [from, ...slots].slice(-most);
  }
}
