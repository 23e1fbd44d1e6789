/**
 * When a recurrence fires: the slots strictly after an instant. Source: spec recurrence.md R4–R16; where this
 * file and that page differ, that page is right.
 *
 * Invariants:
 * 1. Slots ascend strictly, lie on whole seconds, after the mark and after the instant of creation.
 * 2. The slots after a mark do not depend on how the mark was reached: asking for two at once, or for one
 *    and then for the one after it, gives the same.
 * 3. The cost depends on the number of slots asked for, not on the age of the start or on the interval.
 */
import { assertNever } from "./assertNever";
import { v1ClockPolicy, type ClockPolicy } from "./clockPolicy";
import {
  dateOfDay,
  dayOfDate,
  instantOf,
  instantsOf,
  lastSecond,
  lengthOfMonth,
  localDayOf,
  localTimeAt,
  weekDayOf,
  type LocalDay,
  type LocalMs,
} from "./localTime";
import { weekDays, type Recurrence, type RecurrenceGrid } from "./recurrence";
import { anchorAtCreation, anchorAtStart, parseStartTime, type Anchor } from "./startTime";
import { dayMs, findTimeZone, type EpochMs, type TimeZone } from "./timeZone";

/** No zone has been further from UTC than this: a local time lies at most so far from the same number as an instant. */
const widestOffset = 16 * 3_600_000;

/**
 * The first `count` slots after `after`, ascending; fewer only when the policy's end or the year 9999 comes first.
 *
 * @param anchoredAt creation of the schedule, or the edit that replaced the recurrence: no slot lies at or before it,
 *   and a recurrence without start time is counted from it.
 * @param policy what the rules R4 and R5 leave to choose, excluded dates and an end; default v1's behaviour.
 */
export function occurrences(
  recurrence: Recurrence,
  anchoredAt: EpochMs,
  after: EpochMs,
  count: number,
  policy: ClockPolicy = v1ClockPolicy,
): readonly EpochMs[] {
  const slots: EpochMs[] = [];
  if (count < 1) return slots;
  const rules = rulesOf(recurrence, anchoredAt, policy);
  for (const batch of batchesAfter(rules, Math.max(after, anchoredAt))) {
    for (const slot of batch) {
      if (slot > rules.end) return slots;
      slots.push(slot);
      if (slots.length >= count) return slots;
    }
  }
  return slots;
}

/** A recurrence with everything worked out that does not depend on the mark. */
interface Rules {
  readonly recurrence: Recurrence;
  readonly policy: ClockPolicy;
  readonly zone: TimeZone;
  readonly anchor: Anchor;
  /** Whether slot 0 is an instant of its own, not the reading of a local time. */
  readonly isInstant: boolean;
  /** The last instant that may be a slot. */
  readonly end: EpochMs;
  readonly excluded: ReadonlySet<LocalDay>;
}

function rulesOf(recurrence: Recurrence, anchoredAt: EpochMs, policy: ClockPolicy): Rules {
  const zone = zoneOf(recurrence);
  const start = recurrence.startTime === null ? undefined : parseStartTime(recurrence.startTime);
  const anchor = start === undefined ? anchorAtCreation(anchoredAt, zone) : anchorAtStart(start, zone);
  const end = policy.endTime === null ? undefined : parseStartTime(policy.endTime);
  return {
    recurrence,
    policy,
    zone,
    anchor,
    isInstant: start?.offset !== null,
    end: end === undefined ? lastSecond : Math.min(lastSecond, anchorAtStart(end, zone).instant),
    excluded: new Set(excludedDays(policy)),
  };
}

export function excludedDays({ excludedDates }: ClockPolicy): readonly LocalDay[] {
  return excludedDates.map((date) => localDayOf(parseStartTime(`${date}T00:00`)?.written ?? NaN));
}

/** Slots in ascending batches, none empty for ever. */
function batchesAfter(rules: Rules, mark: EpochMs): Iterable<readonly EpochMs[]> {
  const { frequency, interval } = rules.recurrence;
  switch (frequency) {
    case "Minute":
      return elapsedSlots(rules, interval * 60_000, mark);
    case "Hour":
      return elapsedSlots(rules, interval * 3_600_000, mark);
    case "Day":
    case "Week":
    case "Month":
      return calendarSlots(calendarOf(rules), rules, mark);
    default:
      return assertNever(frequency);
  }
}

