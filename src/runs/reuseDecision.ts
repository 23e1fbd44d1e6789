/**
 * Says whether a step runs or an equal earlier step's result stands in for it, and why. Pure.
 *
 * Invariants (spec azureml-v1.md §2.8):
 * 1. A result is reused only when its step finished and every output is as it was recorded.
 * 2. Of equal steps at work at once one runs and the others wait, unless one was told to run in any case.
 * 3. Every answer has a reason in plain words; that of a changed step names the parts of the key that differ.
 */
import { assertNever } from "../model/assertNever";
import type { PlannedReuse } from "./plan";
import { cutText } from "./rowText";

/** What has become of the step that was the last to compute, or to begin computing, the same key. */
export type EqualStep =
  | { readonly status: "none" }
  /** This very step: it claimed the key and was interrupted. */
  | { readonly status: "itself"; readonly reason: string }
  | { readonly status: "active"; readonly runId: string; readonly stepName: string }
  /** It finished; `damage` is what is wrong with its outputs since, null when nothing is. */
  | { readonly status: "finished"; readonly runId: string; readonly damage: string | null }
  /** It failed, was cancelled or was skipped. */
  | { readonly status: "broken"; readonly runId: string; readonly ending: string }
  /** Its run was removed. */
  | { readonly status: "gone" };

export type LastKey =
  | { readonly status: "none" }
  | { readonly status: "same" }
  | { readonly status: "other"; readonly differences: readonly string[] };

export interface ReuseView {
  readonly planned: PlannedReuse;
  readonly equal: EqualStep;
  /** The key with which this step of the pipeline came the last time. */
  readonly last: LastKey;
}

export type ReuseDecision =
  | { readonly kind: "reuse"; readonly reason: string }
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "run"; readonly reason: string };

export function decideReuse({ planned, equal, last }: ReuseView): ReuseDecision {
  if (planned === "never") return run("allow_reuse is false");
  if (planned === "regenerate") return run("regenerate_outputs was asked for");
  switch (equal.status) {
    case "finished":
      return equal.damage === null ? reuse(equal.runId) : run(equal.damage);
    case "active":
      return { kind: "wait", reason: `waits for the equal step ${equal.stepName} of run ${equal.runId}` };
    case "broken":
      return run(last.status === "other" ? differing(last) : `in run ${equal.runId} it ${equal.ending}`);
    case "gone":
      return run(last.status === "other" ? differing(last) : "the run that computed it was removed");
    case "itself":
      return run(equal.reason);
    case "none":
      return run(withoutEqual(last));
    default:
      return assertNever(equal);
  }
}

function reuse(runId: string): ReuseDecision {
  return { kind: "reuse", reason: `nothing changed since run ${runId}` };
}

function run(reason: string): ReuseDecision {
  return { kind: "run", reason };
}

function withoutEqual(last: LastKey): string {
  switch (last.status) {
    case "none":
      return "never run before";
    case "same":
      return "nothing changed, but no result is kept";
    case "other":
      return differing(last);
  }
}

const mostTold = 5;
const longestReason = 1_000;

function differing({ differences }: Extract<LastKey, { status: "other" }>): string {
  const told = differences.slice(0, mostTold).map((text) => cutText(text, 180));
  const more = differences.length - told.length;
  return cutText([...told, ...(more > 0 ? [`and ${more} more`] : [])].join(", "), longestReason);
}
