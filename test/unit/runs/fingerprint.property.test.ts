import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fingerprintOf } from "../../../src/runs/fingerprint";
import { keyDifference } from "../../../src/runs/keyDifference";
import type { PlannedStep } from "../../../src/runs/plan";
import { sha256 } from "../../../src/workspace/sha256";
import { arbitraryStep, facts } from "./plannedStep";

const printOf = (step: PlannedStep, known = facts()) => fingerprintOf(step, known, sha256);
const plain = { files: [], reusedUpstream: new Set<string>() };

/** What a step's result depends on, in a form that tells everything apart; what order may not matter is sorted. */
function meaningOf({ name, script, computeTarget, version, ...step }: PlannedStep): string {
  const carried = new Set(Object.keys(step.parameters).map((key) => `AML_PARAMETER_${key}`));
  const sorted = (values: object) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    [name, script, computeTarget, version, step.arguments],
    [...step.inputs].sort((a, b) => (a.name < b.name ? -1 : 1)).map(sorted),
    step.outputs.map(sorted),
    sorted(step.parameters),
    sorted(step.runSettings),
    sorted(step.environment).filter(([key]) => !carried.has(key)),
  ]);
}

describe("a fingerprint", () => {
  test("is the same for two steps exactly when they mean the same, whatever their texts are", () => {
    fc.assert(
      fc.property(arbitraryStep, arbitraryStep, (a, b) => {
        expect(printOf(a).key === printOf(b).key).toBe(meaningOf(a) === meaningOf(b));
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on the order in which inputs, outputs and variables were written", () => {
    fc.assert(
      fc.property(arbitraryStep, (step) => {
        const turned: PlannedStep = {
          ...step,
          inputs: [...step.inputs].reverse(),
          outputs: [...step.outputs].reverse(),
          environment: Object.fromEntries(Object.entries(step.environment).reverse()),
        };
        expect(printOf(turned)).toEqual(printOf(step));
      }),
    );
  });

  test("does not depend on ids, places or limits, which differ between equal runs", () => {
    fc.assert(
      fc.property(arbitraryStep, fc.string(), (step, text) => {
        const elsewhere: PlannedStep = {
          ...step,
          stepId: text,
          stepRunId: text,
          snapshotId: text,
          timeoutMs: 5,
          reuse: "regenerate",
          outputs: step.outputs.map((output) => ({
            ...output,
            dataPath: { ...output.dataPath, path: text },
            pipelineOutputName: text,
          })),
        };
        expect(printOf(elsewhere)).toEqual(printOf(step));
      }),
    );
  });

  test("that differs from another one always has a difference to name, and an equal one has none", () => {
    fc.assert(
      fc.property(arbitraryStep, arbitraryStep, (a, b) => {
        const [before, after] = [printOf(a), printOf(b)];
        const named = keyDifference(before.parts, after.parts, plain);
        expect(named.length > 0).toBe(before.key !== after.key);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps no part that is longer than a row can bear, and no secret", () => {
    fc.assert(
      fc.property(arbitraryStep, fc.string({ minLength: 6, maxLength: 5_000 }), (step, text) => {
        const secret = `secret-${text}`;
        const { parts } = printOf({
          ...step,
          arguments: [{ kind: "text", value: text }],
          environment: { TOKEN: secret },
        });
        for (const { value } of parts) expect(value.length).toBeLessThanOrEqual(160);
        expect(JSON.stringify(parts)).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
    );
  });
});
