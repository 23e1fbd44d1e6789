/**
 * Every blob event that arrived and what became of it, in table `ScheduleEvents`, spread over eight partitions
 * `j_<0–7>` by hash of the event.
 *
 * | row | key |
 * | --- | --- |
 * | event | `e_<hash>` |
 * | still to be followed up | `p_<arrival>_<hash>`, in the transaction of the event's row, until the outcome is written |
 *
 * Invariants:
 * 1. An event is entered once, by its id and the blob version that it names; entering it again gives back what is there.
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
  readonly change: BlobChange;
}

export interface BlobJournalStore {
  /** Enters an event that is to be followed up; "done" when it was, so there is nothing left to do. */
  enter(
    eventId: unknown,
    change: BlobChange,
    receivedAt: string,
  ): Promise<{ readonly status: "open"; readonly entry: JournalEntry } | { readonly status: "done" }>;
  /** Enters an event that needs nothing, with the reason; id and subject as they came, whatever they are. */
  enterIgnored(eventId: unknown, subject: unknown, receivedAt: string, reason: string): Promise<void>;
  close(entry: JournalEntry, outcome: JournalOutcome): Promise<void>;
  /** Entries that arrived before an instant and have no outcome yet. */
  openBefore(receivedAt: string): Promise<readonly JournalEntry[]>;
}

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
    enter: async (eventId, change, receivedAt) => {
      const entry = { key: keyOf(eventId, `${change.path}\n${change.etag}`), receivedAt, change };
      const row = encodeRow(entry, eventId, change.path, "");
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
      const key = keyOf(eventId, subject);
      const outcome: JournalOutcome = { runs: [], reasons: [reason] };
      const row = encodeRow({ key, receivedAt, change: null }, eventId, subject, JSON.stringify(outcome));
      try {
        await (await table()).createEntity({ ...row });
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    },
    close: async (entry, outcome) => {
      const { partitionKey, rowKey } = followUpRow(entry);
      const actions: TransactionAction[] = [
        ["update", { partitionKey, rowKey: `e_${entry.key}`, outcome: JSON.stringify(outcome) }, "Merge"],
        ["delete", { partitionKey, rowKey }],
      ];
      try {
        await (await table()).submitTransaction(actions);
      } catch (error) {
        // Another host closed the same entry: it did the same, since both go by the same names of runs.
        if (!isNotFound(error)) throw error;
      }
    },
    openBefore: async (receivedAt) => {
      const client = await table();
      return (await Promise.all(partitions.map((each) => readOpen(client, each, receivedAt)))).flat();
    },
  };
}

function keyOf(eventId: unknown, what: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([eventId, what]))
    .digest("hex");
}

const partitionOf = (key: string): string => `j_${parseInt(key.slice(0, 1), 16) % partitions.length}`;

function encodeRow(
  entry: Omit<JournalEntry, "change"> & { readonly change: BlobChange | null },
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

function followUpRow(entry: JournalEntry): { partitionKey: string; rowKey: string; key: string } {
  return {
    partitionKey: partitionOf(entry.key),
    rowKey: `p_${entry.receivedAt}_${entry.key}`,
    key: entry.key,
  };
}

async function readEntered(
  client: TableClient,
  entry: JournalEntry,
): Promise<{ status: "open"; entry: JournalEntry } | { status: "done" }> {
  const row = await client.getEntity<JournalRow>(partitionOf(entry.key), `e_${entry.key}`);
  if (row.outcome !== "") return { status: "done" };
  return { status: "open", entry: { ...entry, receivedAt: row.receivedAt } };
}

async function readOpen(
  client: TableClient,
  partition: string,
  receivedAt: string,
): Promise<readonly JournalEntry[]> {
  const filter = odata`PartitionKey eq ${partition} and RowKey gt ${"p_"} and RowKey lt ${`p_${receivedAt}`}`;
  const entries: JournalEntry[] = [];
  for await (const { key } of client.listEntities<{ key: string }>({
    queryOptions: { filter, select: ["key"] },
  })) {
    const row = await client.getEntity<JournalRow>(partition, `e_${key}`);
    entries.push({ key, receivedAt: row.receivedAt, change: JSON.parse(row.change) as BlobChange });
  }
  return entries;
}
