/** Runs functions whose triggers are HTTP requests, events or the clock, and runs again those with a retry policy. */
import { assertNever } from "../assertNever";
import type { HostClock } from "../hostClock";
import type { HostLog } from "../log/hostLog";
import { decideRetry, type RetryPolicy } from "../triggers/retryPolicy";
import type { RetryContext, TypedData } from "../worker/protocol";
import type { AppWorker, InvocationOutcome } from "./appWorker";
import type { AppFunction } from "./functionTable";

export interface FunctionRunnerOptions {
  readonly worker: AppWorker;
  readonly clock: HostClock;
  readonly log: HostLog;
}

/** One reason to run a function. */
export interface Occasion {
  readonly data: TypedData;
  readonly metadata: Readonly<Record<string, TypedData>>;
  /** For the log: what triggered it. */
  readonly reason: string;
}

interface Retry {
  readonly fn: AppFunction;
  readonly policy: RetryPolicy;
  readonly outcome: InvocationOutcome;
}

export class FunctionRunner {
  readonly #options: FunctionRunnerOptions;
  readonly #pauses = new Set<() => void>();
  #isStopped = false;

  constructor(options: FunctionRunnerOptions) {
    this.#options = options;
  }

  /** Ends the pauses before further runs; those runs do not take place. */
  stop(): void {
    this.#isStopped = true;
    this.#pauses.forEach((end) => end());
  }

  /**
   * Runs a function, again and again as its retry policy says while it fails; the last outcome. Every run is an invocation
   * of its own, and none is remembered over a restart of the host.
   */
  async run(fn: AppFunction, occasion: Occasion): Promise<InvocationOutcome> {
    const policy = fn.kind === "timer" ? fn.retry : null;
    let outcome = await this.#runOnce(fn, occasion, null);
    for (let retry = 1; policy !== null && outcome.kind !== "returned"; retry++) {
      const context = await this.#pause({ fn, policy, outcome }, retry);
      if (context === null) return outcome;
      outcome = await this.#runOnce(fn, occasion, context);
    }
    return outcome;
  }

  async #runOnce(
    fn: AppFunction,
    { data, metadata, reason }: Occasion,
    retryContext: RetryContext | null,
  ): Promise<InvocationOutcome> {
    const { worker, log } = this.#options;
    log.executing(fn.name, reason);
    const startedAt = performance.now();
    const outcome = await worker.invoke(fn.name, {
      inputData: [{ name: fn.triggerName, data }],
      triggerMetadata: metadata,
      ...(retryContext === null ? {} : { retryContext }),
    });
    const isGood = outcome.kind === "returned";
    log.executed(fn.name, isGood, performance.now() - startedAt, explainOutcome(outcome));
    return outcome;
  }

  /** Waits before a retry; null when there is none. */
  async #pause({ fn, policy, outcome }: Retry, retry: number): Promise<RetryContext | null> {
    const pauseMs = decideRetry(policy, retry, Math.random());
    if (pauseMs === null || this.#isStopped) return null;
    const problem = explainOutcome(outcome) ?? "";
    this.#options.log.functionRetried(fn.name, retry, pauseMs, problem);
    if (!(await this.#wait(pauseMs))) return null;
    const stackTrace = outcome.kind === "failed" ? outcome.failure.stack : "";
    return {
      retryCount: retry,
      maxRetryCount: policy.maxRetries ?? -1,
      exception: { message: problem, source: fn.name, stackTrace },
    };
  }

  /** Whether the whole time passed: `stop` cuts it short. */
  async #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (): void => {
        callOff();
        this.#pauses.delete(end);
        resolve(!this.#isStopped);
      };
      const callOff = this.#options.clock.after(ms, end);
      this.#pauses.add(end);
    });
  }
}

/** Why an invocation did not return, or null. */
export function explainOutcome(outcome: InvocationOutcome): string | null {
  switch (outcome.kind) {
    case "returned":
    case "turned":
      return null;
    case "failed":
      return outcome.failure.message;
    case "timedOut":
      return "it took longer than functionTimeout";
    case "workerLost":
      return `the app's process ended while it ran (${outcome.reason})`;
    default:
      return assertNever(outcome);
  }
}
