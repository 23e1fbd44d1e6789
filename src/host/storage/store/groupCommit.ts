/**
 * Owns: turning many concurrent changes into few LMDB transactions, and the moment at which a change counts as
 * acknowledged. Must not: know what a change means.
 *
 * Invariants:
 * G1. `commit` resolves only after the transaction that holds the change is on disk: the environment is opened with
 *     overlapping sync off, so LMDB writes the pages, syncs the file, then writes the meta page through a
 *     synchronous descriptor, and only then reports the commit.
 * G2. One group is in flight at a time; what arrives meanwhile shares the next transaction and its sync.
 * G3. A change that throws leaves nothing behind: its writes are buffered and handed on only after it returned.
 * G4. A change that writes a key which LMDB would not take is refused alone, before its group reaches LMDB.
 * G5. Changes of one group run one after another, each seeing the writes of those before it.
 * G6. A change that was refused learns it when its group is on disk: what it was refused for may be a write of the same
 *     group, which nobody can read before, and which is not there if the group fails.
 * G7. A transaction that fails (full disk, failed sync, a write that LMDB refuses) is refused whole and changes nothing:
 *     LMDB names new pages only in the meta page that it writes last. The next one is tried afresh.
 *
 * The changes run on the event loop against the last committed rows and the group's own writes; nobody else writes, so
 * what they read is what the transaction will meet. LMDB's writer then needs the event loop no more until it is done.
 */
import type { RootDatabase } from "lmdb";

import { GroupWrites, type Write } from "./groupWrites";
import type { Rows } from "./sealedRows";

/** What a change may do. Reads see committed rows and earlier changes of the group, never this change's own writes. */
export interface Change {
  get(rows: Rows, key: Buffer): Buffer | undefined;
  /** The rows from `start` up to `end`, which is not one of them, in order of their keys. */
  range(rows: Rows, start: Buffer, end: Buffer): readonly { readonly key: Buffer; readonly value: Buffer }[];
  put(rows: Rows, key: Buffer, value: Buffer): void;
  remove(rows: Rows, key: Buffer): void;
  /** Runs after the change is durable, before `commit` resolves. */
  afterCommit(action: () => void): void;
}

/** Longest key in bytes that the environment takes with its 8 KiB pages. */
export const MAX_KEY_BYTES = 4000;

interface Waiting {
  run(group: GroupWrites): void;
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
  readonly writes: Write[] = [];
  readonly #after: (() => void)[] = [];

  constructor(private readonly group: GroupWrites) {}

  get(rows: Rows, key: Buffer): Buffer | undefined {
    return this.group.get(rows, key);
  }

  range(rows: Rows, start: Buffer, end: Buffer): readonly { key: Buffer; value: Buffer }[] {
    return this.group.range(rows, start, end);
  }

  put(rows: Rows, key: Buffer, value: Buffer): void {
    this.#write({ rows, key, value });
  }

  remove(rows: Rows, key: Buffer): void {
    this.#write({ rows, key, value: undefined });
  }

  #write(write: Write): void {
    const { length } = write.key;
    if (length === 0 || length > MAX_KEY_BYTES)
      throw new RangeError(`A key of ${length} bytes does not fit.`);
    this.writes.push(write);
  }

  afterCommit(action: () => void): void {
    this.#after.push(action);
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
    const writes = new GroupWrites();
    for (const one of group) one.run(writes);
    try {
      if (!writes.isEmpty) await root.batch(() => writes.apply());
    } catch (error) {
      lastFailure = await rootCause(error);
      for (const one of group) one.fail(lastFailure);
      return;
    }
    if (!writes.isEmpty) lastFailure = undefined;
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
  let change: BufferedChange | undefined;
  let outcome: { readonly result: T } | { readonly refusal: unknown } | undefined;
  return {
    run: (group) => {
      change = new BufferedChange(group);
      try {
        outcome = { result: work(change) };
        group.add(change.writes);
      } catch (refusal) {
        outcome = { refusal };
      }
    },
    settle: () => {
      if (outcome === undefined) return;
      if ("refusal" in outcome) {
        reject(outcome.refusal);
        return;
      }
      change?.settled();
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
