/**
 * Names of step attempts and step runs.
 *
 * An attempt is `<run id>.<step id>.<attempt number>`, the instance id of its orchestration as well. A step run
 * id is a UUID whose first twelve hexadecimal digits are those of its run's id, so that one range query over
 * runs finds the run of a step run, without an index row per step.
 */
import { nameBasedId } from "../workspace/ids";

export interface AttemptName {
  readonly runId: string;
  readonly stepId: string;
  /** From 1. */
  readonly attempt: number;
}

export function encodeAttemptId({ runId, stepId, attempt }: AttemptName): string {
  return `${runId}.${stepId}.${attempt}`;
}

/** Throws on anything that `encodeAttemptId` does not make. */
export function parseAttemptId(attemptId: string): AttemptName {
  const [, runId, stepId, attempt] = /^([^.]+)\.([^.]+)\.([1-9]\d*)$/.exec(attemptId) ?? [];
  if (runId === undefined || stepId === undefined || attempt === undefined) {
    throw new Error(`Not an attempt id: ${JSON.stringify(attemptId.slice(0, 200))}`);
  }
  return { runId, stepId, attempt: Number(attempt) };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const prefixLength = "00000000-0000-".length;

/** Run ids are UUIDs in lower case. */
export function isRunId(text: string): boolean {
  return uuid.test(text);
}

/** Whether the id was made of what caused the run (UUID version 5), so that the same cause gives it again. */
export function isNameBasedRunId(runId: string): boolean {
  return runId.charAt(prefixLength) === "5";
}

/** The same run and step always give the same id. */
export function stepRunIdOf(runId: string, stepId: string): string {
  return runId.slice(0, prefixLength) + nameBasedId(runId, stepId).slice(prefixLength);
}

/** What the ids of a step run and of its run begin with; undefined when the text is no id. */
export function runIdPrefix(stepRunId: string): string | undefined {
  return isRunId(stepRunId) ? stepRunId.slice(0, prefixLength) : undefined;
}
