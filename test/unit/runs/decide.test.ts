import { describe, expect, test } from "@jest/globals";
import type { StepStatus } from "../../../src/model/runStatus";
import { decide, type StepGraph, type StepState } from "../../../src/runs/decide";

const graph = (continueOnStepFailure: boolean, edges: Record<string, readonly string[]>): StepGraph => ({
  continueOnStepFailure,
  timeoutMs: 90_000,
  steps: Object.entries(edges).map(([stepId, predecessors]) => ({ stepId, name: stepId, predecessors })),
});

const states = (statuses: Record<string, StepStatus>, reasons: Record<string, string> = {}): StepState[] =>
  Object.entries(statuses).map(([stepId, status]) => ({ stepId, status, reason: reasons[stepId] ?? null }));

const chain = { prepare: [], train: ["prepare"], evaluate: ["train"], report: [] };

describe("decide", () => {
  test("starts everything that is ready, in order of id, without serialising it", () => {
    const decision = decide(
      graph(false, chain),
      states({ prepare: "waiting", train: "waiting", evaluate: "waiting", report: "waiting" }),
      "running",
    );
    expect(decision).toEqual({ start: ["prepare", "report"], skip: [], cancel: [], outcome: null });
  });

  describe("a run past its time limit", () => {
    const late = "the run reached its time limit of 90 s";
    const decided = (statuses: Record<string, StepStatus>, runStatus: "overdue" | "running" = "overdue") =>
      decide(graph(true, chain), states(statuses, { evaluate: late, report: late }), runStatus);

    test("starts nothing, skips what waits and cancels what is active, naming the limit", () => {
      expect(
        decided({ prepare: "finished", train: "waiting", evaluate: "waiting", report: "running" }),
      ).toEqual({
        start: [],
        skip: [
          { stepId: "evaluate", reason: late },
          { stepId: "train", reason: late },
        ],
        cancel: [{ stepId: "report", reason: late }],
        outcome: null,
      });
    });

    test("fails by the limit even if a look with another clock thinks that there is time left", () => {
      const skipped = {
        prepare: "finished",
        train: "finished",
        evaluate: "skipped",
        report: "finished",
      } as const;
      for (const status of ["overdue", "running"] as const) {
        expect(decided(skipped, status).outcome).toEqual({ status: "failed", reason: late });
      }
      const canceled = { ...skipped, report: "canceled" } as const;
      const reason = `step report was canceled: ${late}`;
      expect(decided(canceled).outcome).toEqual({ status: "failed", reason });
    });

    test("is finished if its last step finished before anybody looked", () => {
      const done = {
        prepare: "finished",
        train: "finished",
        evaluate: "finished",
        report: "finished",
      } as const;
      expect(decided(done).outcome).toEqual({ status: "finished", reason: null });
    });
  });

  test("a failure stops waiting steps, cancels active ones, and waits for them before the run ends", () => {
    const stopped = "step prepare failed, and the run stops when a step fails";
    const decision = decide(
      graph(false, chain),
      states({ prepare: "failed", train: "waiting", evaluate: "waiting", report: "running" }),
      "running",
    );
    expect(decision).toEqual({
      start: [],
      skip: [
        { stepId: "evaluate", reason: stopped },
        { stepId: "train", reason: stopped },
      ],
      cancel: [{ stepId: "report", reason: stopped }],
      outcome: null,
    });
  });

  test("with continueOnStepFailure names the failed step behind each dependant and lets the others run", () => {
    const decision = decide(
      graph(true, chain),
      states({ prepare: "failed", train: "waiting", evaluate: "waiting", report: "running" }),
      "running",
    );
    const reason = "needs step prepare, which failed";
    expect(decision.skip).toEqual([
      { stepId: "evaluate", reason },
      { stepId: "train", reason },
    ]);
    expect(decision.cancel).toEqual([]);
  });

  test("the run fails with the reason of the step that failed, not of those it stopped", () => {
    const { outcome } = decide(
      graph(false, { a: [], b: [] }),
      states({ a: "canceled", b: "failed" }, { b: "script b.py exited with code 3" }),
      "running",
    );
    expect(outcome).toEqual({ status: "failed", reason: "step b failed: script b.py exited with code 3" });
  });

  test("a cancel outweighs a failure and a complete success alike", () => {
    const one = graph(false, { a: [] });
    const canceled = { status: "canceled", reason: "the run was canceled" };
    expect(decide(one, states({ a: "failed" }), "canceling").outcome).toEqual(canceled);
    expect(decide(one, states({ a: "finished" }), "canceling").outcome).toEqual(canceled);
  });

  test("a step that was canceled from outside stops the run as a failure does", () => {
    const decision = decide(
      graph(false, { a: [], b: ["a"] }),
      states({ a: "canceled", b: "waiting" }),
      "running",
    );
    expect(decision.skip).toEqual([
      { stepId: "b", reason: "step a was canceled, and the run stops when a step fails" },
    ]);
    expect(decision.outcome?.status).toBe("failed");
  });

  test("a pipeline without steps is finished at once", () => {
    expect(decide(graph(false, {}), [], "running").outcome).toEqual({ status: "finished", reason: null });
  });

  test("refuses to guess about a step without a state", () => {
    expect(() => decide(graph(false, { a: [] }), [], "running")).toThrow("step a has no state");
  });
});
