/**
 * The rules R4–R14 once more, from the page alone: every day and every step is walked, every local time is looked up on
 * Intl's clock. Slow, and shares no code with the module.
 */
export interface PlainRecurrence {
  readonly frequency: "Minute" | "Hour" | "Day" | "Week" | "Month";
  readonly interval: number;
  /** With minutes only, without fraction; null = counted from creation. */
  readonly start_time: string | null;
  readonly time_zone: string;
  readonly hours?: readonly number[] | null;
  readonly minutes?: readonly number[] | null;
  readonly week_days?: readonly string[] | null;
  readonly includeStart?: boolean;
}

const hour = 3_600_000;
const day = 24 * hour;
const names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the zone's clock shows, as if it were UTC. */
function reading(zone: string, instant: number): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const numeric = { year: "numeric", month: "numeric", day: "numeric" } as const;
    const time = { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
    clock = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...numeric, ...time });
    clocks.set(zone, clock);
  }
  const part = Object.fromEntries(
    clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(
    part["year"]!,
    part["month"]! - 1,
    part["day"],
    part["hour"],
    part["minute"],
    part["second"],
  );
}

function instantOf(zone: string, local: number): number {
  const offsets = [-30, -18, -6, 6, 18, 30].map((hours) => {
    const at = local + hours * hour;
    return reading(zone, at) - at;
  });
  const shown = offsets.map((offset) => local - offset).filter((at) => reading(zone, at) === local);
  return shown.length > 0 ? Math.min(...shown) : local - offsets[0]!;
}

export function slowOccurrences(
  rule: PlainRecurrence,
  createdAt: number,
  after: number,
  count: number,
): readonly number[] {
  const zone = rule.time_zone;
  const mark = Math.max(createdAt, after);
  const hasOffset = rule.start_time !== null && /(Z|[+-]\d\d:\d\d)$/.test(rule.start_time);
  let anchor = Math.floor(createdAt / 1000) * 1000;
  if (rule.start_time !== null)
    anchor = hasOffset ? Date.parse(rule.start_time) : instantOf(zone, Date.parse(`${rule.start_time}Z`));
  const local =
    rule.start_time === null || hasOffset ? reading(zone, anchor) : Date.parse(`${rule.start_time}Z`);
  const found = new Set<number>();
  const isGrid = [rule.hours, rule.minutes, rule.week_days].some((list) => (list ?? []).length > 0);
  for (const slot of isGrid ? grid(rule, anchor, local) : steps(rule, anchor, local)) {
    if (slot > mark) found.add(slot);
    // A day's worth more than asked for, since a skipped time may come after later ones.
    if (found.size > count + 60) break;
  }
  return [...found].sort((one, other) => one - other).slice(0, count);
}

function* steps(rule: PlainRecurrence, anchor: number, local: number): Generator<number> {
  const date = new Date(local);
  const time = local - Math.floor(local / day) * day;
  for (let k = 0; ; k += 1) {
    const n = k * rule.interval;
    if (k === 0) yield anchor;
    else if (rule.frequency === "Minute") yield anchor + n * 60_000;
    else if (rule.frequency === "Hour") yield anchor + n * hour;
    else if (rule.frequency === "Day") yield instantOf(rule.time_zone, local + n * day);
    else if (rule.frequency === "Week") yield instantOf(rule.time_zone, local + 7 * n * day);
    else {
      const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + n + 1, 0));
      const dayOfMonth = Math.min(date.getUTCDate(), last.getUTCDate());
      yield instantOf(rule.time_zone, Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), dayOfMonth) + time);
    }
  }
}

function* grid(rule: PlainRecurrence, anchor: number, local: number): Generator<number> {
  const date = new Date(local);
  const day0 = Math.floor(local / day) * day;
  const monday = day0 - ((date.getUTCDay() + 6) % 7) * day;
  const hours = rule.hours ?? [date.getUTCHours()];
  const minutes = rule.minutes ?? [date.getUTCMinutes()];
  const days = rule.week_days ?? [names[date.getUTCDay()]!];
  for (let index = 0; ; index += 1) {
    const midnight = (rule.frequency === "Week" ? monday : day0) + index * day;
    const period = rule.frequency === "Week" ? Math.floor(index / 7) : index;
    if (period % rule.interval !== 0) continue;
    if (rule.frequency === "Week" && !days.includes(names[new Date(midnight).getUTCDay()]!)) continue;
    for (const h of hours) {
      for (const m of minutes) {
        const slot = instantOf(rule.time_zone, midnight + h * hour + m * 60_000);
        if (slot > anchor || (rule.includeStart === true && slot === anchor)) yield slot;
      }
    }
  }
}
