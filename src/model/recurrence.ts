/**
 * A recurrence as a caller writes it, parsed once into one plain form. When it fires is the business of
 * `occurrences`. Source: spec recurrence.md R1–R3.
 *
 * Invariants of a `Recurrence`:
 * 1. `schedule` is null unless the frequency is Day or Week, its `weekDays` are null unless it is Week.
 * 2. A list is never empty, ascends, and names nothing twice; a `schedule` has at least one.
 * 3. `startTime` is a date that exists, `timeZone` a zone that exists.
 * 4. Its own JSON parses to an equal recurrence.
 */
import type { Parsed, Problem } from "./problem";
import { parseStartTime } from "./startTime";
import { findTimeZone } from "./timeZone";

export const frequencies = ["Month", "Week", "Day", "Hour", "Minute"] as const;
export type Frequency = (typeof frequencies)[number];

export const weekDays = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;
export type WeekDay = (typeof weekDays)[number];

export interface Recurrence {
  readonly frequency: Frequency;
  /** Whole number of units from 1. */
  readonly interval: number;
  /** As the caller wrote it, with or without an offset; null = counted from the creation of the schedule. */
  readonly startTime: string | null;
  /** A Windows id in its official spelling or an IANA name as written; null = UTC. */
  readonly timeZone: string | null;
  readonly schedule: RecurrenceGrid | null;
  /** Whether a grid point equal to the start time is a slot. Default false, as v1. */
  readonly includeStart: boolean;
}

/** Every hour with every minute on every admitted day; what is null is the anchor's. */
export interface RecurrenceGrid {
  readonly hours: readonly number[] | null;
  readonly minutes: readonly number[] | null;
  readonly weekDays: readonly WeekDay[] | null;
}

type Field =
  | "frequency"
  | "interval"
  | "start_time"
  | "time_zone"
  | "schedule"
  | "hours"
  | "minutes"
  | "week_days"
  | "time_of_day"
  | "includeStart";

const listFields: readonly Field[] = ["hours", "minutes", "week_days"];
const outerFields: readonly Field[] = [
  ...listFields,
  "frequency",
  "interval",
  "start_time",
  "time_zone",
  "schedule",
  "time_of_day",
  "includeStart",
];

type Given = ReadonlyMap<Field, unknown>;
type Report = (field: string, expected: string, received: unknown) => void;

/** Accepts every spelling of R1; reports all problems at once, in v1's names of the fields or as received. */
export function parseRecurrence(input: unknown): Parsed<Recurrence> {
  const problems: Problem[] = [];
  const report: Report = (field, expected, received) => {
    problems.push({ code: "InvalidRecurrence", field, expected, received: shorten(received) });
  };
  const given = readFields(input, report);
  const value = given === undefined ? undefined : readRecurrence(given, report);
  return value === undefined || problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/** Whether two recurrences say the same in the same words; if not, an edit replaces the recurrence (R14). */
export function sameRecurrence(one: Recurrence, other: Recurrence): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));
}

function ordered(value: Recurrence): readonly unknown[] {
  const { frequency, interval, startTime, timeZone, schedule, includeStart } = value;
  const lists = [schedule?.hours ?? null, schedule?.minutes ?? null, schedule?.weekDays ?? null];
  return [frequency, interval, startTime, timeZone, ...lists, includeStart];
}

function readRecurrence(given: Given, report: Report): Recurrence | undefined {
  const frequency = readFrequency(given.get("frequency"), report);
  const interval = readInterval(given.get("interval"), report);
  const schedule = readGrid(given, report);
  const startTime = readStartTime(given.get("start_time"), report);
  const timeZone = readTimeZone(given.get("time_zone"), report);
  const includeStart = readBoolean("includeStart", given, report);
  if (frequency !== undefined) checkFields(frequency, given, report);
  if (frequency === undefined || interval === undefined) return undefined;
  return { frequency, interval, startTime, timeZone, schedule, includeStart };
}

function readGrid(given: Given, report: Report): RecurrenceGrid | null {
  const time = readTimeOfDay(given, report);
  const hours = readNumbers("hours", 23, given, report) ?? time?.hours ?? null;
  const minutes = readNumbers("minutes", 59, given, report) ?? time?.minutes ?? null;
  const days = readWeekDays(given.get("week_days"), report);
  return hours === null && minutes === null && days === null ? null : { hours, minutes, weekDays: days };
}

/** Which lists a frequency admits. */
function checkFields(frequency: Frequency, given: Given, report: Report): void {
  const hasTimes = frequency === "Day" || frequency === "Week";
  for (const field of ["hours", "minutes", "time_of_day"] as const) {
    if (!hasTimes && given.has(field))
      report(field, "given only with frequency Day or Week", given.get(field));
  }
  if (frequency !== "Week" && given.has("week_days")) {
    report("week_days", "given only with frequency Week", given.get("week_days"));
  }
}

