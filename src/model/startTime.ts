/**
 * `start_time` of a recurrence: `YYYY-MM-DDThh:mm[:ss]`, optionally with `Z` or `±hh:mm`. A fraction of a second is
 * dropped; a date or time that does not exist is no start time. Source: spec recurrence.md R2, R6.
 */
import { dayOfDate, instantOf, lengthOfMonth, localTimeAt, type LocalMs } from "./localTime";
import { dayMs, type EpochMs, type TimeZone } from "./timeZone";

export interface StartTime {
  /** The date and time as written. */
  readonly written: LocalMs;
  /** The written offset in milliseconds, `Z` = 0; null = local time of the recurrence's zone. */
  readonly offset: number | null;
}

/** The instant that a recurrence is counted from, and its date and time in the recurrence's zone. */
export interface Anchor {
  readonly instant: EpochMs;
  readonly local: LocalMs;
}

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:(Z)|([+-])(\d\d):(\d\d))?$/;

export function parseStartTime(text: string): StartTime | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? "0");
  const month = part(1) * 12 + part(2) - 1;
  const exists = part(2) >= 1 && part(2) <= 12 && part(3) >= 1 && part(3) <= lengthOfMonth(month);
  if (!exists || part(4) > 23 || part(5) > 59 || part(6) > 59 || part(9) > 23 || part(10) > 59)
    return undefined;
  const timeOfDay = (part(4) * 3600 + part(5) * 60 + part(6)) * 1000;
  return { written: dayOfDate({ month, dayOfMonth: part(3) }) * dayMs + timeOfDay, offset: offsetOf(match) };
}

/** The instant of `YYYY-MM-DDThh:mm[:ss[.fraction]]` with `Z` or an offset, in whole milliseconds; undefined otherwise. */
export function parseInstant(text: string): EpochMs | undefined {
  const start = parseStartTime(text);
  if (start === undefined || start.offset === null) return undefined;
  const fraction = /\.\d+/.exec(text)?.[0] ?? "0";
  return start.written - start.offset + Math.floor(Number(fraction) * 1000);
}

function offsetOf(match: RegExpExecArray): number | null {
  const [, , , , , , , zulu, sign, hours, minutes] = match;
  if (zulu !== undefined) return 0;
  if (sign === undefined) return null;
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "-" ? -size : size;
}

/** Without an offset the start time is local time of the zone, with one it is that instant (R6). */
export function anchorAtStart(start: StartTime, zone: TimeZone): Anchor {
  if (start.offset === null) return { instant: instantOf(zone, start.written), local: start.written };
  return anchorAt(start.written - start.offset, zone);
}

/** Without a start time the anchor is the creation instant, cut to whole seconds (R6). */
export function anchorAtCreation(createdAt: EpochMs, zone: TimeZone): Anchor {
  return anchorAt(Math.floor(createdAt / 1000) * 1000, zone);
}

function anchorAt(instant: EpochMs, zone: TimeZone): Anchor {
  return { instant, local: localTimeAt(zone, instant) };
}
