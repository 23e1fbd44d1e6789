/**
 * Why a schedule did or did not run, in table `ScheduleEvents`: partition `s_<schedule id>`, row key
 * `<newest first>_<what>`. The key follows from the cause alone, so writing an event again changes nothing.
 */
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { createHash } from "node:crypto";
import type { Page } from "../runs/runs";
import { isConflict, isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { newestFirst } from "../workspace/newestFirst";
import type { ScheduleEvent } from "./schedules";

export interface ScheduleEventStore {
  /** Insert-only: an event that was recorded before stays as it is. */
  record(scheduleId: string, event: ScheduleEvent): Promise<void>;
  /** The token of a page is the key of its last row. */
  list(scheduleId: string, top: number, continuationToken: string | null): Promise<Page<ScheduleEvent>>;
  /** Removes events that are older than an instant, so many at most, from the schedule's oldest on. */
  prune(scheduleId: string, before: string): Promise<void>;
}

interface EventRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly kind: string;
  readonly event: string;
}

const longestEvent = 30_000;
/** Of one transaction. */
const mostPruned = 100;

export function openScheduleEventStore({ workspace }: { readonly workspace: Workspace }): ScheduleEventStore {
  const table = (): Promise<TableClient> => workspace.table("ScheduleEvents");
  return {
    record: async (scheduleId, event) => {
      try {
        await (await table()).createEntity({ ...encodeEvent(scheduleId, event) });
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    },
    prune: async (scheduleId, before) => pruneOldest(await table(), partitionOf(scheduleId), before),
    list: async (scheduleId, top, continuationToken) =>
      readPage(await table(), partitionOf(scheduleId), top, continuationToken),
  };
}

const partitionOf = (scheduleId: string): string => `s_${scheduleId}`;

export function encodeEvent(scheduleId: string, event: ScheduleEvent): EventRow {
  const cause = "firing" in event ? JSON.stringify([event.kind, event.firing]) : event.kind;
  const mark = createHash("sha256").update(cause).digest("hex").slice(0, 16);
  return {
    partitionKey: partitionOf(scheduleId),
    rowKey: `${newestFirst(event.at)}_${mark}`,
    kind: event.kind,
    event: JSON.stringify(shortened(event)),
  };
}

export function decodeEvent(row: EventRow): ScheduleEvent {
  return JSON.parse(row.event) as ScheduleEvent;
}

/** A row holds 32 KB; of very many problems the first ones say enough. */
function shortened(event: ScheduleEvent): ScheduleEvent {
  if (event.kind !== "refused" || JSON.stringify(event).length <= longestEvent) return event;
  return { ...event, problems: event.problems.slice(0, 10) };
}

/** Newest first: what is older than an instant lies behind it. */
async function pruneOldest(client: TableClient, partition: string, before: string): Promise<void> {
  const filter = odata`PartitionKey eq ${partition} and RowKey gt ${`${newestFirst(before)}_~`}`;
  const actions: TransactionAction[] = [];
  const rows = client.listEntities<EventRow>({
    queryOptions: { filter, select: ["PartitionKey", "RowKey"] },
  });
  for await (const { partitionKey, rowKey } of rows) {
    actions.push(["delete", { partitionKey, rowKey }]);
    if (actions.length >= mostPruned) break;
  }
  if (actions.length === 0) return;
  try {
    await client.submitTransaction(actions);
  } catch (error) {
    // Another host removed some of them; the rest goes with the next firing.
    if (!isNotFound(error)) throw error;
  }
}

async function readPage(
  client: TableClient,
  partition: string,
  top: number,
  continuationToken: string | null,
): Promise<Page<ScheduleEvent>> {
  const filter = odata`PartitionKey eq ${partition} and RowKey gt ${continuationToken ?? ""}`;
  const rows: EventRow[] = [];
  for await (const row of client.listEntities<EventRow>({ queryOptions: { filter } })) {
    rows.push(row);
    if (rows.length >= top) break;
  }
  const last = rows.length < top ? undefined : rows.at(-1);
  return { items: rows.map(decodeEvent), continuationToken: last?.rowKey ?? null };
}
