/**
 * What v1's recurrence leaves open and a schedule may choose: times that the clock skips or shows twice, an end, and
 * dates on which nothing runs. The default is what recurrence.md says (R4, R5), without end and exclusions.
 *
 * Invariants:
 * 1. Whatever is not said is as in v1.
 * 2. Dates ascend, are named once, and exist; the end is a time that exists.
 */
import type { Parsed, Problem } from "./problem";
import { parseStartTime } from "./startTime";

/** `forward` by the length of the gap, `skip` the slot, or the `firstValid` instant after the gap. */
export const gapPolicies = ["forward", "skip", "firstValid"] as const;
export type GapPolicy = (typeof gapPolicies)[number];

/** Which pass of a local time that the clock shows twice. */
export const overlapPolicies = ["first", "last", "both"] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

export interface ClockPolicy {
  readonly gap: GapPolicy;
  readonly overlap: OverlapPolicy;
  /** Last time that may be a slot, in the form of `start_time`; null = no end. */
  readonly endTime: string | null;
  /** Local dates, `YYYY-MM-DD`; a slot belongs to the date on which it is written, or falls where nothing is written. */
  readonly excludedDates: readonly string[];
}

export const v1ClockPolicy: ClockPolicy = {
  gap: "forward",
  overlap: "first",
  endTime: null,
  excludedDates: [],
};

const mostDates = 1_000;

/** What of a policy was given; absent = as in v1. */
export type GivenClockPolicy = { readonly [Key in keyof ClockPolicy]?: unknown };

/** Reports all problems at once. */
export function parseClockPolicy(given: GivenClockPolicy): Parsed<ClockPolicy> {
  const problems: Problem[] = [];
  const report = (field: string, expected: string, received: unknown): void => {
    const text = (JSON.stringify(received) as string | undefined) ?? "nothing";
    problems.push({ code: "InvalidSchedule", field, expected, received: text.slice(0, 100) });
  };
  const choose = <Name extends string>(
    field: string,
    names: readonly Name[],
    value: unknown,
    other: Name,
  ): Name => {
    const found = names.find((name) => name === value);
    if (found === undefined && isGiven(value)) report(field, `one of ${names.join(", ")}`, value);
    return found ?? other;
  };
  const policy: ClockPolicy = {
    gap: choose("gap", gapPolicies, given.gap, v1ClockPolicy.gap),
    overlap: choose("overlap", overlapPolicies, given.overlap, v1ClockPolicy.overlap),
    endTime: isGiven(given.endTime) ? String(given.endTime) : null,
    excludedDates: readDates(given.excludedDates ?? []) ?? [],
  };
  if (policy.endTime !== null && parseStartTime(policy.endTime) === undefined)
    report("end_time", "an existing date and time in the form of start_time", given.endTime);
  if (readDates(given.excludedDates ?? []) === undefined)
    report(
      "excluded_dates",
      `a list of at most ${mostDates} existing dates, YYYY-MM-DD`,
      given.excludedDates,
    );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: policy };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

function readDates(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > mostDates) return undefined;
  const isDate = (item: unknown): item is string =>
    typeof item === "string" && item.length === 10 && parseStartTime(`${item}T00:00`) !== undefined;
  return value.every(isDate) ? [...new Set(value)].sort() : undefined;
}
