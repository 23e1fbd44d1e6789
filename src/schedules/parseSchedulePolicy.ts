/** A schedule's policy as a caller sends it: all problems at once, what is absent as in v1. Pure. */
import { parseClockPolicy } from "../model/clockPolicy";
import type { Parsed, Problem } from "../model/problem";
import {
  v1SchedulePolicy,
  whileRunningPolicies,
  type MissedPolicy,
  type RequestedPolicy,
  type SchedulePolicy,
  type WhileRunning,
} from "./schedules";

/** A week, and what one tick can make up for. */
const longestWindowMinutes = 7 * 24 * 60;
const mostMadeUp = 500;

export function parseSchedulePolicy(given: RequestedPolicy): Parsed<SchedulePolicy> {
  const problems: Problem[] = [];
  const report = (field: string, expected: string, received: unknown): void => {
    problems.push({
      code: "InvalidSchedule",
      field,
      expected,
      received: JSON.stringify(received).slice(0, 100),
    });
  };
  const clock = parseClockPolicy(given);
  const missed = readMissed(given.missed ?? v1SchedulePolicy.missed);
  const whileRunning = readWhileRunning(given.whileRunning ?? v1SchedulePolicy.whileRunning);
  if (missed === undefined) {
    const window = `window_minutes 1 to ${longestWindowMinutes} and most 1 to ${mostMadeUp}`;
    report("missed", `kind recent, newest, or all with ${window}`, given.missed);
  }
  if (whileRunning === undefined)
    report("while_running", `one of ${whileRunningPolicies.join(", ")}`, given.whileRunning);
  if (!clock.ok || missed === undefined || whileRunning === undefined)
    return { ok: false, problems: [...(clock.ok ? [] : clock.problems), ...problems] };
  return { ok: true, value: { clock: clock.value, missed, whileRunning } };
}

function readWhileRunning(value: unknown): WhileRunning | undefined {
  return whileRunningPolicies.find((name) => name === value);
}

function readMissed(value: unknown): MissedPolicy | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, windowMinutes, most } = value as Readonly<Record<string, unknown>>;
  if (kind === "recent" || kind === "newest") return { kind };
  const isAll = kind === "all" && isWhole(windowMinutes, longestWindowMinutes) && isWhole(most, mostMadeUp);
  return isAll ? { kind, windowMinutes, most } : undefined;
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most;
}
