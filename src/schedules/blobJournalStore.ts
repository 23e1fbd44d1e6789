/**
 * Every blob event that arrived, every change that a sweep found, and what became of it, in table `ScheduleEvents`,
 * spread over eight partitions `j_<0–7>` by hash.
 *
 * | row | key |
 * | --- | --- |
 * | event | `e_<hash>`: of the blob's version, or of event id and subject where it names none |
 * | still to be followed up | `p_<when>_<hash>`, in the transaction of the event's row, until the outcome is written |
 * | over | `t_<arrival>_<hash>`, from the outcome on: what is old is found by it |
 *
 * Invariants:
 * 1. A version of a blob is entered once, whoever tells of it and how often; entering it again gives back what is there.
 * 2. An event whose outcome is not written has a follow-up row, so nothing that was accepted is forgotten.
 */
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { createHash } from "node:crypto";
import { isConflict, isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import type { BlobChange } from "./changeRule";

/** What an event did, in words for people; runs by id. */
export interface JournalOutcome {
  readonly runs: readonly string[];
  /** Why nothing was started, where nothing was. */
  readonly reasons: readonly string[];
}

export interface JournalEntry {
  readonly key: string;
  readonly receivedAt: string;
  /** When a tick takes it up, if it is still open then. */
  readonly followUpAt: string;
  readonly change: BlobChange;
}

export interface BlobJournalStore {
  /** Enters a change that is to be followed up; "done" when it was, so there is nothing left to do. */
  enter(
    source: string,
    change: BlobChange,
    receivedAt: string,
  ): Promise<{ readonly status: "open"; readonly entry: JournalEntry } | { readonly status: "done" }>;
  /** Enters an event that needs nothing, with the reason; id and subject as they came, whatever they are. */
  enterIgnored(eventId: unknown, subject: unknown, receivedAt: string, reason: string): Promise<void>;
  close(entry: JournalEntry, outcome: JournalOutcome): Promise<void>;
  /** Leaves an entry open until later; without effect when another host closed or postponed it. */
  postpone(entry: JournalEntry, followUpAt: string): Promise<void>;
  /** Removes entries that are over and arrived before an instant, so many at most. */
  prune(before: string): Promise<void>;
  /** Entries that are to be taken up at or before an instant. */
  openBefore(at: string): Promise<readonly JournalEntry[]>;
}

/** An entry this old is no longer in the hands of the call that brought it. */
const takeUpAfterMs = 60_000;

interface JournalRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly eventId: string;
  readonly receivedAt: string;
  readonly subject: string;
  readonly change: string;
  /** Empty = not followed up yet. */
  readonly outcome: string;
}

const partitions: readonly string[] = [...Array(8).keys()].map((number) => `j_${number}`);

