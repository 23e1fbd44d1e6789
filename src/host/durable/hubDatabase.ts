/**
 * The task hub's database: one LMDB environment with a table per kind of row.
 *
 * 1. Everything is written inside `commit`, whose promise resolves when the whole change is on disk (see `commitQueue`).
 * 2. A change is all or nothing; its body may run twice, so it does nothing outside the store.
 * 3. `seq` numbers are never reused: every commit that writes a row under one notes the last number given.
 * 4. No cursor outlives the turn of the event loop that opened it: LMDB would read another moment's pages through it.
 */
import { mkdirSync } from "node:fs";
import { open, type Database, type RootDatabase } from "lmdb";
import { CommitQueue, StoreFailed } from "./commitQueue";
import type { Arrival } from "./arrivals";
import type { HubTables, TimerKey } from "./hubTables";
import type { Instance } from "./instance";
import {
  findIds,
  moveEntry,
  type FoundIds,
  type InstanceFilter,
  type SearchBounds,
  type StatusRows,
} from "./instanceIndex";
import type { InboxEntry, Message } from "./message";

type Table<Name extends keyof HubTables> = Database<HubTables[Name]["row"], HubTables[Name]["key"]>;

const layout = 2;
const probePauseMs = 1_000;
/** Inbox rows of one instance after which a search for owners jumps over the rest. */
const longInbox = 16;

/** Tables and their keys. Every method must be called inside a commit body, except reads. */
export class HubDatabase {
  readonly #instances: Table<"instances">;
  readonly #byStatus: StatusRows;
  readonly inputs: Table<"inputs">;
  readonly history: Table<"history">;
  readonly inbox: Table<"inbox">;
  readonly tasks: Table<"tasks">;
  readonly timers: Table<"timers">;
  readonly schedules: Table<"schedules">;
  readonly #meta: Table<"meta">;
  readonly #root: RootDatabase;
  readonly #commits: CommitQueue;
  #lastSeq: number;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    // Batching by event turn adds a promise of its own to each commit that nobody can catch: a full disk would end the
    // process. The commit queue groups anyway.
    this.#root = open({ path: directory, maxDbs: 16, overlappingSync: false, eventTurnBatching: false });
    this.#instances = this.#root.openDB("instances", {});
    this.#byStatus = this.#root.openDB("instancesByStatus", {});
    this.inputs = this.#root.openDB("inputs", {});
    this.history = this.#root.openDB("history", {});
    this.inbox = this.#root.openDB("inbox", {});
    this.tasks = this.#root.openDB("tasks", {});
    this.timers = this.#root.openDB("timers", {});
    this.schedules = this.#root.openDB("schedules", {});
    this.#meta = this.#root.openDB("meta", {});
    this.#lastSeq = (this.#meta.get("lastSeq") as number | undefined) ?? 0;
    if (this.#meta.get("layout") !== layout) this.#root.transactionSync(() => this.#addIndex());
    const probe = (): void => void this.#meta.put("probe", Date.now());
    this.#commits = new CommitQueue({ root: this.#root, probe, probePauseMs });
  }

  /** Runs `body` in one transaction; resolves with its value once it is on disk. Rejects with `StoreFailed`. */
  async commit<T>(body: () => T): Promise<T> {
    return this.#commits.commit(body);
  }

  /** Says that the hub cannot be written now, and why; null when it can. */
  get problem(): string | null {
    const { problem } = this.#commits;
    return problem === null ? null : new StoreFailed(problem).message;
  }

  findInstance(instanceId: string): Instance | undefined {
    return this.#instances.get(instanceId);
  }

  /** Writes an instance and its place in the index. `before` is the row it replaces. */
  putInstance(instance: Instance, before: Instance | null): void {
    moveEntry(this.#byStatus, before, instance);
    void this.#instances.put(instance.instanceId, instance);
  }

  removeInstance(instance: Instance): void {
    moveEntry(this.#byStatus, instance, null);
    void this.#instances.remove(instance.instanceId);
  }

  findIds(filter: InstanceFilter, after: string, bounds: SearchBounds): FoundIds {
    return findIds(this.#byStatus, filter, after, bounds);
  }

  /** A hub of before the index gets it once. */
  #addIndex(): void {
    for (const { value } of this.#instances.getRange({})) moveEntry(this.#byStatus, null, value);
    void this.#meta.put("layout", layout);
  }

  nextSeq(): number {
    const seq = this.reserveSeq();
    void this.#meta.put("lastSeq", this.#lastSeq);
    return seq;
  }

  /** A number for a row that `putReserved` will write; the only method that needs no commit around it. */
  reserveSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  /** Puts a message last into an inbox; a start goes first, however many events a continue-as-new carries over. */
  putMessage(instanceId: string, executionId: string | null, message: Message, at: number): void {
    const seq = message.kind === "start" ? 0 : this.nextSeq();
    void this.inbox.put([instanceId, seq], { at, executionId, message });
  }

  /** Puts a message at the place in the inbox that was reserved for it. */
  putReserved(instanceId: string, { seq, at, executionId, message }: Arrival): void {
    void this.#meta.put("lastSeq", this.#lastSeq);
    void this.inbox.put([instanceId, seq], { at, executionId, message });
  }

  readInbox(instanceId: string, limit: number): InboxEntry[] {
    const rows = this.inbox.getRange({ ...rangeOf(instanceId), limit });
    return [...rows.map(({ key, value }) => ({ seq: key[1], ...value }))];
  }

  readHistory(instanceId: string): string[] {
    return [...this.history.getRange(rangeOf(instanceId)).map(({ value }) => value)];
  }

  removeHistory(instanceId: string): void {
    for (const key of [...this.history.getKeys(rangeOf(instanceId))]) void this.history.remove(key);
  }

  removeInbox(instanceId: string): void {
    for (const key of [...this.inbox.getKeys(rangeOf(instanceId))]) void this.inbox.remove(key);
  }

  /** Ids of instances that have something in their inbox, in order, after `after`; fewer than `limit` at the end. */
  readInboxOwners(after: string, limit: number): string[] {
    const owners: string[] = [];
    for (let last = after; owners.length < limit;) {
      const read = this.#readOwners(last, limit - owners.length);
      const next = read.at(-1);
      if (next === undefined) return owners;
      owners.push(...read);
      last = next;
    }
    return owners;
  }

  /** A run of owners, none when there are no more; it ends at an instance whose inbox is long, which is stepped over. */
  #readOwners(after: string, limit: number): string[] {
    const owners: string[] = [];
    let rows = 0;
    for (const [owner] of this.inbox.getKeys({ start: [after, Number.MAX_SAFE_INTEGER] })) {
      rows = owner === owners.at(-1) ? rows + 1 : 0;
      if (rows === longInbox || (rows === 0 && owners.length === limit)) break;
      if (rows === 0) owners.push(owner);
    }
    return owners;
  }

  /** The first `limit` timers of the due index, from `from` on. */
  readTimers(from: TimerKey, limit: number): TimerKey[] {
    return [...this.timers.getKeys({ start: from, limit })];
  }

  async close(): Promise<void> {
    await this.#commits.close();
    // After a failed write LMDB's writer may never finish; the process gives its locks back when it ends.
    if (this.#commits.problem === null) await this.#root.close();
  }
}

function rangeOf(instanceId: string): { start: [string, number]; end: [string, number] } {
  return { start: [instanceId, 0], end: [instanceId, Number.MAX_SAFE_INTEGER] };
}
