import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decideReuse, type EqualStep, type LastKey } from "../../../src/runs/reuseDecision";

const differing: LastKey = { status: "other", differences: ["argument --lr 0.1 → 0.2", "train.py changed"] };
const finished: EqualStep = { status: "finished", runId: "r-1", damage: null };

describe("decideReuse", () => {
  test.each<readonly [string, EqualStep, LastKey, string, string]>([
    ["a first run", { status: "none" }, { status: "none" }, "run", "never run before"],
    ["a change", { status: "none" }, differing, "run", "argument --lr 0.1 → 0.2, train.py changed"],
    ["no change", finished, { status: "same" }, "reuse", "nothing changed since run r-1"],
    ["a change taken back", finished, differing, "reuse", "nothing changed since run r-1"],
    [
      "damage",
      { ...finished, damage: "output out: blob a is missing since t" },
      { status: "same" },
      "run",
      "output out: blob a is missing since t",
    ],
    [
      "an equal step at work",
      { status: "active", runId: "r-1", stepName: "train" },
      differing,
      "wait",
      "waits for the equal step train of run r-1",
    ],
    [
      "a failed run",
      { status: "broken", runId: "r-1", ending: "failed" },
      { status: "same" },
      "run",
      "in run r-1 it failed",
    ],
    [
      "a change to what failed long ago",
      { status: "broken", runId: "r-1", ending: "failed" },
      differing,
      "run",
      "argument --lr 0.1 → 0.2, train.py changed",
    ],
    ["a removed run", { status: "gone" }, { status: "same" }, "run", "the run that computed it was removed"],
    [
      "an interrupted claim",
      { status: "itself", reason: "train.py changed" },
      { status: "same" },
      "run",
      "train.py changed",
    ],
    ["a lost claim", { status: "none" }, { status: "same" }, "run", "nothing changed, but no result is kept"],
  ])("%s", (_, equal, last, kind, reason) => {
    expect(decideReuse({ planned: "allowed", equal, last })).toEqual({ kind, reason });
  });

  test("what may not be reused runs whatever is there", () => {
    expect(decideReuse({ planned: "never", equal: finished, last: { status: "same" } })).toEqual({
      kind: "run",
      reason: "allow_reuse is false",
    });
    expect(decideReuse({ planned: "regenerate", equal: finished, last: { status: "same" } })).toEqual({
      kind: "run",
      reason: "regenerate_outputs was asked for",
    });
  });

  test("a thousand differences of any length stay a reason that people and rows can bear", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 3_000 }), { minLength: 1, maxLength: 50 }),
        (differences) => {
          const last = { status: "other" as const, differences };
          const { reason } = decideReuse({ planned: "allowed", equal: { status: "none" }, last });
          expect(reason.length).toBeLessThanOrEqual(1_000);
          if (differences.length > 5) expect(reason).toMatch(/more$|…$/);
        },
      ),
    );
  });
});
