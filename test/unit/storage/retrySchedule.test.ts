import { describe, expect, test } from "@jest/globals";

import { decideNextStep, type DeliveryFailure } from "../../../src/host/storage/events/retrySchedule";

const HOUR = 3_600_000;
const refusedConnection: DeliveryFailure = { kind: "unreachable", detail: "ECONNREFUSED" };
const busy: DeliveryFailure = { kind: "answered", status: 503 };

function waits(failure: DeliveryFailure): number[] {
  const found: number[] = [];
  let since = 0;
  for (let attempts = 1; ; attempts++) {
    const step = decideNextStep(failure, attempts, since);
    if (step.kind === "give-up") return found;
    found.push(step.afterMs);
    since += step.afterMs;
  }
}

describe("a failed delivery", () => {
  test.each([refusedConnection, busy])("waits longer and longer and ends within 24 hours: %j", (failure) => {
    const found = waits(failure);
    expect([...found].sort((left, right) => left - right)).toEqual(found);
    expect(found.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(24 * HOUR);
  });

  test("is repeated after a second when the app was only starting, after ten when it answered an error", () => {
    expect(decideNextStep(refusedConnection, 1, 0)).toEqual({ kind: "retry", afterMs: 1_000 });
    expect(decideNextStep(busy, 1, 0)).toEqual({ kind: "retry", afterMs: 10_000 });
  });

  test.each([400, 401, 403, 413])("is not repeated after %d, which no repetition cures", (status) => {
    expect(decideNextStep({ kind: "answered", status }, 1, 0)).toMatchObject({ kind: "give-up" });
  });

  test("is given up after 30 attempts", () => {
    expect(decideNextStep(busy, 30, 0)).toMatchObject({ kind: "give-up" });
  });
});
