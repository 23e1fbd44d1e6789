/** Limits that a published pipeline sets for its runs, as properties that it is published with. Pure. */
import type { Problem } from "../model/problem";
import { mostRunsAtOnce, readRunsAtOnce } from "../workspace/runsConfig";

export interface RunLimits {
  /** How many of its runs may be at work at once; null = what the settings say. */
  readonly runsAtOnce: number | null;
  /** Longest time from a run's start to its end; null = no limit. */
  readonly timeoutMs: number | null;
}

type Properties = Readonly<Record<string, string>>;

const names = { runsAtOnce: "sluice.runsAtOnce", timeoutSeconds: "sluice.timeoutSeconds" };
const longestSeconds = 30 * 24 * 3_600;

/** A property that makes no sense limits nothing: `limitProblems` refused it when the pipeline was published. */
export function runLimits(properties: Properties): RunLimits {
  const runsAtOnce = properties[names.runsAtOnce];
  const seconds = properties[names.timeoutSeconds];
  const timeoutSeconds = seconds === undefined ? undefined : readSeconds(seconds);
  return {
    runsAtOnce: (runsAtOnce === undefined ? undefined : readRunsAtOnce(runsAtOnce)) ?? null,
    timeoutMs: timeoutSeconds === undefined ? null : timeoutSeconds * 1000,
  };
}

export function limitProblems(properties: Properties): readonly Problem[] {
  const check = (name: string, expected: string, isGood: (text: string) => boolean): Problem[] => {
    const text = properties[name];
    if (text === undefined || isGood(text)) return [];
    return [{ code: "InvalidField", field: `Properties.${name}`, expected, received: text.slice(0, 80) }];
  };
  return [
    ...check(
      names.runsAtOnce,
      `a whole number from 1 to ${mostRunsAtOnce}`,
      (text) => readRunsAtOnce(text) !== undefined,
    ),
    ...check(
      names.timeoutSeconds,
      `seconds above 0, at most ${longestSeconds}`,
      (text) => readSeconds(text) !== undefined,
    ),
  ];
}

function readSeconds(text: string): number | undefined {
  const seconds = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= longestSeconds ? seconds : undefined;
}
