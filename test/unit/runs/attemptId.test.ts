import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  encodeAttemptId,
  isRunId,
  parseAttemptId,
  runIdPrefix,
  stepRunIdOf,
} from "../../../src/runs/attemptId";

const runIds = fc.uuid();
const stepIds = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe("attempt ids", () => {
  test("are read back exactly", () => {
    fc.assert(
      fc.property(runIds, stepIds, fc.integer({ min: 1, max: 9 }), (runId, stepId, attempt) => {
        expect(parseAttemptId(encodeAttemptId({ runId, stepId, attempt }))).toEqual({
          runId,
          stepId,
          attempt,
        });
      }),
    );
  });

  test.each(["", "run.step", "run.step.0", "run.step.x", "run.step.1.2", "..1"])("refuse %j", (text) => {
    expect(() => parseAttemptId(text)).toThrow("Not an attempt id");
  });
});

describe("step run ids", () => {
  test("are ids of their own, the same every time, and lead back to their run", () => {
    fc.assert(
      fc.property(runIds, stepIds, stepIds, (runId, one, other) => {
        const stepRunId = stepRunIdOf(runId, one);
        expect(isRunId(stepRunId)).toBe(true);
        expect(stepRunIdOf(runId, one)).toBe(stepRunId);
        expect(runId.startsWith(runIdPrefix(stepRunId)!)).toBe(true);
        if (one !== other) expect(stepRunIdOf(runId, other)).not.toBe(stepRunId);
      }),
    );
  });

  test("a text that is no id leads nowhere, so it cannot widen the range query", () => {
    expect(runIdPrefix("")).toBeUndefined();
    expect(runIdPrefix("' or true")).toBeUndefined();
  });
});
