import { describe, expect, test } from "@jest/globals";
import { decideRedelivery, isSuspectRun, maxLostRuns } from "../../../src/host/durable/lostActivity";

describe("an activity whose worker was lost", () => {
  test("is not counted when another function is known to have ended the worker (1)", () => {
    const decided = Array.from({ length: 20 }, () => decideRedelivery(maxLostRuns, "exit code 1", false));
    expect(new Set(decided.map(({ kind }) => kind))).toEqual(new Set(["again"]));
  });

  test("fails after the last run and not before, with the reason of the loss (2)", () => {
    let attempt = 1;
    for (let lost = 1; lost < maxLostRuns; lost++) {
      const decision = decideRedelivery(attempt, "out of memory", true);
      if (decision.kind === "failed") throw new Error(`failed after ${lost} runs`);
      attempt = decision.attempt;
    }
    const end = decideRedelivery(attempt, "out of memory", true);
    expect(end).toEqual({ kind: "failed", message: expect.stringContaining("out of memory") });
  });

  test("runs apart from other suspects before it fails, so that an innocent one can get through", () => {
    expect([1, 2].map(isSuspectRun)).toEqual([false, false]);
    expect(isSuspectRun(maxLostRuns - 1)).toBe(true);
  });
});
