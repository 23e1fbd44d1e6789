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
import {
  dateOfDay,
  dayOfDate,
  instantOf,
  lastSecond,
  lengthOfMonth,
  localDayOf,
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
 * The first `count` slots after `after`, ascending; fewer only when the year 9999 ends first.
 *
 * @param anchoredAt creation of the schedule, or the edit that replaced the recurrence: no slot lies at or before it,
 *   and a recurrence without start time is counted from it.
 */
export function occurrences(
  recurrence: Recurrence,
  anchoredAt: EpochMs,
  after: EpochMs,
  count: number,
): readonly EpochMs[] {
  const slots: EpochMs[] = [];
  if (count < 1) return slots;
  for (const slot of slotsAfter(recurrence, anchoredAt, Math.max(after, anchoredAt))) {
    if (slot > lastSecond) break;
    slots.push(slot);
    if (slots.length >= count) break;
  }
  return slots;
}

function slotsAfter(recurrence: Recurrence, anchoredAt: EpochMs, mark: EpochMs): Iterable<EpochMs> {
  const zone = zoneOf(recurrence);
  const start = recurrence.startTime === null ? undefined : parseStartTime(recurrence.startTime);
  const anchor = start === undefined ? anchorAtCreation(anchoredAt, zone) : anchorAtStart(start, zone);
  switch (recurrence.frequency) {
    case "Minute":
      return elapsedSlots(anchor.instant, recurrence.interval * 60_000, mark);
    case "Hour":
      return elapsedSlots(anchor.instant, recurrence.interval * 3_600_000, mark);
    case "Day":
    case "Week":
    case "Month":
      return calendarSlots(calendarOf(recurrence, anchor), anchor, zone, mark);
    default:
      return assertNever(recurrence.frequency);
  }
}

function zoneOf(recurrence: Recurrence): TimeZone {
  const zone = findTimeZone(recurrence.timeZone ?? "UTC");
  if (zone === undefined)
    throw new Error(`Time zone ${recurrence.timeZone ?? "UTC"} is unknown to this Node`);
  return zone;
}

/** Elapsed time from the anchor: 24 hours are not a day (R7). */
function* elapsedSlots(anchor: EpochMs, step: number, mark: EpochMs): Generator<EpochMs> {
  const first = Math.max(0, Math.floor((mark - anchor) / step) + 1);
  for (let index = first; ; index += 1) yield anchor + index * step;
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

function calendarOf(recurrence: Recurrence, anchor: Anchor): Calendar {
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
 * Goes through the admitted days and holds slots back until no later day can give an earlier one: a skipped
 * local time moves forward, so slots of a day, and of two days, may change places or fall on one instant (R13).
 */
function* calendarSlots(
  calendar: Calendar,
  anchor: Anchor,
  zone: TimeZone,
  mark: EpochMs,
): Generator<EpochMs> {
  let held: readonly EpochMs[] = [];
  let last = calendar.from.kind === "grid" ? Math.max(mark, calendar.from.first - 1) : mark;
  const firstDay = Math.min(Math.floor((mark - widestOffset) / dayMs), localDayOf(lastSecond));
  for (let index = calendar.indexFrom(firstDay); ; index += 1) {
    const day = calendar.day(index);
    const isOver = !(day <= localDayOf(lastSecond));
    const safeBefore = isOver ? Infinity : day * dayMs - widestOffset;
    let given = 0;
    for (const slot of held) {
      if (slot >= safeBefore) break;
      given += 1;
      if (slot > last) yield (last = slot);
    }
    if (isOver) return;
    held = inOrder(held.slice(given).concat(daySlots(calendar, index, anchor, zone)));
  }
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

function daySlots(calendar: Calendar, index: number, anchor: Anchor, zone: TimeZone): readonly EpochMs[] {
  const midnight: LocalMs = calendar.day(index) * dayMs;
  if (calendar.from.kind === "anchor" && index === 0) return [anchor.instant];
  const offset = zone.constantOffset(midnight - 2 * dayMs, midnight + 2 * dayMs);
  return calendar.times.map((time) =>
    offset === undefined ? instantOf(zone, midnight + time) : midnight + time - offset,
  );
}
