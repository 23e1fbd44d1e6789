/** How anything that came over the wire becomes a value: parsed once, every problem reported at once. */
import type { z } from "zod";

/** One thing that is wrong with a body; `field` is a dotted path in the sender's own keys. */
export interface WireProblem {
  readonly code: string;
  readonly field: string;
  readonly expected: string;
  readonly received: string;
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly WireProblem[] };

/** Decodes `body` by `schema`; unknown keys are ignored. Every problem has the code `InvalidField`. */
export function decodeBySchema<T>(schema: z.ZodType<T>, body: unknown): Decoded<T> {
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.map((issue) => problemOf(issue, body)) };
}

function problemOf(issue: z.core.$ZodIssue, body: unknown): WireProblem {
  return {
    code: "InvalidField",
    field: issue.path.map(String).join(".") || "body",
    expected: expectation(issue),
    received: describe(valueAt(body, issue.path)),
  };
}

/** The first sentence a person can act on: a union says what all its members say. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return article(issue.expected);
  if (issue.code === "invalid_union" && issue.message === "Invalid input") {
    const branches = issue.errors.flatMap((errors) => errors.slice(0, 1).map(expectation));
    return [...new Set(branches)].join(" or ") || issue.message;
  }
  return issue.message;
}

function article(noun: string): string {
  if (noun === "record") return "an object";
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<PropertyKey, unknown>)[key];
  }, body);
}

/** What came, by kind; short plain values are quoted, larger ones are not, because they may hold secrets. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" && value.length > 60) return `a text of ${value.length} characters`;
  return JSON.stringify(value);
}
