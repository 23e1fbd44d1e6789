/** How often and after which pauses a failed function runs again: `retryOptions` of a function, or `retry` of host.json. Pure. */

export type RetryPolicy = { readonly maxRetries: number | null } & (
  | { readonly kind: "fixedDelay"; readonly delayMs: number }
  | { readonly kind: "exponentialBackoff"; readonly minimumMs: number; readonly maximumMs: number }
);

/** The options say nothing that can be followed; the message is a part of a sentence. */
export class RetryPolicyError extends Error {}

/** The retry options with their intervals in milliseconds; a missing interval is undefined. */
export interface RetryOptionValues {
  readonly strategy: unknown;
  readonly maxRetryCount: unknown;
  readonly delayMs: number | undefined;
  readonly minimumMs: number | undefined;
  readonly maximumMs: number | undefined;
}

/** Checks the options; -1 as `maxRetryCount` means for ever. */
export function makeRetryPolicy(values: RetryOptionValues): RetryPolicy {
  const { strategy, maxRetryCount, delayMs, minimumMs, maximumMs } = values;
  if (typeof maxRetryCount !== "number" || !Number.isInteger(maxRetryCount) || maxRetryCount < -1)
    throw new RetryPolicyError("maxRetryCount of the retry options must be a whole number of at least -1");
  const maxRetries = maxRetryCount === -1 ? null : maxRetryCount;
  switch (typeof strategy === "string" ? strategy.toLowerCase() : "") {
    case "fixeddelay":
      if (delayMs === undefined) throw new RetryPolicyError("delayInterval of the retry options is missing");
      return { kind: "fixedDelay", maxRetries, delayMs };
    case "exponentialbackoff":
      if (minimumMs === undefined || maximumMs === undefined || maximumMs < minimumMs)
        throw new RetryPolicyError(
          "the retry options need a minimumInterval and a maximumInterval that is no shorter",
        );
      return { kind: "exponentialBackoff", maxRetries, minimumMs, maximumMs };
    default:
      throw new RetryPolicyError(
        "the strategy of the retry options is neither fixedDelay nor exponentialBackoff",
      );
  }
}

/** Reads what the app's library registers: intervals are objects with whole seconds. */
export function readRetryOptions(options: Readonly<Record<string, unknown>>): RetryPolicy {
  const seconds = (name: string): number | undefined => {
    const value = (options[name] as { readonly seconds?: unknown } | undefined)?.seconds;
    return value === undefined || value === null ? undefined : Number(value) * 1000;
  };
  return makeRetryPolicy({
    strategy: options["retryStrategy"] ?? options["strategy"],
    maxRetryCount: options["maxRetryCount"],
    delayMs: seconds("delayInterval"),
    minimumMs: seconds("minimumInterval"),
    maximumMs: seconds("maximumInterval"),
  });
}

/**
 * Milliseconds before retry number `retry` (from 1), or null when there is none. A back-off doubles from the minimum to the
 * maximum; `jitter` from 0 to 1 takes up to a fifth off, but never below the minimum.
 */
export function decideRetry(policy: RetryPolicy, retry: number, jitter: number): number | null {
  if (policy.maxRetries !== null && retry > policy.maxRetries) return null;
  switch (policy.kind) {
    case "fixedDelay":
      return policy.delayMs;
    case "exponentialBackoff": {
      const { minimumMs, maximumMs } = policy;
      const full = Math.min(maximumMs, minimumMs * 2 ** Math.min(retry - 1, 30));
      return Math.max(minimumMs, Math.round(full * (1 - jitter / 5)));
    }
  }
}
