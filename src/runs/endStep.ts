/** The terminal row of a step, from how its last attempt ended. Pure. */
import type { Collected } from "../compute/computeTarget";
import { withStderr, type AttemptEnd } from "./decideStep";
import { fittingTags } from "./fittingTags";
import { cutText } from "./rowText";
import type { StoredStep } from "./stepRow";

export interface StepEnding {
  readonly end: AttemptEnd;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** null when nothing ran. */
  readonly collected: Collected | null;
}

const longestReason = 4_000;
const longestLine = 500;
const mostWarnings = 10;

/** `warnings` come beside those of the attempt; `now` stands in for an end that the target did not record. */
export function endStep(
  step: StoredStep,
  { end, startedAt, finishedAt, collected }: StepEnding,
  warnings: readonly string[],
  now: string,
): StoredStep {
  const fitting = fittingTags({}, collected?.tags ?? {});
  const told = [...fitting.warnings, ...warnings, ...(collected?.warnings ?? [])];
  return {
    ...step,
    record: {
      ...step.record,
      status: end.status,
      startedAt: startedAt ?? step.record.startedAt,
      endedAt: finishedAt ?? now,
      exitCode: end.exitCode,
      reason: reasonOf(end, collected),
      lastLogLine: cutText(collected?.lastLogLine ?? step.record.lastLogLine, longestLine),
      usage: collected?.usage ?? null,
      warnings: told.slice(0, mostWarnings).map((text) => cutText(text, longestLine)),
      tags: fitting.tags,
    },
  };
}

function reasonOf(end: AttemptEnd, collected: Collected | null): string | null {
  if (end.status === "finished") return null;
  const reason = end.status === "failed" ? withStderr(end.reason, collected?.stderrTail ?? "") : end.reason;
  return cutText(reason, longestReason);
}
