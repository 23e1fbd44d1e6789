/**
 * The ways to a schedule besides its id, in table `ScheduleIndex`. Rows here are hints: they are written before the
 * schedule's row and may outlive what they say, so readers check them against the schedule.
 *
 * | question | partition | row key |
 * | --- | --- | --- |
 * | all, newest first | `all` | `<newest first>_<id>` |
 * | of a pipeline | `pipeline_<pipeline id>` | the same |
 * | of an endpoint | `endpoint_<endpoint id>` | the same |
 * | who watches a folder, how deep | `watch_<hash of account, container, folder>` | `<id>_<token of the watch>` |
 */
import { odata, type TableClient } from "@azure/data-tables";
import { createHash } from "node:crypto";
import { isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { foldersOf, type StandingWatch, type Watch } from "./changeRule";
import { newestFirst } from "../workspace/newestFirst";
import type { Schedule, ScheduleFilter } from "./schedules";

export interface ScheduleIndexStore {
  /** Puts a schedule into its lists. */
  enlist(schedule: Schedule): Promise<void>;
  /** Ids, newest first. */
  listIds(filter: ScheduleFilter, most: number): Promise<readonly string[]>;
  /** `depth`: levels of sub-folders; Infinity = all. */
  addWatch(watch: StandingWatch, id: string, depth: number): Promise<void>;
  removeWatch(watch: StandingWatch, id: string): Promise<void>;
  /** Ids of the schedules that may watch this blob: its own folder, or one around it deep enough. */
  watchers(place: {
    readonly account: string;
    readonly container: string;
    readonly path: string;
  }): Promise<readonly string[]>;
}

interface IndexRow {
  readonly id: string;
  /** Levels of sub-folders, -1 for all; absent = none. */
  readonly depth?: number;
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
    listIds: async (filter, most) =>
      (await readRows(await table(), filterPartition(filter), most)).map(({ id }) => id),
    addWatch: async (watch, id, depth) => {
      const stored = Number.isFinite(depth) ? depth : -1;
      const row = { partitionKey: watchPartition(watch), rowKey: `${id}_${watch.token}`, id, depth: stored };
      await (await table()).upsertEntity(row, "Replace");
    },
    removeWatch: async (watch, id) => {
      try {
        await (await table()).deleteEntity(watchPartition(watch), `${id}_${watch.token}`);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    watchers: async ({ account, container, path }) => {
      const client = await table();
      const found = foldersOf(path).map(async (folder, distance) => {
        const rows = await readRows(client, watchPartition({ account, container, folder }), Infinity);
        return rows.filter(({ depth = 0 }) => depth < 0 || depth >= distance).map(({ id }) => id);
      });
      return [...new Set((await Promise.all(found)).flat())];
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

async function readRows(client: TableClient, partition: string, most: number): Promise<readonly IndexRow[]> {
  const rows: IndexRow[] = [];
  const filter = odata`PartitionKey eq ${partition}`;
  const select = ["id", "depth"];
  for await (const row of client.listEntities<IndexRow>({ queryOptions: { filter, select } })) {
    if (rows.length >= most) break;
    rows.push(row);
  }
  return rows;
}
