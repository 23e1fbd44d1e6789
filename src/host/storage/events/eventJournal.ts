/**
 * Owns: events between the commit that raised them and their delivery, and the names of the subscriptions that are to
 * get them. Must not: deliver.
 *
 * Invariants:
 * J1. An event is journaled in the transaction that commits its blob, once for every subscription known then that
 *     wants its type; a subscription stays known across restarts until it is forgotten.
 * J2. No endpoint is stored: it carries a key. A subscription names its endpoint again after each start.
 * J3. An event leaves the journal only when it was delivered, or moved to the dead letters with a reason.
 * J4. Failed attempts are counted across restarts, so an event that nobody takes is given up after a bounded time.
 */
import { randomUUID } from "node:crypto";

import type { Change } from "../store/groupCommit";
import { afterPrefix, idBytes, longBytes, textBytes } from "../store/rowKey";
import { JsonRow } from "../store/jsonRow";
import type { StoreRows } from "../store/storeRows";
import {
  buildBlobEvent,
  eventTypeOf,
  type BlobEvent,
  type BlobHappening,
  type EventOrigin,
} from "./blobEvent";
import { openDeadLetters, type DeadLetters } from "./deadLetters";

export interface SubscriptionRow {
  readonly id: number;
  readonly name: string;
  readonly eventTypes: readonly string[];
}

export interface PendingEvent {
  readonly sequence: number;
  readonly event: BlobEvent;
  /** Undefined before the first failure. */
  readonly failed: FailedAttempts | undefined;
}

export interface FailedAttempts {
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
}

interface EventRow {
  readonly event: BlobEvent;
  readonly failed?: FailedAttempts;
}

export interface EventJournal {
  /** J1. Events of `$logs` are not raised, as in Azure. */
  record(change: Change, happening: BlobHappening): void;
  /** Calls `listener` after each commit that journaled an event. */
  onRecorded(listener: () => void): void;
  /** Makes a subscription known, or updates the types it wants. */
  know(name: string, eventTypes: readonly string[]): Promise<SubscriptionRow>;
  known(): readonly SubscriptionRow[];
  pending(subscription: number, after: number, limit: number): readonly PendingEvent[];
  delivered(subscription: number, sequences: readonly number[]): Promise<void>;
  /** J4. */
  failed(subscription: number, sequence: number, failed: FailedAttempts): Promise<void>;
  deadLetter(subscription: SubscriptionRow, sequence: number, given: GivenUp): Promise<void>;
  readonly deadLetters: DeadLetters;
  /** Dead-letters what a subscription still has and no longer journals for it. */
  forget(subscription: SubscriptionRow, reason: string): Promise<number>;
}

/** Why an event was given up. */
export interface GivenUp {
  readonly reason: string;
  readonly attempts: number;
}

const SUBSCRIPTION_ROW = new JsonRow<SubscriptionRow>();
const EVENT_ROW = new JsonRow<EventRow>();
const SILENT_CONTAINER = "$logs";

export function openEventJournal(
  rows: StoreRows,
  origin: () => EventOrigin,
  now: () => number,
): EventJournal {
  const listeners: (() => void)[] = [];
  const deadLetters = openDeadLetters(rows, now);
  let known = readKnown(rows);

  function move(change: Change, { id, name }: SubscriptionRow, sequence: number, given: GivenUp): void {
    const key = eventKey(id, sequence);
    const row = EVENT_ROW.find(change.get(rows.events, key));
    if (row === undefined) return;
    deadLetters.add(change, key, { subscription: name, ...given, at: now(), event: row.event });
    change.remove(rows.events, key);
  }

  return {
    record: (change, happening) => {
      const wanting = known.filter((one) => one.eventTypes.includes(eventTypeOf(happening)));
      if (wanting.length === 0 || happening.container === SILENT_CONTAINER) return;
      const sequence = rows.nextNumber(change, "event");
      const event = EVENT_ROW.encode({
        event: buildBlobEvent(origin(), happening, randomUUID(), sequence),
      });
      for (const one of wanting) change.put(rows.events, eventKey(one.id, sequence), event);
      change.afterCommit(() => {
        for (const listener of listeners) listener();
      });
    },
    onRecorded: (listener) => listeners.push(listener),
    know: async (name, eventTypes) => {
      const row = await rows.commits.commit((change) => {
        const stored = SUBSCRIPTION_ROW.find(change.get(rows.subscriptions, textBytes(name)));
        const updated = { id: stored?.id ?? rows.nextNumber(change, "subscription"), name, eventTypes };
        change.put(rows.subscriptions, textBytes(name), SUBSCRIPTION_ROW.encode(updated));
        return updated;
      });
      known = [...known.filter((one) => one.name !== name), row];
      return row;
    },
    known: () => known,
    pending: (subscription, after, limit) => readPending(rows, subscription, after, limit),
    delivered: (subscription, sequences) =>
      rows.commits.commit((change) => {
        for (const sequence of sequences) change.remove(rows.events, eventKey(subscription, sequence));
      }),
    failed: (subscription, sequence, failed) =>
      rows.commits.commit((change) => {
        const key = eventKey(subscription, sequence);
        const row = EVENT_ROW.find(change.get(rows.events, key));
        if (row !== undefined) change.put(rows.events, key, EVENT_ROW.encode({ ...row, failed }));
      }),
    deadLetters,
    deadLetter: async (subscription, sequence, given) => {
      await rows.commits.commit((change) => move(change, subscription, sequence, given));
      await deadLetters.prune();
    },
    forget: async (subscription, reason) => {
      known = known.filter((one) => one.id !== subscription.id);
      await rows.commits.commit((change) => change.remove(rows.subscriptions, textBytes(subscription.name)));
      let dropped = 0;
      for (;;) {
        const left = readPending(rows, subscription.id, 0, 500);
        if (left.length === 0) return dropped;
        await rows.commits.commit((change) => {
          for (const { sequence, failed } of left)
            move(change, subscription, sequence, { reason, attempts: failed?.attempts ?? 0 });
        });
        await deadLetters.prune();
        dropped += left.length;
      }
    },
  };
}

function readKnown(rows: StoreRows): readonly SubscriptionRow[] {
  return [...rows.subscriptions.getRange({})].map(({ value }) => SUBSCRIPTION_ROW.decode(value));
}

function readPending(
  rows: StoreRows,
  subscription: number,
  after: number,
  limit: number,
): readonly PendingEvent[] {
  const start = eventKey(subscription, after + 1);
  const end = afterPrefix(idBytes(subscription));
  return [...rows.events.getRange({ start, end, limit })].map(({ key, value }) => ({
    sequence: Number(Buffer.from(key).readBigUInt64BE(4)),
    ...withFailures(EVENT_ROW.decode(value)),
  }));
}

function withFailures({ event, failed }: EventRow): Omit<PendingEvent, "sequence"> {
  return { event, failed };
}

function eventKey(subscription: number, sequence: number): Buffer {
  return Buffer.concat([idBytes(subscription), longBytes(sequence)]);
}
