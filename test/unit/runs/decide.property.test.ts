import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isTerminalStep, type StepStatus } from "../../../src/model/runStatus";
import { decide, type Decision, type StepGraph, type StepState } from "../../../src/runs/decide";

type Outcome = "finished" | "failed";

interface Scenario {
  readonly graph: StepGraph;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Picks which of the possible things happens next. */
  readonly choices: readonly number[];
  /** Number of the event before which the run is cancelled; null = never. */
  readonly cancelBefore: number | null;
  /** Number of the event before which the time limit is reached; null = never. */
  readonly lateBefore: number | null;
}

/** Edges go from earlier to later in a shuffled order of ids, so that the order of ids says nothing. */
const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    ids: fc.uniqueArray(fc.stringMatching(/^[a-z0-9_-]{1,4}$/), { minLength: 1, maxLength: 9 }),
    edges: fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 20 }),
    failing: fc.array(fc.nat(8), { maxLength: 3 }),
    continueOnStepFailure: fc.boolean(),
    choices: fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 }),
    cancelBefore: fc.option(fc.nat(12), { freq: 3 }),
    lateBefore: fc.option(fc.nat(12), { freq: 2 }),
  })
  .map(({ ids, edges, failing, continueOnStepFailure, choices, cancelBefore, lateBefore }) => {
    const predecessors = ids.map((_, at) =>
      edges.filter(([from, to]) => to === at && from < at).map(([from]) => ids[from]!),
    );
    const failingIds = new Set(failing.map((at) => ids[at]));
    return {
      graph: {
        continueOnStepFailure,
        timeoutMs: 60_000,
        steps: ids.map((stepId, at) => ({ stepId, name: `name ${stepId}`, predecessors: predecessors[at]! })),
      },
      outcomes: new Map(ids.map((id) => [id, failingIds.has(id) ? "failed" : "finished"])),
      choices,
      cancelBefore,
      lateBefore,
    };
  });

interface Trace {
  readonly states: ReadonlyMap<string, StepState>;
  readonly outcome: NonNullable<Decision["outcome"]>;
  /** Steps in the order in which they were started, with what was finished then. */
  readonly starts: readonly { readonly stepId: string; readonly finished: ReadonlySet<string> }[];
  readonly wasCanceling: boolean;
  readonly startedLate: readonly string[];
}

/** Executes a scenario as the run's loop does: act on the decision, then let one active step move on. */
function execute({ graph, outcomes, choices, cancelBefore, lateBefore }: Scenario): Trace {
  const states = new Map<string, StepState>(
    graph.steps.map(({ stepId }) => [stepId, { stepId, status: "waiting", reason: null }]),
  );
  const starts: { stepId: string; finished: ReadonlySet<string> }[] = [];
  const canceled = new Set<string>();
  const startedLate: string[] = [];
  let canceling = false;
  const move = (stepId: string, status: StepStatus, reason: string | null): void => {
    const before = states.get(stepId)!.status;
    if (isTerminalStep(before)) throw new Error(`${stepId} left its terminal state ${before}`);
    states.set(stepId, { stepId, status, reason });
  };
  for (let event = 0; event < choices.length; event++) {
    if (cancelBefore !== null && event >= cancelBefore) canceling = true;
    const late = lateBefore !== null && event >= lateBefore;
    const decision = decide(
      graph,
      [...states.values()],
      canceling ? "canceling" : late ? "overdue" : "running",
    );
    for (const { stepId, reason } of decision.skip) move(stepId, "skipped", reason);
    for (const { stepId } of decision.cancel) canceled.add(stepId);
    for (const stepId of decision.start) {
      const finished = [...states.values()].filter(({ status }) => status === "finished");
      starts.push({ stepId, finished: new Set(finished.map((state) => state.stepId)) });
      if (late) startedLate.push(stepId);
      move(stepId, "queued", null);
    }
    if (decision.outcome !== null)
      return { states, outcome: decision.outcome, starts, wasCanceling: canceling, startedLate };
    const active = [...states.values()].filter(({ status }) => status === "queued" || status === "running");
    const chosen = active[choices[event]! % Math.max(1, active.length)];
    if (chosen === undefined) throw new Error("the run neither ended nor has anything that could move");
    const { stepId, status } = chosen;
    if (canceled.has(stepId)) move(stepId, "canceled", "as asked");
    else if (status === "queued") move(stepId, "running", null);
    else move(stepId, outcomes.get(stepId)!, null);
  }
  throw new Error("the run did not end");
}

function dependantsOf(graph: StepGraph, roots: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const { stepId, predecessors } of graph.steps) {
      if (reached.has(stepId)) continue;
      if (!predecessors.some((before) => roots.has(before) || reached.has(before))) continue;
      reached.add(stepId);
      grown = true;
    }
  }
  return reached;
}

const having = (trace: Trace, status: StepStatus): ReadonlySet<string> =>
  new Set([...trace.states.values()].filter((state) => state.status === status).map(({ stepId }) => stepId));

