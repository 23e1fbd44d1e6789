/**
 * Owns: events between the commit that raised them and their delivery, and the names of the subscriptions that are to
 * get them. Must not: deliver.
 *
 * Invariants:
 * J1. An event is journaled in the transaction that commits its blob, once for every subscription known then that
 *     wants its type; a subscription stays known across restarts until it is forgotten.
 * J2. No endpoint is stored: it carries a key. A subscription names its endpoint again after each start.
 * J3. An event leaves the journal only when it was delivered, or moved to the dead letters with a reason.
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

export interface SubscriptionRow {
  readonly id: number;
  readonly name: string;
  readonly eventTypes: readonly string[];
}

export interface PendingEvent {
  readonly sequence: number;
  readonly event: BlobEvent;
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
  deadLetter(subscription: number, sequence: number, reason: string): Promise<void>;
  /** Dead-letters what a subscription still has and no longer journals for it. */
  forget(subscription: SubscriptionRow, reason: string): Promise<number>;
}

const SUBSCRIPTION_ROW = new JsonRow<SubscriptionRow>();
const EVENT_ROW = new JsonRow<BlobEvent>();
const DEAD_LETTER_ROW = new JsonRow<{ readonly reason: string; readonly event: BlobEvent }>();
const SILENT_CONTAINER = "$logs";

export function openEventJournal(rows: StoreRows, origin: () => EventOrigin): EventJournal {
  const listeners: (() => void)[] = [];
  let known = readKnown(rows);

  function move(
    change: Change,
    subscription: number,
    { sequence, event }: PendingEvent,
    reason: string,
  ): void {
    const key = eventKey(subscription, sequence);
    change.put(rows.deadLetters, key, DEAD_LETTER_ROW.encode({ reason, event }));
    change.remove(rows.events, key);
  }

  return {
    record: (change, happening) => {
      const wanting = known.filter((one) => one.eventTypes.includes(eventTypeOf(happening)));
      if (wanting.length === 0 || happening.container === SILENT_CONTAINER) return;
      const sequence = rows.nextNumber(change, "event");
      const event = EVENT_ROW.encode(buildBlobEvent(origin(), happening, randomUUID(), sequence));
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
    deadLetter: (subscription, sequence, reason) =>
      rows.commits.commit((change) => {
        const event = EVENT_ROW.find(change.get(rows.events, eventKey(subscription, sequence)));
        if (event !== undefined) move(change, subscription, { sequence, event }, reason);
      }),
    forget: async (subscription, reason) => {
      known = known.filter((one) => one.id !== subscription.id);
      await rows.commits.commit((change) => change.remove(rows.subscriptions, textBytes(subscription.name)));
      let dropped = 0;
      for (;;) {
        const left = readPending(rows, subscription.id, 0, 500);
        if (left.length === 0) return dropped;
        await rows.commits.commit((change) => {
          for (const one of left) move(change, subscription.id, one, reason);
        });
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
    event: EVENT_ROW.decode(value),
  }));
}

function eventKey(subscription: number, sequence: number): Buffer {
  return Buffer.concat([idBytes(subscription), longBytes(sequence)]);
}