/** The given fields, those inside `schedule` beside the others. */
function readFields(input: unknown, report: Report): Given | undefined {
  if (!isObject(input)) {
    report("recurrence", "an object with frequency and interval", input);
    return undefined;
  }
  const outer = readKeys(input, outerFields, report);
  const block = outer.get("schedule");
  if (block === undefined) return outer;
  if (!isObject(block)) {
    report("schedule", "an object with hours, minutes or week_days", block);
    return outer;
  }
  const inner = readKeys(block, listFields, report);
  const outside = listFields.filter((field) => outer.has(field));
  if (inner.size > 0 && outside.length > 0) {
    report(
      "schedule",
      `all lists inside schedule or all beside frequency; ${outside.join(", ")} is beside`,
      block,
    );
  }
  return new Map([...outer, ...inner]);
}

function readKeys(object: object, known: readonly Field[], report: Report): Given {
  const fields = new Map<Field, unknown>();
  for (const [key, value] of Object.entries(object)) {
    const field = known.find((name) => fold(name) === fold(key));
    if (field === undefined) report(key, `one of ${known.join(", ")}`, value);
    else if (isGiven(value) && fields.has(field)) report(field, "given once", key);
    else if (isGiven(value)) fields.set(field, value);
  }
  return fields;
}

const fold = (key: string): string => key.toLowerCase().replaceAll("_", "");

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

function readFrequency(value: unknown, report: Report): Frequency | undefined {
  const frequency = named(frequencies, value);
  if (frequency === undefined) report("frequency", `one of ${frequencies.join(", ")}`, value);
  return frequency;
}

/** A member of a v1 enumeration: its name in any case, or its code as a number or digit. */
function named<Name extends string>(names: readonly Name[], value: unknown): Name | undefined {
  if (typeof value === "number") return names[value];
  if (typeof value !== "string") return undefined;
  if (/^\d$/.test(value)) return names[Number(value)];
  return names.find((name) => name.toLowerCase() === value.toLowerCase());
}

function readInterval(value: unknown, report: Report): number | undefined {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  report("interval", "a whole number from 1", value);
  return undefined;
}

function readNumbers(
  field: "hours" | "minutes",
  most: number,
  given: Given,
  report: Report,
): readonly number[] | undefined {
  const value = given.get(field);
  if (value === undefined) return undefined;
  const isMember = (item: unknown): item is number =>
    typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= most;
  if (!Array.isArray(value) || !value.every(isMember)) {
    report(field, `a list of whole numbers from 0 to ${most}`, value);
    return undefined;
  }
  return [...new Set(value)].sort((one, other) => one - other);
}

function readWeekDays(value: unknown, report: Report): readonly WeekDay[] | null {
  if (value === undefined) return null;
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const days = items.map((item) => named(weekDays, item));
  if (!Array.isArray(value) || days.includes(undefined)) {
    report("week_days", `a list of ${weekDays.join(", ")}`, value);
    return null;
  }
  return weekDays.filter((day) => days.includes(day));
}

function readTimeOfDay(
  given: Given,
  report: Report,
): { readonly hours: readonly number[]; readonly minutes: readonly number[] } | undefined {
  const value = given.get("time_of_day");
  if (value === undefined) return undefined;
  if (given.has("hours") || given.has("minutes")) {
    report("time_of_day", "not given together with hours or minutes", value);
  }
  const match = typeof value === "string" ? /^(\d{1,2}):(\d\d)$/.exec(value) : null;
  const [hour, minute] = [Number(match?.[1]), Number(match?.[2])];
  if (hour <= 23 && minute <= 59) return { hours: [hour], minutes: [minute] };
  report("time_of_day", "h:mm or hh:mm from 0:00 to 23:59", value);
  return undefined;
}

function readStartTime(value: unknown, report: Report): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && parseStartTime(value) !== undefined) return value;
  report("start_time", "an existing date and time, YYYY-MM-DDThh:mm[:ss] with or without Z or ±hh:mm", value);
  return null;
}

function readTimeZone(value: unknown, report: Report): string | null {
  if (value === undefined) return null;
  const zone = typeof value === "string" ? findTimeZone(value) : undefined;
  if (zone !== undefined) return zone.id;
  report("time_zone", "a Windows time zone id or an IANA name", value);
  return null;
}

function readBoolean(field: Field, given: Given, report: Report): boolean {
  const value = given.get(field);
  if (value === undefined || typeof value === "boolean") return value ?? false;
  report(field, "true or false", value);
  return false;
}

function shorten(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
