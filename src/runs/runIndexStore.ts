/**
 * Finds runs newest first. All lists share one partition, so that the rows of a run are one transaction: a row's
 * key is the name of its list and the reversed instant of the run's creation.
 *
 * Invariants:
 * 1. Index rows are written before the run row. A row counts only when the run exists and was created at the
 *    row's instant: rows of a submission that died or lost are passed over.
 * 2. A page costs one range query of `top` rows and as many point reads, whatever the history.
 * 3. The list `open`, one row per submission, holds every claimed run that has not ended, for the watchdog; it may
 *    hold more: runs that have ended, and submissions that died or lost. A row names all rows of its submission.
 * 4. The list `queue-<pipeline>`, oldest first, holds every claimed run that waits for a slot of its pipeline; it may
 *    hold more.
 */
import { odata, TableTransaction, type TableClient } from "@azure/data-tables";
import { isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { readJsonColumn } from "./rowText";
import type { RunFilter, RunRecord } from "./runs";

export interface IndexEntry {
  readonly runId: string;
  readonly createdAt: string;
}

/** A submission that the watchdog looks after. */
export interface OpenEntry extends IndexEntry {
  readonly token: string;
  /** Keys of the rows that the lists have of it. */
  readonly listKeys: readonly string[];
}

export interface QueuedEntry extends IndexEntry {
  readonly token: string;
}

type IndexedRun = Pick<
  RunRecord,
  "runId" | "createdAt" | "pipelineId" | "scheduleId" | "parentRunId" | "runsAtOnce"
>;

export interface RunIndexStore {
  /** Writes the row of every list that the run belongs to. Safe to repeat. */
  add(run: IndexedRun, experimentId: string, token: string): Promise<void>;
  /** Entries after `token`, newest first, and where to go on. */
  page(list: string, top: number, token: string | null): Promise<IndexPage>;
  /** In the order of their run ids. */
  open(): AsyncIterable<OpenEntry>;
  removeOpen(runId: string, token: string): Promise<void>;
  /** Runs of a pipeline that wait for a slot, oldest first. */
  queued(pipelineId: string): AsyncIterable<QueuedEntry>;
  removeQueued(run: Pick<RunRecord, "runId" | "createdAt" | "pipelineId">, token: string): Promise<void>;
  /** Removes every row of a submission, the one of `open` last. */
  removeSubmission(entry: OpenEntry, lists: "with-lists" | "without-lists"): Promise<void>;
}

export interface IndexPage {
  readonly entries: readonly IndexEntry[];
  readonly continuationToken: string | null;
}

const partitionKey = "runs";
const open = "open";
const latestMs = 9_999_999_999_999;

/** Keys of one list sort from new to old, runs of one instant by id. */
export function indexRowKey({ runId, createdAt }: IndexEntry): string {
  const reversed = latestMs - Date.parse(createdAt);
  return `${String(reversed).padStart(13, "0")}_${runId}`;
}

/** Name of the list that a filter means. */
export function listOf(filter: RunFilter, experimentIdOf: (name: string) => string): string {
  switch (filter.kind) {
    case "all":
      return "all";
    case "experiment":
      return `experiment-${experimentIdOf(filter.experimentName)}`;
    case "pipeline":
      return `pipeline-${filter.pipelineId}`;
    case "schedule":
      return `schedule-${filter.scheduleId}`;
    case "parent":
      return `parent-${filter.parentRunId}`;
  }
}

export function createRunIndexStore(workspace: Workspace): RunIndexStore {
  const table = (): Promise<TableClient> => workspace.table("RunIndex");
  return {
    async add({ runId, createdAt, pipelineId, scheduleId, parentRunId, runsAtOnce }, experimentId, token) {
      const rowKey = indexRowKey({ runId, createdAt });
      const lists = ["all", `experiment-${experimentId}`, `pipeline-${pipelineId}`];
      if (scheduleId !== null) lists.push(`schedule-${scheduleId}`);
      if (parentRunId !== null) lists.push(`parent-${parentRunId}`);
      const listKeys = lists.map((list) => keyIn(list, rowKey));
      const columns = { partitionKey, runId, createdAt };
      const transaction = new TableTransaction();
      for (const key of listKeys) transaction.upsertEntity({ ...columns, rowKey: key }, "Replace");
      if (runsAtOnce !== null) {
        const key = queueKey({ runId, createdAt, pipelineId }, token);
        transaction.upsertEntity({ ...columns, rowKey: key, token }, "Replace");
        listKeys.push(key);
      }
      const openRow = {
        ...columns,
        rowKey: openKey(runId, token),
        token,
        listKeys: JSON.stringify(listKeys),
      };
      transaction.upsertEntity(openRow, "Replace");
      await (await table()).submitTransaction(transaction.actions);
    },
    async page(list, top, token) {
      const filter = after(list, token ?? "");
      const pages = (await table())
        .listEntities({ queryOptions: { filter } })
        .byPage({ maxPageSize: top + 1 });
      const first = await pages.next();
      const rows = (first.done === true ? [] : first.value).map(decodeEntry);
      const entries = rows.slice(0, top);
      const last = entries.at(-1);
      return {
        entries,
        continuationToken: rows.length > top && last !== undefined ? indexRowKey(last) : null,
      };
    },
    async *open() {
      for await (const row of rowsOf(await table(), open)) yield decodeOpen(row);
    },
    removeOpen: async (runId, token) => remove(await table(), openKey(runId, token)),
    async *queued(pipelineId) {
      for await (const row of rowsOf(await table(), queueOf(pipelineId))) {
        yield { ...decodeEntry(row), token: textOf(row, "token") };
      }
    },
    removeQueued: async (run, token) => remove(await table(), queueKey(run, token)),
    async removeSubmission({ runId, token, listKeys }, lists) {
      const client = await table();
      if (lists === "with-lists") await Promise.all(listKeys.map((key) => remove(client, key)));
      await remove(client, openKey(runId, token));
    },
  };
}

function rowsOf(client: TableClient, list: string): AsyncIterable<unknown> {
  return client.listEntities({ queryOptions: { filter: after(list, "") } });
}

async function remove(client: TableClient, rowKey: string): Promise<void> {
  try {
    await client.deleteEntity(partitionKey, rowKey);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

const queueOf = (pipelineId: string): string => `queue-${pipelineId}`;
const openKey = (runId: string, token: string): string => keyIn(open, `${runId}_${token}`);

function queueKey(
  { runId, createdAt, pipelineId }: Pick<RunRecord, "runId" | "createdAt" | "pipelineId">,
  token: string,
): string {
  return keyIn(queueOf(pipelineId), `${String(Date.parse(createdAt)).padStart(13, "0")}_${runId}_${token}`);
}

const keyIn = (list: string, key: string): string => `${list}~${key}`;

/** Rows of a list whose key comes after `key`; what follows `~` never begins with another one. */
function after(list: string, key: string): string {
  return odata`PartitionKey eq ${partitionKey} and RowKey gt ${keyIn(list, key)} and RowKey lt ${keyIn(list, "~")}`;
}

function decodeEntry(row: unknown): IndexEntry {
  return { runId: textOf(row, "runId"), createdAt: textOf(row, "createdAt") };
}

function decodeOpen(row: unknown): OpenEntry {
  const listKeys = readJsonColumn(textOf(row, "listKeys")) as readonly string[];
  return { ...decodeEntry(row), token: textOf(row, "token"), listKeys };
}

function textOf(row: unknown, column: string): string {
  const value = (row as Readonly<Record<string, unknown>>)[column];
  if (typeof value !== "string") throw new Error(`not an index row of runs: it has no ${column}`);
  return value;
}
