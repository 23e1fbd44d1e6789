/**
 * Says what a run should do next, and why. Pure: the same states in any order give the same answer, and acting
 * on it twice is acting on it once, because a step that moved on is no longer named.
 *
 * Invariants (spec azureml-v1.md §2.3, §2.4):
 * 1. A step is started only when every predecessor is `finished`, and then at once.
 * 2. A step that will never run is skipped with a reason that names the step or rule.
 * 3. Without continueOnStepFailure a broken step stops everything: waiting steps are skipped, active ones
 *    cancelled. With it only the steps that depend on the broken one, directly or not, are skipped.
 * 4. A cancel of the run outweighs everything: its outcome is `canceled`, whatever the steps became.
 * 5. A run past its time limit starts nothing more: waiting steps are skipped, active ones cancelled, and it fails
 *    unless every step had finished.
 * 6. An outcome is given only when no step is active and none is left to start; skips named beside it belong
 *    before it.
 * 7. All lists are ordered by step id.
 */
import type { StepStatus, TerminalRunStatus } from "../model/runStatus";

/** The part of a plan that decisions need. */
export interface StepGraph {
  readonly continueOnStepFailure: boolean;
  /** Longest time from start to end; null = no limit. */
  readonly timeoutMs: number | null;
  readonly steps: readonly {
    readonly stepId: string;
    readonly name: string;
    /** Ids of the steps that must be finished first, by data or by `run_after`. */
    readonly predecessors: readonly string[];
  }[];
}

export interface StepState {
  readonly stepId: string;
  readonly status: StepStatus;
  readonly reason: string | null;
}

export interface StepVerdict {
  readonly stepId: string;
  readonly reason: string;
}

export interface Decision {
  readonly start: readonly string[];
  readonly skip: readonly StepVerdict[];
  /** Active steps that must end; named again until they have. */
  readonly cancel: readonly StepVerdict[];
  /** null while the run goes on. */
  readonly outcome: null | { readonly status: TerminalRunStatus; readonly reason: string | null };
}

/** `overdue`: running, and past its time limit. */
export type DecidedStatus = "running" | "canceling" | "overdue";

/** Every step of the graph must have one state; anything else is a bug and throws. */
export function decide(graph: StepGraph, states: readonly StepState[], runStatus: DecidedStatus): Decision {
  const view = viewOf(graph, states);
  const rule = stopRule(view, runStatus);
  const blocked = rule === null ? blockedSteps(view) : new Map<string, string>();
  const decision: { start: string[]; skip: StepVerdict[]; cancel: StepVerdict[] } = {
    start: [],
    skip: [],
    cancel: [],
  };
  for (const stepId of view.ids) {
    const { status } = view.state(stepId);
    const reason = rule ?? blocked.get(stepId);
    if (status === "queued" || status === "running") {
      if (rule !== null) decision.cancel.push({ stepId, reason: rule });
    } else if (status === "waiting") {
      if (reason !== undefined) decision.skip.push({ stepId, reason });
      else if (view.isReady(stepId)) decision.start.push(stepId);
    }
  }
  return { ...decision, outcome: outcomeOf(view, decision, runStatus) };
}

interface View {
  readonly graph: StepGraph;
  /** All step ids in order. */
  readonly ids: readonly string[];
  /** Failed steps first, then cancelled ones, each in order of id. */
  readonly broken: readonly StepState[];
  state(stepId: string): StepState;
  label(stepId: string): string;
  isReady(stepId: string): boolean;
}

function viewOf(graph: StepGraph, states: readonly StepState[]): View {
  const byId = new Map(states.map((state) => [state.stepId, state]));
  const steps = new Map(graph.steps.map((step) => [step.stepId, step]));
  const state = (stepId: string): StepState => {
    const found = byId.get(stepId);
    if (found === undefined) throw new Error(`step ${stepId} has no state`);
    return found;
  };
  const ids = [...steps.keys()].sort(byCodeUnit);
  const having = (status: StepStatus) => ids.map(state).filter((one) => one.status === status);
  return {
    graph,
    ids,
    broken: [...having("failed"), ...having("canceled")],
    state,
    label: (stepId) => labelOf(stepId, steps.get(stepId)?.name),
    isReady: (stepId) =>
      (steps.get(stepId)?.predecessors ?? []).every((before) => state(before).status === "finished"),
  };
}

/** How people recognise a step: its name, with the id where that says more. */
function labelOf(stepId: string, name: string | undefined): string {
  return name === undefined || name === stepId ? stepId : `${name} (${stepId})`;
}

/** The rule that stops the whole run, or null. */
function stopRule(view: View, runStatus: DecidedStatus): string | null {
  if (runStatus === "canceling") return "the run was canceled";
  if (runStatus === "overdue")
    return `the run reached its time limit of ${(view.graph.timeoutMs ?? 0) / 1000} s`;
  const first = view.broken[0];
  if (first === undefined || view.graph.continueOnStepFailure) return null;
  return `step ${view.label(first.stepId)} ${ending(first)}, and the run stops when a step fails`;
}

function ending(state: StepState): string {
  return state.status === "failed" ? "failed" : "was canceled";
}

/** Steps that can never run, with the reason: everything behind a broken step. */
function blockedSteps(view: View): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  if (view.broken.length === 0) return reasons;
  const successors = new Map<string, string[]>();
  for (const { stepId, predecessors } of view.graph.steps) {
    for (const before of predecessors) {
      const known = successors.get(before);
      if (known === undefined) successors.set(before, [stepId]);
      else known.push(stepId);
    }
  }
  for (const root of view.broken) {
    const reason = `needs step ${view.label(root.stepId)}, which ${ending(root)}`;
    const reached = [root.stepId];
    for (let next = reached.pop(); next !== undefined; next = reached.pop()) {
      for (const stepId of successors.get(next) ?? []) {
        if (reasons.has(stepId)) continue;
        reasons.set(stepId, reason);
        reached.push(stepId);
      }
    }
  }
  return reasons;
}

function outcomeOf(
  view: View,
  { start, skip }: Pick<Decision, "start" | "skip">,
  runStatus: DecidedStatus,
): Decision["outcome"] {
  if (start.length > 0) return null;
  const skipped = new Set(skip.map(({ stepId }) => stepId));
  const isOpen = ({ stepId, status }: StepState) =>
    status === "queued" || status === "running" || (status === "waiting" && !skipped.has(stepId));
  if (view.ids.some((stepId) => isOpen(view.state(stepId)))) return null;
  if (runStatus === "canceling") return { status: "canceled", reason: "the run was canceled" };
  const first = view.broken[0];
  if (first === undefined) {
    // Nothing broke, so what is skipped was skipped by a rule, by this look or by an earlier one.
    const left = skip[0] ?? view.ids.map((id) => view.state(id)).find(({ status }) => status === "skipped");
    return left === undefined
      ? { status: "finished", reason: null }
      : { status: "failed", reason: left.reason };
  }
  const why = first.reason === null ? "" : `: ${first.reason}`;
  return { status: "failed", reason: `step ${view.label(first.stepId)} ${ending(first)}${why}` };
}

/** Order that no locale changes. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
