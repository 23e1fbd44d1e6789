/**
 * The ways to a schedule besides its id, in table `ScheduleIndex`. Rows here are hints: they are written before the
 * schedule's row and may outlive what they say, so readers check them against the schedule.
 *
 * | question | partition | row key |
 * | --- | --- | --- |
 * | all, newest first | `all` | `<newest first>_<id>` |
 * | of a pipeline | `pipeline_<pipeline id>` | the same |
 * | of an endpoint | `endpoint_<endpoint id>` | the same |
 * | who watches a folder | `watch_<hash of account, container, folder>` | `<id>_<token of the watch>` |
 */
import { odata, type TableClient } from "@azure/data-tables";
import { createHash } from "node:crypto";
import { isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import type { StandingWatch, Watch } from "./changeRule";
import { newestFirst } from "../workspace/newestFirst";
import type { Schedule, ScheduleFilter } from "./schedules";

export interface ScheduleIndexStore {
  /** Puts a schedule into its lists. */
  enlist(schedule: Schedule): Promise<void>;
  /** Ids, newest first. */
  listIds(filter: ScheduleFilter, most: number): Promise<readonly string[]>;
  addWatch(watch: StandingWatch, id: string): Promise<void>;
  removeWatch(watch: StandingWatch, id: string): Promise<void>;
  /** Ids of the schedules that may watch this place. */
  watchers(watch: Watch): Promise<readonly string[]>;
}

interface IndexRow {
  readonly id: string;
}

export function openScheduleIndexStore({ workspace }: { readonly workspace: Workspace }): ScheduleIndexStore {
  const table = (): Promise<TableClient> => workspace.table("ScheduleIndex");
  return {
    enlist: async (schedule) => {
      const client = await table();
      const rowKey = `${newestFirst(schedule.createdAt)}_${schedule.id}`;
      const put = (partitionKey: string): Promise<unknown> =>
        client.upsertEntity({ partitionKey, rowKey, id: schedule.id }, "Replace");
      await Promise.all(["all", targetPartition(schedule)].map(put));
    },
    listIds: async (filter, most) => readIds(await table(), filterPartition(filter), most),
    addWatch: async (watch, id) => {
      const row = { partitionKey: watchPartition(watch), rowKey: `${id}_${watch.token}`, id };
      await (await table()).upsertEntity(row, "Replace");
    },
    removeWatch: async (watch, id) => {
      try {
        await (await table()).deleteEntity(watchPartition(watch), `${id}_${watch.token}`);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    watchers: async (watch) => {
      const ids = await readIds(await table(), watchPartition(watch), Infinity);
      return [...new Set(ids)];
    },
  };
}

function targetPartition({ target }: Schedule): string {
  return target.kind === "pipeline" ? `pipeline_${target.pipelineId}` : `endpoint_${target.endpointId}`;
}

function filterPartition(filter: ScheduleFilter): string {
  switch (filter.kind) {
    case "all":
      return "all";
    case "pipeline":
      return `pipeline_${filter.pipelineId}`;
    case "endpoint":
      return `endpoint_${filter.endpointId}`;
  }
}

/** Hashed, since a folder may hold what a key may not, and may be longer than one. */
export function watchPartition({ account, container, folder }: Watch): string {
  return `watch_${createHash("sha256").update(`${account}/${container}/${folder}`).digest("hex")}`;
}

async function readIds(client: TableClient, partition: string, most: number): Promise<readonly string[]> {
  const ids: string[] = [];
  const filter = odata`PartitionKey eq ${partition}`;
  for await (const row of client.listEntities<IndexRow>({ queryOptions: { filter, select: ["id"] } })) {
    if (ids.length >= most) break;
    ids.push(row.id);
  }
  return ids;
}
