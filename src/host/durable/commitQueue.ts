/**
 * Owns: turning concurrent changes of the hub into few LMDB transactions, and the moment at which a change counts. Must not:
 * know what a change means.
 *
 * Q1. `commit` resolves only after the transaction that holds the change is on disk: overlapping sync is off, so LMDB
 *     writes the pages, syncs the file, then publishes the root through a synchronous write, and only then reports.
 * Q2. One group is in flight at a time; what arrives meanwhile shares the next transaction and its sync.
 * Q3. A body that throws leaves nothing behind and takes nobody with it: its group is aborted and run again without
 *     it. So a body may run more than once, and does nothing outside the store.
 * Q4. A transaction that fails (full disk, failed sync) changes nothing and is refused whole, with `StoreFailed`.
 * Q5. `problem` ends by itself: after a failure a small write is tried until one succeeds.
 */
import { ABORT, type RootDatabase } from "lmdb";

/** The hub could not be written; nothing of the change is there, and the same change may be tried again. */
export class StoreFailed extends Error {
  constructor(readonly reason: string) {
    super(`The task hub cannot be written: ${reason}.`);
  }
}

interface Waiting {
  /** Whether the body ran to its end; when it did not, its caller has been told. */
  run(): boolean;
  settle(): void;
  fail(error: StoreFailed): void;
}

export interface CommitQueueOptions {
  readonly root: RootDatabase;
  /** The small write that shows whether the store works again (Q5). */
  readonly probe: () => void;
  readonly probePauseMs: number;
}

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #problem: string | null = null;
  #probeTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** What kept the last transaction from being written, until one succeeds; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Runs `body` in a transaction and resolves with its value once that is on disk (Q1). Rejects with `StoreFailed`. */
  async commit<T>(body: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(prepare(body, resolve, reject));
      this.#running ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Resolves when everything handed over so far is settled; nothing is tried afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#probeTimer !== null) clearTimeout(this.#probeTimer);
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#commitGroup(group);
    }
    this.#running = null;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    for (let left = group; left.length > 0;) {
      const broken = new Set<Waiting>();
      try {
        await this.#options.root.childTransaction(() => {
          const thrower = left.find((one) => !one.run());
          if (thrower === undefined) return undefined;
          broken.add(thrower);
          return ABORT;
        });
      } catch (error) {
        this.#refuse(left, await rootCause(error));
        return;
      }
      if (broken.size === 0) {
        this.#problem = null;
        left.forEach((one) => one.settle());
        return;
      }
      left = left.filter((one) => !broken.has(one));
    }
  }

  #refuse(group: readonly Waiting[], reason: string): void {
    this.#problem = reason;
    const failure = new StoreFailed(reason);
    group.forEach((one) => one.fail(failure));
    if (this.#isClosed || this.#probeTimer !== null) return;
    this.#probeTimer = setTimeout(() => {
      this.#probeTimer = null;
      if (this.#problem !== null) this.commit(this.#options.probe).catch(() => undefined);
    }, this.#options.probePauseMs).unref();
  }
}

function prepare<T>(body: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): Waiting {
  let value: T;
  return {
    run: () => {
      try {
        value = body();
        return true;
      } catch (error) {
        if (isFromStore(error)) throw error;
        reject(error);
        return false;
      }
    },
    settle: () => resolve(value),
    fail: reject,
  };
}

/** LMDB's own errors carry its number or the system's; what a body throws by itself does not. */
function isFromStore(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown }).code === "number";
}

/** LMDB reports a failed commit as an error that carries a promise which rejects with the cause. */
async function rootCause(error: unknown): Promise<string> {
  const carried = (error as { readonly commitError?: Promise<unknown> }).commitError;
  const cause = await Promise.resolve(carried).then(
    () => error,
    (reason: unknown) => reason,
  );
  // Behind the system's words LMDB adds which page it was writing.
  return (cause instanceof Error ? cause.message : String(cause)).split(": Attempting")[0] ?? "";
}
