/**
 * NCRONTAB expressions (six fields with seconds, or five without) and constant intervals. Pure.
 *
 * 1. A time matches when every field matches: day of month and day of week are both required.
 * 2. `next` is strictly later than its argument, on a whole second.
 * 3. When clocks go forward, a time that is skipped comes as much later as they jump. When they go back, a schedule whose
 *    second, minute or hour has a star, range or step runs in both passes of the hour, any other in the first alone.
 */
import { findJump, utc, type TimeZone } from "./timeZone";

/** When a timer trigger fires. Instants are Unix milliseconds. */
export interface TimerRule {
  readonly isCron: boolean;
  /** Whether it fires more than once a minute: such timers are never monitored. */
  readonly isSubMinute: boolean;
  readonly next: (after: number) => number;
}

/** The schedule is neither a cron expression nor a time span. */
export class NcrontabError extends Error {}

interface Field {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const fields: readonly Field[] = [
  { label: "second", min: 0, max: 59, names: [] },
  { label: "minute", min: 0, max: 59, names: [] },
  { label: "hour", min: 0, max: 23, names: [] },
  { label: "day of month", min: 1, max: 31, names: [] },
  { label: "month", min: 1, max: 12, names: months },
  { label: "day of week", min: 0, max: 6, names: days },
];
const searchYears = 30;

/**
 * Parses a cron expression, read on the wall clock of `zone`, or a time span `[d.]hh:mm[:ss]`. Throws `NcrontabError`
 * with what is wrong.
 */
export function parseSchedule(text: string, zone: TimeZone = utc): TimerRule {
  const trimmed = text.trim();
  const spanMs = parseSpan(trimmed);
  if (spanMs !== null)
    return { isCron: false, isSubMinute: spanMs < 60_000, next: (after) => after + spanMs };
  const parts = trimmed.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    throw new NcrontabError(
      `the schedule '${text}' has ${trimmed === "" ? 0 : parts.length} fields; a cron expression has 5 or 6`,
    );
  }
  const all = parts.length === 5 ? ["0", ...parts] : parts;
  const sets = fields.map((field, index) => parseField(field, all[index] ?? "*", text));
  const [seconds = []] = sets;
  const cron: Cron = {
    seconds,
    minutes: sets[1] ?? [],
    hours: sets[2] ?? [],
    days: sets[3] ?? [],
    months: sets[4] ?? [],
    weekdays: sets[5] ?? [],
  };
  const nextWall: NextWall = (from) => nextMatch(cron, from, text);
  const isRepeating = all.slice(0, 3).some((field) => /[-*/]/.test(field));
  const next =
    zone === utc
      ? (after: number) => nextWall(firstSecondAfter(after))
      : (after: number) => nextInZone(nextWall, zone, isRepeating, after);
  return { isCron: true, isSubMinute: seconds.length > 1, next };
}

/** The first wall time at or after `from`, a whole second, that matches. */
type NextWall = (from: number) => number;

function firstSecondAfter(instant: number): number {
  return Math.floor(instant / 1000) * 1000 + 1000;
}

function nextInZone(nextWall: NextWall, zone: TimeZone, isRepeating: boolean, after: number): number {
  let from = firstSecondAfter(after);
  for (;;) {
    const offset = zone.offsetAt(from);
    const found = nextWall(from + offset) - offset;
    const jump = findJump(zone, from, found);
    if (jump === null) {
      if (isRepeating || !isSecondPass(zone, found)) return found;
      from = found + 1000;
    } else if (found < jump + zone.offsetAt(jump) - offset) return found;
    else from = jump;
  }
}

const longestRepeatMs = 3 * 3_600_000;

/** Whether clocks went back shortly before, so that they show this time again. */
function isSecondPass(zone: TimeZone, instant: number): boolean {
  const before = zone.offsetAt(instant - longestRepeatMs);
  const back = before - zone.offsetAt(instant);
  return back > 0 && zone.offsetAt(instant - back) === before;
}

function parseSpan(text: string): number | null {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text);
  if (match === null) return null;
  const [, d = "0", h = "0", m = "0", s = "0", fraction = "0"] = match;
  const ms = Math.round(
    (((Number(d) * 24 + Number(h)) * 60 + Number(m)) * 60 + Number(s) + Number(`0.${fraction}`)) * 1000,
  );
  if (ms < 1) throw new NcrontabError(`the schedule '${text}' is no time at all`);
  return ms;
}

function parseField(field: Field, text: string, schedule: string): readonly number[] {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:\/(\d+))?$/.exec(part);
    const step = match?.[3] === undefined ? 1 : Number(match[3]);
    const range =
      match === null || step < 1 ? null : parseRange(field, match[1] ?? "", match[2], match[3] !== undefined);
    if (range === null)
      throw new NcrontabError(`the schedule '${schedule}' has '${part}' as its ${field.label}`);
    for (let value = range[0]; value <= range[1]; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function parseRange(
  field: Field,
  from: string,
  to: string | undefined,
  hasStep: boolean,
): readonly [number, number] | null {
  if (from === "*") return to === undefined ? [field.min, field.max] : null;
  const first = parseValue(field, from);
  const last = to === undefined ? (hasStep ? field.max : first) : parseValue(field, to);
  return first === null || last === null || last < first ? null : [first, last];
}

function parseValue(field: Field, text: string): number | null {
  const name = field.names.indexOf(text.toUpperCase());
  if (name >= 0) return field.min + name;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : null;
}

interface Cron {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
}

function nextMatch(cron: Cron, earliest: number, text: string): number {
  const start = new Date(earliest);
  const lastYear = start.getUTCFullYear() + searchYears;
  let day = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  for (;;) {
    const date = new Date(day);
    if (date.getUTCFullYear() > lastYear) throw new NcrontabError(`the schedule '${text}' never fires`);
    if (!cron.months.includes(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      continue;
    }
    if (cron.days.includes(date.getUTCDate()) && cron.weekdays.includes(date.getUTCDay())) {
      const found = nextInDay(cron, Math.max(0, earliest - day) / 1000);
      if (found !== null) return day + found * 1000;
    }
    day += 86_400_000;
  }
}

function nextInDay(cron: Cron, from: number): number | null {
  for (const hour of cron.hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of cron.minutes) {
      const base = hour * 3600 + minute * 60;
      if (base + 59 < from) continue;
      const second = cron.seconds.find((each) => base + each >= from);
      if (second !== undefined) return base + second;
    }
  }
  return null;
}
