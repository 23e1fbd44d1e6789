/**
 * Why a schedule did or did not run, in table `ScheduleEvents`: partition `s_<schedule id>`, row key
 * `<newest first>_<what>`. The key follows from the cause alone, so writing an event again changes nothing.
 */
import { odata, type TableClient } from "@azure/data-tables";
import { createHash } from "node:crypto";
import type { Page } from "../runs/runs";
import { isConflict } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { newestFirst } from "../workspace/newestFirst";
import type { ScheduleEvent } from "./schedules";

export interface ScheduleEventStore {
  /** Insert-only: an event that was recorded before stays as it is. */
  record(scheduleId: string, event: ScheduleEvent): Promise<void>;
  list(scheduleId: string, top: number, continuationToken: string | null): Promise<Page<ScheduleEvent>>;
}

interface EventRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly kind: string;
  readonly event: string;
}

const longestEvent = 30_000;

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

async function readPage(
  client: TableClient,
  partition: string,
  top: number,
  continuationToken: string | null,
): Promise<Page<ScheduleEvent>> {
  const pages = client
    .listEntities<EventRow>({ queryOptions: { filter: odata`PartitionKey eq ${partition}` } })
    .byPage({
      maxPageSize: top,
      ...(continuationToken !== null && { continuationToken }),
    });
  const page = await pages.next();
  if (page.done === true) return { items: [], continuationToken: null };
  const items = page.value.map((row) => decodeEvent(row as EventRow));
  return { items, continuationToken: page.value.continuationToken ?? null };
}
