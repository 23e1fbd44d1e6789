/**
 * Wall-clock time and calendar days without a zone, and the one rule that turns a local time into an instant.
 *
 * A local time is a number: the milliseconds from 1970-01-01T00:00 to it on a clock that is never changed.
 * A local day is the whole number of days in it.
 */
import type { GapPolicy, OverlapPolicy } from "./clockPolicy";
import { dayMs, type EpochMs, type TimeZone } from "./timeZone";

export type LocalMs = number;
export type LocalDay = number;

/** The last second that a date with a year of four digits can name: 9999-12-31T23:59:59. */
export const lastSecond: EpochMs = 253_402_300_799_000;

/**
 * The instant of a local time. A time that the clock skips is read with the offset in force before the gap (R4);
 * a time that it shows twice is its first pass (R5).
 */
export function instantOf(zone: TimeZone, local: LocalMs): EpochMs {
  const { early, shown } = readingsOf(zone, local);
  return shown[0] ?? local - early;
}

/** The instants that a local time means under a policy, ascending: mostly one. */
export function instantsOf(
  zone: TimeZone,
  local: LocalMs,
  { gap, overlap }: { readonly gap: GapPolicy; readonly overlap: OverlapPolicy },
): readonly EpochMs[] {
  const { early, late, shown } = readingsOf(zone, local);
  if (shown.length === 0) {
    if (gap === "skip") return [];
    return [gap === "forward" ? local - early : endOfGap(zone, local, late)];
  }
  if (overlap === "both") return shown;
  return shown.slice(...(overlap === "first" ? [0, 1] : [-1]));
}

interface Readings {
  /** Offsets in force a day before and a day after. */
  readonly early: number;
  readonly late: number;
  /** When the clock shows this local time, ascending. */
  readonly shown: readonly EpochMs[];
}

function readingsOf(zone: TimeZone, local: LocalMs): Readings {
  const early = zone.offsetAt(local - dayMs);
  const late = zone.offsetAt(local + dayMs);
  if (early === late) return { early, late, shown: [local - early] };
  const offsets = [Math.max(early, late), Math.min(early, late)];
  const shown = offsets.map((offset) => local - offset).filter((at) => localTimeAt(zone, at) === local);
  return { early, late, shown };
}

/** The first instant whose reading is later than a local time in a gap, to the second. */
function endOfGap(zone: TimeZone, local: LocalMs, late: number): EpochMs {
  let before = local - late - dayMs;
  let after = local + dayMs;
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (localTimeAt(zone, middle) < local) before = middle;
    else after = middle;
  }
  return after;
}

/** What the zone's clock shows at an instant. */
export function localTimeAt(zone: TimeZone, instant: EpochMs): LocalMs {
  return instant + zone.offsetAt(instant);
}

export const localDayOf = (local: LocalMs): LocalDay => Math.floor(local / dayMs);

/** 0 = Monday … 6 = Sunday. Day 0, 1970-01-01, was a Thursday. */
export const weekDayOf = (day: LocalDay): number => (((day + 3) % 7) + 7) % 7;

/** A month as the count of months since January of the year 0. */
export type MonthNumber = number;

export interface CalendarDate {
  readonly month: MonthNumber;
  /** 1 … 31. */
  readonly dayOfMonth: number;
}

const daysPerEra = 146_097;
const daysFromMarch0ToEpoch = 719_468;

/** Local day of the first day of a month. Counts years from March, so that a leap day ends its year. */
export function firstDayOfMonth(month: MonthNumber): LocalDay {
  const marchMonths = month - 2;
  const year = Math.floor(marchMonths / 12);
  const monthFromMarch = marchMonths - year * 12;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) - daysFromMarch0ToEpoch;
}

export function lengthOfMonth(month: MonthNumber): number {
  return firstDayOfMonth(month + 1) - firstDayOfMonth(month);
}

/** The local day of a date; a day of month beyond the month's end counts on into the next. */
export function dayOfDate(date: CalendarDate): LocalDay {
  return firstDayOfMonth(date.month) + date.dayOfMonth - 1;
}

export function dateOfDay(day: LocalDay): CalendarDate {
  // 400 years are 4,800 months: the estimate is at most one month off.
  let month = Math.floor(((day + daysFromMarch0ToEpoch) * 4_800) / daysPerEra) + 2;
  while (firstDayOfMonth(month) > day) month -= 1;
  while (firstDayOfMonth(month + 1) <= day) month += 1;
  return { month, dayOfMonth: day - firstDayOfMonth(month) + 1 };
}
