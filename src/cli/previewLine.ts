/**
 * One line of `sluice schedule preview --stdin`: a recurrence in, its slots out. Pure. Source: spec recurrence.md.
 *
 * Invariants:
 * 1. Every line has exactly one answer, whatever it holds.
 * 2. A refused line says all that is wrong with it.
 */
import { textOfInstant } from "../model/instantText";
import { occurrences } from "../model/occurrences";
import type { Problem } from "../model/problem";
import { parseRecurrence } from "../model/recurrence";
import { parseInstant } from "../model/startTime";

const mostSlots = 1_000_000;

/** The answer to one line, without a line break. */
export function previewLine(line: string): string {
  const problems: Problem[] = [];
  const refuse = (field: string, expected: string, received: unknown): void => {
    const text = (JSON.stringify(received) as string | undefined) ?? "nothing";
    problems.push({ code: "InvalidRecurrence", field, expected, received: text.slice(0, 100) });
  };
  const request = readObject(line);
  if (request === undefined) {
    refuse("line", "one JSON object with recurrence, after and count", line);
    return refusal(problems);
  }
  const recurrence = parseRecurrence(request["recurrence"]);
  const instantAt = (field: string): number => {
    const value = request[field];
    const instant = typeof value === "string" ? parseInstant(value) : undefined;
    if (instant === undefined) refuse(field, "an instant such as 2024-05-17T10:00:00Z", value);
    return instant ?? 0;
  };
  const after = instantAt("after");
  const createdAt =
    request["createdAt"] === undefined || request["createdAt"] === null ? after : instantAt("createdAt");
  const count = request["count"];
  const isCount = typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= mostSlots;
  if (!isCount) refuse("count", `a whole number from 0 to ${mostSlots}`, count);
  if (!recurrence.ok) return refusal([...recurrence.problems, ...problems]);
  if (!isCount || problems.length > 0) return refusal(problems);
  return JSON.stringify(occurrences(recurrence.value, createdAt, after, count).map(textOfInstant));
}

function readObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(problems: readonly Problem[]): string {
  const told = problems.map(({ field, expected, received }) => ({ field, expected, received }));
  return JSON.stringify({ error: { code: "InvalidRecurrence", problems: told } });
}
