/**
 * Finds runs newest first. All lists share one partition, so that the rows of a run are one transaction: a row's
 * key is the name of its list and the reversed instant of the run's creation.
 *
 * Invariants:
 * 1. Index rows are written before the run row. A row counts only when the run exists and was created at the
 *    row's instant: rows of a submission that died or lost are passed over.
 * 2. A page costs one range query of `top` rows and as many point reads, whatever the history.
 * 3. The list `unstarted`, whose keys are run ids, holds every claimed run whose orchestration has not moved it yet, and may hold
 *    some that it has.
 */
import { odata, TableTransaction, type TableClient } from "@azure/data-tables";
import { isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import type { RunFilter, RunRecord } from "./runs";

export interface IndexEntry {
  readonly runId: string;
  readonly createdAt: string;
}

export interface RunIndexStore {
  /** Writes the row of every list that the run belongs to. Safe to repeat. */
  add(
    run: Pick<RunRecord, "runId" | "createdAt" | "pipelineId" | "scheduleId" | "parentRunId">,
    experimentId: string,
  ): Promise<void>;
  /** Entries after `token`, newest first, and where to go on. */
  page(list: string, top: number, token: string | null): Promise<IndexPage>;
  unstarted(): Promise<readonly IndexEntry[]>;
  removeUnstarted(runId: string): Promise<void>;
}

export interface IndexPage {
  readonly entries: readonly IndexEntry[];
  readonly continuationToken: string | null;
}

const partitionKey = "runs";
const unstarted = "unstarted";
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
    async add({ runId, createdAt, pipelineId, scheduleId, parentRunId }, experimentId) {
      const rowKey = indexRowKey({ runId, createdAt });
      const lists = ["all", `experiment-${experimentId}`, `pipeline-${pipelineId}`];
      if (scheduleId !== null) lists.push(`schedule-${scheduleId}`);
      if (parentRunId !== null) lists.push(`parent-${parentRunId}`);
      const keys = [...lists.map((list) => keyIn(list, rowKey)), keyIn(unstarted, runId)];
      const transaction = new TableTransaction();
      for (const key of keys) {
        transaction.upsertEntity({ partitionKey, rowKey: key, runId, createdAt }, "Replace");
      }
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
    async unstarted() {
      const filter = after(unstarted, "");
      const entries: IndexEntry[] = [];
      for await (const row of (await table()).listEntities({ queryOptions: { filter } })) {
        entries.push(decodeEntry(row));
      }
      return entries;
    },
    async removeUnstarted(runId) {
      try {
        await (await table()).deleteEntity(partitionKey, keyIn(unstarted, runId));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

const keyIn = (list: string, key: string): string => `${list}~${key}`;

/** Rows of a list whose key comes after `key`; what follows `~` never begins with another one. */
function after(list: string, key: string): string {
  return odata`PartitionKey eq ${partitionKey} and RowKey gt ${keyIn(list, key)} and RowKey lt ${keyIn(list, "~")}`;
}

function decodeEntry(row: unknown): IndexEntry {
  const { runId, createdAt } = row as { runId?: unknown; createdAt?: unknown };
  if (typeof runId !== "string" || typeof createdAt !== "string") throw new Error("not an index row of runs");
  return { runId, createdAt };
}
