/**
 * Owns: turning many concurrent changes into few LMDB transactions, and the moment at which a change counts as
 * acknowledged. Must not: know what a change means.
 *
 * Invariants:
 * G1. `commit` resolves only after the transaction that holds the change is on disk: the environment is opened with
 *     overlapping sync off, so LMDB writes the pages, syncs the file, then writes the meta page through a
 *     synchronous descriptor, and only then reports the commit.
 * G2. One group is in flight at a time; what arrives meanwhile shares the next transaction and its sync.
 * G3. A change that throws leaves nothing behind: its writes are buffered and applied only after it returned.
 * G4. A write that fails while a group is applied aborts the whole group; every change in it is rejected.
 * G5. Changes of one group run one after another, each seeing the writes of those before it.
 * G6. A change that was refused learns it when its group is on disk: what it was refused for may be a write of the same
 *     group, which nobody can read before, and which is not there if the group fails.
 * G7. A transaction that fails (full disk, failed sync) is refused whole and changes nothing: LMDB names new pages only
 *     in the meta page that it writes last. The next one is tried afresh.
 */
import { ABORT, type RootDatabase } from "lmdb";

import type { Rows } from "./sealedRows";

/** What a change may do. Reads see committed rows and earlier changes of the group, never this change's own writes. */
export interface Change {
  get(rows: Rows, key: Buffer): Buffer | undefined;
  put(rows: Rows, key: Buffer, value: Buffer): void;
  remove(rows: Rows, key: Buffer): void;
  /** Runs after the change is durable, before `commit` resolves. */
  afterCommit(action: () => void): void;
}

/** Longest key in bytes that the environment takes with its 8 KiB pages. */
export const MAX_KEY_BYTES = 4000;

interface Waiting {
  run(): boolean;
  settle(): void;
  fail(error: unknown): void;
}

export interface GroupCommit {
  /** Runs `work` inside a transaction and resolves with its result once that is durable (G1). */
  commit<T>(work: (change: Change) => T): Promise<T>;
  /** Resolves when every change handed over so far is settled. */
  idle(): Promise<void>;
  /** The last failure of a transaction, until one succeeds. */
  failure(): Error | undefined;
}

class BufferedChange implements Change {
  readonly #writes: (() => void)[] = [];
  readonly #after: (() => void)[] = [];

  get(rows: Rows, key: Buffer): Buffer | undefined {
    return rows.getBinary(key);
  }

  put(rows: Rows, key: Buffer, value: Buffer): void {
    if (key.length > MAX_KEY_BYTES) throw new RangeError(`A key of ${key.length} bytes does not fit.`);
    this.#writes.push(() => rows.put(key, value));
  }

  remove(rows: Rows, key: Buffer): void {
    this.#writes.push(() => rows.remove(key));
  }

  afterCommit(action: () => void): void {
    this.#after.push(action);
  }

  apply(): void {
    for (const write of this.#writes) write();
  }

  settled(): void {
    for (const action of this.#after) action();
  }
}

/** Opens the commit queue of an environment; there is one per environment. */
export function openGroupCommit(root: RootDatabase<Buffer, Buffer>): GroupCommit {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let lastFailure: Error | undefined;

  async function commitGroup(group: readonly Waiting[]): Promise<void> {
    let applied = 0;
    let broken: unknown;
    try {
      await root.childTransaction(() => {
        applied = 0;
        try {
          for (const one of group) if (one.run()) applied++;
        } catch (error) {
          broken = error;
          return ABORT;
        }
        return undefined;
      });
      if (broken !== undefined) throw broken as Error;
    } catch (error) {
      lastFailure = await rootCause(error);
      for (const one of group) one.fail(lastFailure);
      return;
    }
    if (applied > 0) lastFailure = undefined;
    for (const one of group) one.settle();
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await commitGroup(group);
    }
    running = undefined;
  }

  return {
    commit: <T>(work: (change: Change) => T) =>
      new Promise<T>((resolve, reject) => {
        waiting.push(prepare(work, resolve, reject));
        running ??= Promise.resolve().then(drain);
      }),
    idle: async () => {
      while (running !== undefined) await running;
    },
    failure: () => lastFailure,
  };
}

function prepare<T>(
  work: (change: Change) => T,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Waiting {
  let change = new BufferedChange();
  let outcome: { readonly result: T } | { readonly refusal: unknown } | undefined;
  return {
    run: () => {
      change = new BufferedChange();
      try {
        outcome = { result: work(change) };
      } catch (refusal) {
        outcome = { refusal };
        return false;
      }
      change.apply();
      return true;
    },
    settle: () => {
      if (outcome === undefined) return;
      if ("refusal" in outcome) {
        reject(outcome.refusal);
        return;
      }
      change.settled();
      resolve(outcome.result);
    },
    fail: reject,
  };
}

/** lmdb reports a failed commit as an error that carries a promise which rejects with the cause. */
async function rootCause(error: unknown): Promise<Error> {
  const carried = (error as { commitError?: Promise<unknown> } | undefined)?.commitError;
  const cause =
    carried === undefined
      ? error
      : await carried.then(
          () => error,
          (found: unknown) => found,
        );
  const { message, code } = cause as { message?: unknown; code?: unknown };
  return Object.assign(new Error(String(message ?? cause), { cause }), code === undefined ? {} : { code });
}
