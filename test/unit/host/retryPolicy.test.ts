import { describe, expect, test } from "@jest/globals";
import { decideRetry, readRetryOptions } from "../../../src/host/triggers/retryPolicy";

const backoff = readRetryOptions({
  retryStrategy: "exponentialBackoff",
  maxRetryCount: -1,
  minimumInterval: { seconds: 1 },
  maximumInterval: { seconds: 10 },
});

describe("a retry policy", () => {
  test("runs a function again as often as it says and not once more", () => {
    const fixed = readRetryOptions({
      retryStrategy: "fixedDelay",
      maxRetryCount: 2,
      delayInterval: { seconds: 5 },
    });
    expect([1, 2, 3].map((retry) => decideRetry(fixed, retry, 0))).toEqual([5000, 5000, null]);
  });

  test("doubles the pauses of a back-off up to its maximum, for ever when it has no limit", () => {
    expect([1, 2, 3, 4, 5].map((retry) => decideRetry(backoff, retry, 0))).toEqual([
      1000, 2000, 4000, 8000, 10_000,
    ]);
    expect(decideRetry(backoff, 100_000, 0)).toBe(10_000);
  });

  test("never pauses for less than the minimum, whatever the jitter", () => {
    expect(decideRetry(backoff, 1, 1)).toBe(1000);
    expect(decideRetry(backoff, 3, 1)).toBe(3200);
  });

  test.each([
    [{ retryStrategy: "sometimes", maxRetryCount: 1 }, "strategy"],
    [{ retryStrategy: "fixedDelay", maxRetryCount: 1 }, "delayInterval"],
    [{ retryStrategy: "fixedDelay", maxRetryCount: 1.5, delayInterval: { seconds: 1 } }, "maxRetryCount"],
    [
      { retryStrategy: "exponentialBackoff", maxRetryCount: 1, minimumInterval: { seconds: 1 } },
      "maximumInterval",
    ],
  ])("refuses %j, naming what is wrong", (options, problem) => {
    expect(() => readRetryOptions(options)).toThrow(problem);
  });
});
