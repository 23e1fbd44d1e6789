/**
 * Schedules and their due rows in table `Schedules`.
 *
 * Invariants:
 * 1. A due row exists exactly while its schedule waits for that instant: both are written in one transaction.
 * 2. A change is made to the row that was read, or not at all (ETag).
 * 3. Finding what is due costs one range query per bucket, whatever the number of schedules.
 */
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import {
  bucketOf,
  buckets,
  decodeSchedule,
  dueAtOf,
  dueRange,
  encodeDue,
  encodeSchedule,
  scheduleRowKey,
  type DueRow,
  type ScheduleRow,
  type ScheduleState,
} from "./scheduleRow";

export interface StoredSchedule extends ScheduleState {
  /** ETag of the row that was read; it changes with firing as well. */
  readonly rowEtag: string;
}

export interface ScheduleStore {
  insert(state: ScheduleState): Promise<void>;
  read(id: string): Promise<StoredSchedule | undefined>;
  /** Writes schedule and due row in one step; "changed" when another writer came first, and then nothing is written. */
  replace(before: StoredSchedule, after: ScheduleState): Promise<"done" | "changed">;
  /** The schedules that wait for something at or before an instant, longest due first within a bucket. */
  findDue(until: number): Promise<readonly DueSchedule[]>;
}

export interface DueSchedule {
  readonly id: string;
  readonly dueAt: number;
  readonly isPoll: boolean;
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function openScheduleStore({ workspace }: { readonly workspace: Workspace }): ScheduleStore {
  const table = (): Promise<TableClient> => workspace.table("Schedules");
  return {
    insert: async (state) => {
      await (await table()).submitTransaction(insertion(state));
    },
    read: async (id) => (idForm.test(id) ? readSchedule(await table(), id) : undefined),
    replace: async (before, after) => {
      try {
        await (await table()).submitTransaction(replacement(before, after));
        return "done";
      } catch (error) {
        if (isPreconditionFailed(error) || isNotFound(error)) return "changed";
        throw error;
      }
    },
    findDue: async (until) => {
      const client = await table();
      const found = await Promise.all(buckets.map((bucket) => findDueIn(client, bucket, until)));
      return found.flat();
    },
  };
}

function insertion(state: ScheduleState): TransactionAction[] {
  const { due, schedule } = state;
  const rows = [encodeSchedule(state), ...(due === null ? [] : [encodeDue(schedule.id, due)])];
  return rows.map((row) => ["create", { ...row }]);
}

function replacement(before: StoredSchedule, after: ScheduleState): TransactionAction[] {
  const { id } = after.schedule;
  const old = before.due === null ? undefined : encodeDue(id, before.due);
  const fresh = after.due === null ? undefined : encodeDue(id, after.due);
  const actions: TransactionAction[] = [
    ["update", { ...encodeSchedule(after) }, "Replace", { etag: before.rowEtag }],
  ];
  if (old?.rowKey === fresh?.rowKey) return actions;
  if (old !== undefined) actions.push(["delete", { partitionKey: old.partitionKey, rowKey: old.rowKey }]);
  if (fresh !== undefined) actions.push(["create", { ...fresh }]);
  return actions;
}

async function readSchedule(client: TableClient, id: string): Promise<StoredSchedule | undefined> {
  try {
    const row = await client.getEntity<ScheduleRow>(bucketOf(id), scheduleRowKey(id));
    return { ...decodeSchedule(row), rowEtag: row.etag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function findDueIn(
  client: TableClient,
  bucket: string,
  until: number,
): Promise<readonly DueSchedule[]> {
  const [from, to] = dueRange(until);
  const filter = odata`PartitionKey eq ${bucket} and RowKey gt ${from} and RowKey lt ${to}`;
  const found: DueSchedule[] = [];
  const select = ["RowKey", "id", "kind"];
  for await (const row of client.listEntities<DueRow>({ queryOptions: { filter, select } }))
    found.push({ id: row.id, dueAt: dueAtOf(row), isPoll: row.kind === "poll" });
  return found;
}
