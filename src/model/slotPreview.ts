/**
 * What a schedule will do, for people: its next slots as the clock of its zone shows them, with a mark where that
 * clock changes, and the slots that an excluded date or a gap takes away. Pure.
 */
import type { ClockPolicy } from "./clockPolicy";
import { instantOf, localDayOf, localTimeAt, type LocalDay, type LocalMs } from "./localTime";
import { excludedDays, occurrences } from "./occurrences";
import type { Recurrence } from "./recurrence";
import { dayMs, findTimeZone, type EpochMs, type TimeZone } from "./timeZone";

/**
 * `moved`: the written time does not exist on this day, so the slot is later. `firstPass`, `lastPass`: the clock shows
 * the time twice. `offsetChanged`: the clock was changed since the slot before.
 */
export type SlotMark = "moved" | "firstPass" | "lastPass" | "offsetChanged";

export interface PreviewedSlot {
  readonly at: EpochMs;
  /** What the zone's clock shows, and its offset from UTC, both in milliseconds. */
  readonly local: LocalMs;
  readonly offset: number;
  readonly mark: SlotMark | null;
  /** Why there is no run; null = it runs. Of the slots of an excluded date only the first is told. */
  readonly skipped: "excluded" | "gap" | null;
}

/** The next `count` slots that run, and between them those that do not, ascending. */
export function previewSlots(
  recurrence: Recurrence,
  anchoredAt: EpochMs,
  after: EpochMs,
  count: number,
  policy: ClockPolicy,
): readonly PreviewedSlot[] {
  const zone = findTimeZone(recurrence.timeZone ?? "UTC");
  if (zone === undefined)
    throw new Error(`Time zone ${recurrence.timeZone ?? "UTC"} is unknown to this Node`);
  const runs = occurrences(recurrence, anchoredAt, after, count, policy);
  const until = runs.at(-1);
  if (until === undefined) return [];
  const slotsWith = (changed: Partial<ClockPolicy>): ReadonlySet<EpochMs> =>
    new Set(slotsUntil(recurrence, anchoredAt, after, until, { ...policy, ...changed }));
  const inGaps = policy.gap === "skip" ? slotsWith({ gap: "forward" }) : [];
  const unmoved = slotsWith({ gap: "skip", overlap: "both" });
  const reasons = new Map<EpochMs, PreviewedSlot["skipped"]>();
  for (const day of excludedDays(policy)) {
    const at = firstOfDay(recurrence, anchoredAt, after, { ...policy, excludedDates: [] }, zone, day);
    if (at !== undefined && at <= until) reasons.set(at, "excluded");
  }
  for (const at of inGaps) reasons.set(at, "gap");
  for (const at of runs) reasons.set(at, null);
  const slots = [...reasons].sort(([one], [other]) => one - other);
  let before = zone.offsetAt(after);
  return slots.map(([at, skipped]) => {
    const offset = zone.offsetAt(at);
    const mark = unmoved.has(at) || skipped !== null ? markOf(zone, at, before) : "moved";
    before = offset;
    return { at, local: at + offset, offset, mark, skipped };
  });
}

/** One slot is asked for: a year of excluded dates may hold half a million. */
function firstOfDay(
  recurrence: Recurrence,
  anchoredAt: EpochMs,
  after: EpochMs,
  policy: ClockPolicy,
  zone: TimeZone,
  day: LocalDay,
): EpochMs | undefined {
  const midnight = instantOf(zone, day * dayMs);
  const [at] = occurrences(recurrence, anchoredAt, Math.max(after, midnight - 1), 1, policy);
  return at !== undefined && localDayOf(localTimeAt(zone, at)) === day ? at : undefined;
}

/** Doubles the number until the last is beyond: how many there are is not known before. */
function slotsUntil(
  recurrence: Recurrence,
  anchoredAt: EpochMs,
  after: EpochMs,
  until: EpochMs,
  policy: ClockPolicy,
): readonly EpochMs[] {
  for (let count = 64; ; count *= 2) {
    const slots = occurrences(recurrence, anchoredAt, after, count, policy);
    if (slots.length < count || (slots.at(-1) ?? until) >= until)
      return slots.filter((slot) => slot <= until);
  }
}

function markOf(zone: TimeZone, at: EpochMs, before: number): SlotMark | null {
  const local = localTimeAt(zone, at);
  const shownAt = (offset: number): EpochMs | undefined =>
    zone.offsetAt(local - offset) === offset ? local - offset : undefined;
  const passes = [zone.offsetAt(at - hoursOfChange), zone.offsetAt(at + hoursOfChange)].map(shownAt);
  if (passes.some((pass) => pass !== undefined && pass > at)) return "firstPass";
  if (passes.some((pass) => pass !== undefined && pass < at)) return "lastPass";
  return zone.offsetAt(at) === before ? null : "offsetChanged";
}

/** No clock is put back by more than this. */
const hoursOfChange = 24 * 3_600_000;