export function openBlobJournalStore({ workspace }: { readonly workspace: Workspace }): BlobJournalStore {
  const table = (): Promise<TableClient> => workspace.table("ScheduleEvents");
  return {
    enter: async (source, change, receivedAt) => {
      const followUpAt = new Date(Date.parse(receivedAt) + takeUpAfterMs).toISOString();
      const version = [change.account, change.container, change.path, change.etag];
      const entry = { key: keyOf(version), receivedAt, followUpAt, change };
      const row = encodeRow(entry, source, change.path, "");
      try {
        await (
          await table()
        ).submitTransaction([
          ["create", { ...row }],
          ["create", followUpRow(entry)],
        ]);
        return { status: "open", entry };
      } catch (error) {
        if (!isConflict(error)) throw error;
        return readEntered(await table(), entry);
      }
    },
    enterIgnored: async (eventId, subject, receivedAt, reason) => {
      const key = keyOf([eventId, subject]);
      const outcome: JournalOutcome = { runs: [], reasons: [reason] };
      const row = encodeRow({ key, receivedAt, change: null }, eventId, subject, JSON.stringify(outcome));
      try {
        await (
          await table()
        ).submitTransaction([
          ["create", { ...row }],
          ["create", overRow({ key, receivedAt })],
        ]);
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    },
    close: async (entry, outcome) => {
      const { partitionKey, rowKey } = followUpRow(entry);
      const actions: TransactionAction[] = [
        ["update", { partitionKey, rowKey: `e_${entry.key}`, outcome: JSON.stringify(outcome) }, "Merge"],
        ["delete", { partitionKey, rowKey }],
        ["upsert", overRow(entry)],
      ];
      try {
        await (await table()).submitTransaction(actions);
      } catch (error) {
        // Another host closed the same entry: it did the same, since both go by the same names of runs.
        if (!isNotFound(error)) throw error;
      }
    },
    postpone: async (entry, followUpAt) => {
      const { partitionKey, rowKey } = followUpRow(entry);
      const later = followUpRow({ ...entry, followUpAt });
      if (later.rowKey === rowKey) return;
      const actions: TransactionAction[] = [
        ["delete", { partitionKey, rowKey }],
        ["create", later],
      ];
      try {
        await (await table()).submitTransaction(actions);
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    },
    prune: async (before) => {
      const client = await table();
      await Promise.all(partitions.map((each) => pruneOver(client, each, before)));
    },
    openBefore: async (at) => {
      const client = await table();
      return (await Promise.all(partitions.map((each) => readOpen(client, each, at)))).flat();
    },
  };
}

function keyOf(what: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(what)).digest("hex");
}

const partitionOf = (key: string): string => `j_${parseInt(key.slice(0, 1), 16) % partitions.length}`;

function encodeRow(
  entry: Pick<JournalEntry, "key" | "receivedAt"> & { readonly change: BlobChange | null },
  eventId: unknown,
  subject: unknown,
  outcome: string,
): JournalRow {
  return {
    partitionKey: partitionOf(entry.key),
    rowKey: `e_${entry.key}`,
    eventId: shorten(eventId, 200),
    receivedAt: entry.receivedAt,
    subject: shorten(subject, 2_000),
    change: JSON.stringify(entry.change),
    outcome,
  };
}

const shorten = (text: unknown, most: number): string =>
  typeof text === "string" ? text.slice(0, most) : "";

function followUpRow(entry: Pick<JournalEntry, "key" | "followUpAt">): {
  partitionKey: string;
  rowKey: string;
  key: string;
} {
  return {
    partitionKey: partitionOf(entry.key),
    rowKey: `p_${entry.followUpAt}_${entry.key}`,
    key: entry.key,
  };
}

function overRow(entry: Pick<JournalEntry, "key" | "receivedAt">): {
  partitionKey: string;
  rowKey: string;
  key: string;
} {
  const { key, receivedAt } = entry;
  return { partitionKey: partitionOf(key), rowKey: `t_${receivedAt}_${key}`, key };
}

/** Two rows an entry in one transaction, which holds 100. */
const mostPruned = 50;

async function pruneOver(client: TableClient, partition: string, before: string): Promise<void> {
  const filter = odata`PartitionKey eq ${partition} and RowKey gt ${"t_"} and RowKey lt ${`t_${before}`}`;
  const actions: TransactionAction[] = [];
  const select = ["RowKey", "key"];
  const rows = client.listEntities<{ rowKey: string; key: string }>({ queryOptions: { filter, select } });
  for await (const { rowKey, key } of rows) {
    actions.push(["delete", { partitionKey: partition, rowKey }]);
    actions.push(["delete", { partitionKey: partition, rowKey: `e_${key}` }]);
    if (actions.length >= 2 * mostPruned) break;
  }
  if (actions.length === 0) return;
  try {
    await client.submitTransaction(actions);
  } catch (error) {
    // Another host removed some of them; the rest goes with a later tick.
    if (!isNotFound(error)) throw error;
  }
}

async function readEntered(
  client: TableClient,
  entry: JournalEntry,
): Promise<{ status: "open"; entry: JournalEntry } | { status: "done" }> {
  const row = await client.getEntity<JournalRow>(partitionOf(entry.key), `e_${entry.key}`);
  if (row.outcome !== "") return { status: "done" };
  const { receivedAt } = row;
  const followUpAt = new Date(Date.parse(receivedAt) + takeUpAfterMs).toISOString();
  return { status: "open", entry: { ...entry, receivedAt, followUpAt } };
}

async function readOpen(
  client: TableClient,
  partition: string,
  at: string,
): Promise<readonly JournalEntry[]> {
  const filter = odata`PartitionKey eq ${partition} and RowKey gt ${"p_"} and RowKey lt ${`p_${at}~`}`;
  const entries: JournalEntry[] = [];
  const select = ["RowKey", "key"];
  for await (const { rowKey, key } of client.listEntities<{ rowKey: string; key: string }>({
    queryOptions: { filter, select },
  })) {
    const row = await client.getEntity<JournalRow>(partition, `e_${key}`);
    const followUpAt = rowKey.slice(2, rowKey.indexOf("_", 2));
    entries.push({ key, receivedAt: row.receivedAt, followUpAt, change: decodeChange(row.change) });
  }
  return entries;
}

/** Rows of an earlier version say neither type nor size. */
function decodeChange(text: string): BlobChange {
  const change = JSON.parse(text) as Omit<BlobChange, "blobType" | "size"> & Partial<BlobChange>;
  return { ...change, blobType: change.blobType ?? "", size: change.size ?? null };
}
