/** How long the journals keep what is over, and when they are looked through. */
import type { Workspace } from "../workspace/workspace";
import type { BlobJournalStore } from "./blobJournalStore";
import type { ScheduleEventStore } from "./scheduleEventStore";
import { isoOf } from "./scheduleRow";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What is older than this is no longer kept. */
function keptSince({ config }: Workspace, now: Date): string {
  return isoOf(now.getTime() - config.journalDays * dayMs);
}

interface KeepParts {
  readonly workspace: Workspace;
  readonly journal: BlobJournalStore;
  readonly events: ScheduleEventStore;
}

/** The journal of blobs gives up some of what is old at each tick, so that no tick costs much. */
export async function pruneJournal({ workspace, journal }: KeepParts, now: Date): Promise<readonly string[]> {
  await journal.prune(keptSince(workspace, now));
  return [];
}

/**
 * A schedule gives up some of its old events when it is done with an hour: the cost stays that of what is due.
 * Both in milliseconds since 1970; `next` undefined = nothing is due any more.
 */
export async function pruneEvents(
  { workspace, events }: KeepParts,
  scheduleId: string,
  now: Date,
  was: number,
  next: number | undefined,
): Promise<void> {
  const hourOf = (instant: number): number => Math.floor(instant / hourMs);
  if (next !== undefined && hourOf(was) === hourOf(next)) return;
  await events.prune(scheduleId, keptSince(workspace, now));
}