describe("any graph, any outcomes, any order of events", () => {
  test("ends, with every step in exactly one terminal state", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const trace = execute(scenario);
        for (const state of trace.states.values()) expect(isTerminalStep(state.status)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("starts no step twice, and none before all its predecessors are finished", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { starts } = execute(scenario);
        expect(new Set(starts.map(({ stepId }) => stepId)).size).toBe(starts.length);
        for (const { stepId, finished } of starts) {
          const { predecessors } = scenario.graph.steps.find((step) => step.stepId === stepId)!;
          expect(predecessors.filter((before) => !finished.has(before))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("without a failure or a cancel finishes every step and the run", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const well = {
          ...scenario,
          cancelBefore: null,
          lateBefore: null,
          outcomes: new Map([...scenario.outcomes.keys()].map((id) => [id, "finished" as const])),
        };
        const trace = execute(well);
        expect(having(trace, "finished").size).toBe(scenario.graph.steps.length);
        expect(trace.outcome).toEqual({ status: "finished", reason: null });
      }),
    );
  });

  test("with continueOnStepFailure a failure stops its dependants and nothing else", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const graph = { ...scenario.graph, continueOnStepFailure: true };
        const trace = execute({ ...scenario, graph, cancelBefore: null, lateBefore: null });
        const failed = having(trace, "failed");
        expect(having(trace, "skipped")).toEqual(dependantsOf(graph, failed));
        expect(having(trace, "canceled").size).toBe(0);
        expect(trace.outcome.status).toBe(failed.size > 0 ? "failed" : "finished");
      }),
      { numRuns: 500 },
    );
  });

  test("without it a failure starts nothing afterwards and the run fails", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const graph = { ...scenario.graph, continueOnStepFailure: false };
        const trace = execute({ ...scenario, graph, cancelBefore: null, lateBefore: null });
        const failed = having(trace, "failed");
        const started = new Set(trace.starts.map(({ stepId }) => stepId));
        const notStarted = graph.steps.map(({ stepId }) => stepId).filter((id) => !started.has(id));
        expect(having(trace, "skipped")).toEqual(new Set(notStarted));
        expect(failed.size).toBeLessThanOrEqual(1);
        expect(trace.outcome.status).toBe(failed.size > 0 ? "failed" : "finished");
      }),
      { numRuns: 500 },
    );
  });

  test("a cancel that came before the end makes the run canceled, whatever its steps became", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const trace = execute(scenario);
        if (trace.wasCanceling) expect(trace.outcome.status).toBe("canceled");
      }),
      { numRuns: 500 },
    );
  });

  test("past its time limit a run starts nothing, and finishes only if every step did", () => {
    fc.assert(
      fc.property(scenarios, fc.nat(12), (scenario, lateBefore) => {
        const trace = execute({ ...scenario, cancelBefore: null, lateBefore });
        const isWhole = having(trace, "finished").size === scenario.graph.steps.length;
        expect(trace.outcome.status).toBe(isWhole ? "finished" : "failed");
        if (!isWhole) expect(trace.outcome.reason).not.toBeNull();
        expect(trace.startedLate).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("every skipped step has a reason that names a failed or canceled step, the cancel or the limit", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const trace = execute(scenario);
        const rules = ["the run was canceled", "the run reached its time limit of 60 s"];
        const broken = [...having(trace, "failed"), ...having(trace, "canceled")];
        for (const { status, reason } of trace.states.values()) {
          if (status !== "skipped") continue;
          const named = broken.some((id) => reason!.includes(`(${id})`)) || rules.includes(reason!);
          expect(named).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  const statuses: readonly StepStatus[] = [
    "waiting",
    "queued",
    "running",
    "finished",
    "failed",
    "canceled",
    "skipped",
  ];

  test("the decision does not depend on the order in which states or steps are listed", () => {
    const listed = scenarios.chain(({ graph }) =>
      fc.record({
        graph: fc.constant(graph),
        statuses: fc.array(fc.constantFrom(...statuses), {
          minLength: graph.steps.length,
          maxLength: graph.steps.length,
        }),
        order: fc.shuffledSubarray([...graph.steps.keys()], { minLength: graph.steps.length }),
        runStatus: fc.constantFrom("running" as const, "canceling" as const, "overdue" as const),
      }),
    );
    fc.assert(
      fc.property(listed, ({ graph, statuses: chosen, order, runStatus }) => {
        const states = graph.steps.map(({ stepId }, at) => ({ stepId, status: chosen[at]!, reason: null }));
        const shuffled = { ...graph, steps: order.map((at) => graph.steps[at]!) };
        expect(
          decide(
            shuffled,
            order.map((at) => states[at]!),
            runStatus,
          ),
        ).toEqual(decide(graph, states, runStatus));
      }),
      { numRuns: 500 },
    );
  });
});
