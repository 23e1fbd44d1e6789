/**
 * Limits the requests that functions serve: `maxConcurrentRequests` run at once, others wait their turn, and beyond
 * `maxOutstandingRequests`, running and waiting together, a request is turned away.
 */
export interface RequestLimits {
  readonly maxOutstandingRequests: number | null;
  readonly maxConcurrentRequests: number | null;
}

export class RequestGate {
  readonly #limits: RequestLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** Runs `action` in its turn; false, at once, when there is no room for it. */
  async enter(action: () => Promise<void>): Promise<boolean> {
    const { maxOutstandingRequests, maxConcurrentRequests } = this.#limits;
    const outstanding = this.#running + this.#waiting.length;
    if (maxOutstandingRequests !== null && outstanding >= maxOutstandingRequests) return false;
    if (maxConcurrentRequests === null || this.#running < maxConcurrentRequests) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
    return true;
  }
}
