/**
 * Tells a worker that hangs from one that works: while invocations run it is asked now and then, and anything that it
 * says is an answer. Costs nothing while no invocation runs.
 */
const askEveryMs = 2_000;

export class WorkerPulse {
  readonly #ask: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** When the oldest question without an answer was asked. */
  #askedAt: number | null = null;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** Milliseconds since the oldest question that nothing answered; 0 when there is none. */
  get silentMs(): number {
    return this.#askedAt === null ? 0 : performance.now() - this.#askedAt;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      if (this.#askedAt !== null) return;
      this.#askedAt = performance.now();
      this.#ask();
    }, askEveryMs).unref();
  }

  hear(): void {
    this.#askedAt = null;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#askedAt = null;
  }
}