function zoneOf(recurrence: Recurrence): TimeZone {
  const zone = findTimeZone(recurrence.timeZone ?? "UTC");
  if (zone === undefined)
    throw new Error(`Time zone ${recurrence.timeZone ?? "UTC"} is unknown to this Node`);
  return zone;
}

/** Slots of elapsed time are worked out so many at a time, fewer at first: most callers want one. */
const largestBatch = 4_096;

/** Elapsed time from the anchor: 24 hours are not a day (R7). */
function* elapsedSlots(rules: Rules, step: number, mark: EpochMs): Generator<readonly EpochMs[]> {
  const first = rules.anchor.instant;
  let index = Math.max(0, Math.floor((mark - first) / step) + 1);
  for (let size = 1; ; size = Math.min(2 * size, largestBatch)) {
    const batch: EpochMs[] = [];
    while (batch.length < size) {
      const slot = first + index * step;
      if (slot > rules.end) {
        yield batch;
        return;
      }
      const admittedFrom = admitted(rules, slot);
      if (admittedFrom === slot) batch.push(slot);
      index = Math.max(index + 1, Math.ceil((admittedFrom - first) / step));
    }
    yield batch;
  }
}

/** The instant itself, or the end of the excluded local day that it lies in. */
function admitted({ zone, excluded }: Rules, slot: EpochMs): EpochMs {
  if (excluded.size === 0) return slot;
  const day = localDayOf(localTimeAt(zone, slot));
  return excluded.has(day) ? Math.max(slot + 1, instantOf(zone, (day + 1) * dayMs)) : slot;
}

/** The days that are admitted and the times of each, all in local time. */
interface Calendar {
  /** Ascends strictly with the index, which starts at 0. Not finite when it leaves the calendar. */
  day(index: number): LocalDay;
  /** The least index, or one a little less, of an admitted day that is not before this one. */
  indexFrom(day: LocalDay): number;
  /** Milliseconds from midnight, ascending. */
  readonly times: readonly number[];
  /** Without a grid slot 0 is the anchor itself; with one slots begin at this instant (R11). */
  readonly from: { readonly kind: "anchor" } | { readonly kind: "grid"; readonly first: EpochMs };
}

function calendarOf({ recurrence, anchor }: Rules): Calendar {
  const anchorDay = localDayOf(anchor.local);
  const anchorTime = anchor.local - anchorDay * dayMs;
  const days = admittedDays(recurrence, anchorDay);
  if (recurrence.schedule === null) return { ...days, times: [anchorTime], from: { kind: "anchor" } };
  const first = recurrence.includeStart ? anchor.instant : anchor.instant + 1;
  return { ...days, times: gridTimes(anchorTime, recurrence.schedule), from: { kind: "grid", first } };
}

/** Every hour with every minute; what is not given is the anchor's (R9, R10). */
function gridTimes(anchorTime: number, grid: RecurrenceGrid): readonly number[] {
  const minuteOfDay = Math.floor(anchorTime / 60_000);
  const minutes = grid.minutes ?? [minuteOfDay % 60];
  return (grid.hours ?? [Math.floor(minuteOfDay / 60)]).flatMap((hour) =>
    minutes.map((minute) => (hour * 60 + minute) * 60_000),
  );
}

function admittedDays(recurrence: Recurrence, anchorDay: LocalDay): Pick<Calendar, "day" | "indexFrom"> {
  const { frequency, interval } = recurrence;
  const names = recurrence.schedule?.weekDays ?? null;
  if (frequency === "Month") return monthDays(interval, anchorDay);
  if (frequency === "Day") return weeklyDays(anchorDay, interval, [0]);
  if (names === null) return weeklyDays(anchorDay, 7 * interval, [0]);
  const offsets = names.map((name) => weekDays.indexOf(name));
  return weeklyDays(anchorDay - weekDayOf(anchorDay), 7 * interval, offsets);
}

