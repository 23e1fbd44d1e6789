/** The little of v1's run configuration that decides what a script sees; the rest describes machines and images. */
import { z } from "zod";

const variables = z.record(z.string(), z.coerce.string()).nullish().catch(null);

const shape = z.object({
  environment: z.object({ environmentVariables: variables }).nullish().catch(null),
  environmentVariables: variables,
  maxRunDurationSeconds: z.number().nonnegative().nullish().catch(null),
});

export interface RunConfiguration {
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** 0 = no limit. */
  readonly maxSeconds: number;
}

/** Reads JSON text; anything else says nothing. */
export function readRunConfiguration(text: string | null): RunConfiguration {
  const parsed = shape.safeParse(parseJson(text ?? ""));
  const { environment, environmentVariables, maxRunDurationSeconds } = parsed.success
    ? parsed.data
    : shape.parse({});
  return {
    environmentVariables: { ...environment?.environmentVariables, ...environmentVariables },
    maxSeconds: maxRunDurationSeconds ?? 0,
  };
}

const texts = z.record(z.string(), z.string());

/** Variables as a JSON object or as `name=value;name=value`; undefined when the text is neither. */
export function readEnvironment(text: string): Readonly<Record<string, string>> | undefined {
  if (text.trim() === "") return {};
  if (text.trimStart().startsWith("{")) {
    const parsed = texts.safeParse(parseJson(text));
    return parsed.success ? parsed.data : undefined;
  }
  const pairs = text.split(";").filter((pair) => pair !== "");
  if (!pairs.every((pair) => pair.indexOf("=") > 0)) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
