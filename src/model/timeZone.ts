/**
 * Time zones by Windows or IANA id, and the offset that a zone's clock has at an instant. The data is the
 * one of the running Node's Intl; the machine's own zone plays no part. Source: spec recurrence.md R3, R16.
 *
 * Invariants:
 * 1. Equal arguments give equal results; what is remembered between calls only saves time.
 * 2. What is remembered is bounded, however far apart the instants are that are asked for.
 */
import { windowsZones } from "./windowsZones";

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const dayMs = 86_400_000;

export interface TimeZone {
  /** The id in its official spelling if it is a Windows id, else as it was given. */
  readonly id: string;
  /** Local clock minus UTC at an instant, in milliseconds. */
  offsetAt(instant: EpochMs): number;
  /** The offset that holds all the way from one instant to another, or undefined if the clock changes between. */
  constantOffset(from: EpochMs, to: EpochMs): number | undefined;
}

/** Before this instant every zone keeps the offset that it had here: local mean time never changes. */
const firstInstant: EpochMs = -62_091 * dayMs;
/** Abbreviations that ICU knows besides IANA's names; some mean another place than most readers think. */
const notIana = new Set(
  "act aet agt art ast bet bst cat cnt cst ctt eat ect iet ist jst mit net nst plt pnt prt pst sst vst".split(
    " ",
  ),
);
const ianaForm = /^[a-z][a-z0-9_+-]*(\/[a-z0-9_+-]+)*$/i;
const windowsIds = new Map([...windowsZones.keys()].map((id) => [id.toLowerCase(), id]));
const opened = new Map<string, TimeZone>();
const mostRememberedDays = 1_500;
const mostOpenedZones = 200;

/** The zone of a Windows or IANA id in any case; undefined when there is no such zone. */
export function findTimeZone(text: string): TimeZone | undefined {
  const known = opened.get(text);
  if (known !== undefined) return known;
  const windowsId = windowsIds.get(text.toLowerCase());
  const iana = windowsId === undefined ? text : windowsZones.get(windowsId);
  const format = iana === undefined ? undefined : openFormat(iana);
  if (format === undefined) return undefined;
  const zone = createTimeZone(windowsId ?? text, format);
  if (opened.size >= mostOpenedZones) opened.clear();
  opened.set(text, zone);
  return zone;
}

function openFormat(iana: string): Intl.DateTimeFormat | undefined {
  const folded = iana.toLowerCase();
  if (!ianaForm.test(iana) || notIana.has(folded) || folded.startsWith("systemv/")) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: iana, timeZoneName: "longOffset" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** One UTC day of a zone: the offset at its start, and the change within it if there is one. */
interface ZoneDay {
  readonly offset: number;
  readonly change: { readonly at: EpochMs; readonly offset: number } | null;
}

function createTimeZone(id: string, format: Intl.DateTimeFormat): TimeZone {
  const days = new Map<number, ZoneDay>();
  const dayOf = (day: number): ZoneDay => {
    const known = days.get(day);
    if (known !== undefined) return known;
    if (days.size >= mostRememberedDays) days.clear();
    const read = readDay(format, day);
    days.set(day, read);
    return read;
  };
  return {
    id,
    offsetAt(instant) {
      const { offset, change } = dayOf(Math.floor(instant / dayMs));
      return change !== null && instant >= change.at ? change.offset : offset;
    },
    constantOffset(from, to) {
      const first = dayOf(Math.floor(from / dayMs));
      for (let day = Math.floor(from / dayMs); day * dayMs <= to; day += 1) {
        if (dayOf(day).change !== null) return undefined;
      }
      return first.offset;
    },
  };
}

function readDay(format: Intl.DateTimeFormat, day: number): ZoneDay {
  let before = day * dayMs;
  let after = before + dayMs;
  const offset = readOffset(format, before);
  const changed = readOffset(format, after);
  if (offset === changed) return { offset, change: null };
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (readOffset(format, middle) === offset) before = middle;
    else after = middle;
  }
  return { offset, change: { at: after, offset: changed } };
}

function readOffset(format: Intl.DateTimeFormat, instant: EpochMs): number {
  const text = format.format(Math.max(instant, firstInstant));
  const match = /GMT(?:([+-])(\d{1,2}):?(\d{2})?:?(\d{2})?)?$/.exec(text);
  if (match === null) throw new Error(`Intl gave no offset in "${text}"`);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -size : size;
}