/** Days at fixed distances from the start of each period of so many days (R7, R12). */
function weeklyDays(
  start: LocalDay,
  period: number,
  offsets: readonly number[],
): Pick<Calendar, "day" | "indexFrom"> {
  return {
    day: (index) =>
      start + Math.floor(index / offsets.length) * period + (offsets[index % offsets.length] ?? 0),
    indexFrom: (day) => Math.max(0, Math.floor((day - start) / period)) * offsets.length,
  };
}

/** The anchor's day of each nth month, or the last day of a month that has no such day (R8). */
function monthDays(interval: number, anchorDay: LocalDay): Pick<Calendar, "day" | "indexFrom"> {
  const anchor = dateOfDay(anchorDay);
  return {
    day(index) {
      const month = anchor.month + index * interval;
      if (month > lastMonth) return Infinity;
      return dayOfDate({ month, dayOfMonth: Math.min(anchor.dayOfMonth, lengthOfMonth(month)) });
    },
    indexFrom: (day) => Math.max(0, Math.floor((dateOfDay(day).month - anchor.month) / interval)),
  };
}

const lastMonth = 9999 * 12 + 11;

/**
 * Goes through the admitted days. Around a change of the clock slots of a day, and of two days, may change places or
 * fall on one instant (R13), so they are held back until no later day can give an earlier one.
 */
function* calendarSlots(calendar: Calendar, rules: Rules, mark: EpochMs): Generator<readonly EpochMs[]> {
  let held: readonly EpochMs[] = [];
  let last = calendar.from.kind === "grid" ? Math.max(mark, calendar.from.first - 1) : mark;
  const lastDay = localDayOf(rules.end + widestOffset);
  const firstDay = Math.min(Math.floor((mark - widestOffset) / dayMs), lastDay);
  for (let index = calendar.indexFrom(firstDay); calendar.day(index) <= lastDay; index += 1) {
    const { slots, isSteady } = daySlots(calendar, index, rules);
    held = held.length === 0 ? slots : inOrder([...held, ...slots]);
    const safe = isSteady
      ? held
      : held.filter((slot) => slot < calendar.day(index + 1) * dayMs - widestOffset);
    if (safe.length === 0) continue;
    held = held.slice(safe.length);
    yield strictlyAfter(last, safe);
    last = Math.max(last, safe.at(-1) ?? last);
  }
  yield strictlyAfter(last, held);
}

/** Of ascending slots those after an instant, each once. */
function strictlyAfter(mark: EpochMs, slots: readonly EpochMs[]): readonly EpochMs[] {
  let last = mark;
  let isStrict = true;
  for (const slot of slots) {
    if (slot <= last) isStrict = false;
    last = slot;
  }
  return isStrict ? slots : [...new Set(slots)].filter((slot) => slot > mark);
}

/** Slots are out of order only around a change of the clock. */
function inOrder(slots: EpochMs[]): EpochMs[] {
  let last = -Infinity;
  for (const slot of slots) {
    if (slot < last) return slots.sort((one, other) => one - other);
    last = slot;
  }
  return slots;
}

/** Steady: the clock does not change anywhere near the day, so every later day's slots are later. */
function daySlots(
  calendar: Calendar,
  index: number,
  rules: Rules,
): { readonly slots: readonly EpochMs[]; readonly isSteady: boolean } {
  const { zone, policy, anchor } = rules;
  const day = calendar.day(index);
  const midnight: LocalMs = day * dayMs;
  const offset = zone.constantOffset(midnight - 2 * dayMs, midnight + 2 * dayMs);
  const isSteady = offset !== undefined;
  if (rules.excluded.has(day)) return { slots: [], isSteady };
  if (calendar.from.kind === "anchor" && index === 0 && rules.isInstant)
    return { slots: [anchor.instant], isSteady };
  const slots = isSteady
    ? calendar.times.map((time) => midnight + time - offset)
    : inOrder(calendar.times.flatMap((time) => instantsOf(zone, midnight + time, policy)));
  return { slots, isSteady };
}
