/**
 * Wall clocks: what a clock on the wall of a time zone shows at an instant, and where it jumps. Pure.
 * Instants are Unix milliseconds; a wall time is the Unix milliseconds at which a clock in UTC would show the same.
 */

export interface TimeZone {
  readonly name: string;
  /** Wall time minus instant, in milliseconds. */
  readonly offsetAt: (instant: number) => number;
}

/** The name is none of the IANA time zone database. */
export class TimeZoneError extends Error {}

export const utc: TimeZone = { name: "UTC", offsetAt: () => 0 };

/** The zone of an IANA name such as `Europe/Berlin`; throws `TimeZoneError` for any other text. */
export function findTimeZone(name: string): TimeZone {
  if (/^(?:UTC|Etc\/UTC)$/i.test(name)) return utc;
  const format = makeFormat(name);
  return { name, offsetAt: (instant) => wallTime(format, instant) - Math.floor(instant / 1000) * 1000 };
}

function makeFormat(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
  } catch {
    throw new TimeZoneError(`'${name}' is not an IANA time zone name such as 'Europe/Berlin'`);
  }
}

function wallTime(format: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

const scanMs = 7 * 86_400_000;

/** The first whole second in (from, to] at which the offset is another than at `from`; null when there is none. */
export function findJump(zone: TimeZone, from: number, to: number): number | null {
  const offset = zone.offsetAt(from);
  for (let before = from; before < to; before += scanMs) {
    const after = Math.min(before + scanMs, to);
    if (zone.offsetAt(after) !== offset) return bisect(zone, before, after, offset);
  }
  return null;
}

function bisect(zone: TimeZone, before: number, after: number, offset: number): number {
  let [low, high] = [before, after];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (zone.offsetAt(middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}
