/** Settings of runs: how submissions are taken and how many runs of one pipeline are at work. */
import type { Problem } from "../model/problem";

export interface RunsConfig {
  /** What becomes of parameters that the pipeline does not have, where the submission itself does not say. */
  readonly unknownParameters: UnknownParameters;
  /** How many runs of one pipeline may be at work at once, where the pipeline does not say; null = no limit. */
  readonly runsAtOnce: number | null;
}

/** `refuse` answers 400 with the list of known ones; `ignore` runs without them and records their names on the run. */
export type UnknownParameters = "refuse" | "ignore";

export function isUnknownParameters(text: string): text is UnknownParameters {
  return text === "refuse" || text === "ignore";
}

/** Most runs of one pipeline that a limit can allow: their ids lie in one row. */
export const mostRunsAtOnce = 500;

/** A limit of runs at once as a setting or a pipeline's property says it; undefined = it makes no sense. */
export function readRunsAtOnce(text: string): number | undefined {
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= mostRunsAtOnce ? Number(text) : undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Problems go to `problems`; what is wrong has its default. */
export function parseRunsConfig(env: Environment, problems: Problem[]): RunsConfig {
  const read = <T>(
    field: string,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T | undefined => {
    const text = env[field];
    if (text === undefined || text === "") return undefined;
    const value = parse(text);
    if (value !== undefined) return value;
    problems.push({ code: "SettingInvalid", field, expected, received: text.slice(0, 80) });
    return undefined;
  };
  return {
    unknownParameters:
      read("SLUICE_UNKNOWN_PARAMETERS", "refuse or ignore", (text) =>
        isUnknownParameters(text) ? text : undefined,
      ) ?? "refuse",
    runsAtOnce:
      read("SLUICE_RUNS_AT_ONCE", `a whole number from 1 to ${mostRunsAtOnce}`, readRunsAtOnce) ?? null,
  };
}
