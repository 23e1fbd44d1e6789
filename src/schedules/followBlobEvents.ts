/**
 * From a blob event to the runs that it causes. Source: design decisions 6 and 8, spec azureml-v1.md §5.6 and §6.4.
 *
 * Invariants:
 * 1. Nothing is started before the event is in the journal.
 * 2. Malformed and unmatched events are journaled with the reason and are no errors. Those of system containers leave
 *    nothing: the app causes them itself, several with each step, wherever a subscription does not keep them away.
 * 3. Only a journal that cannot be reached makes an event come again; all else is taken up by a later tick.
 */
import { assertNever } from "../model/assertNever";
import type { RunEngine } from "../runs/runs";
import type { BlobJournalStore, JournalEntry, JournalOutcome } from "./blobJournalStore";
import { isSystemContainer } from "../model/systemContainers";
import { decideChange, folderOf, parseBlobEvent, type BlobChange } from "./changeRule";
import { fireSchedule, type FiringParts } from "./fireSchedule";
import type { ScheduleIndexStore } from "./scheduleIndexStore";
import { blobEventAbandoned, blobEventFailed } from "./scheduleLog";
import type { BlobEvent, Firing } from "./schedules";
import type { ScheduleStore, StoredSchedule } from "./scheduleStore";

export interface BlobEventParts extends FiringParts {
  readonly store: ScheduleStore;
  readonly index: ScheduleIndexStore;
  readonly journal: BlobJournalStore;
}

/** An entry this old is no longer in the hands of the call that brought it. */
const takeUpAfterMs = 60_000;
const giveUpAfterMs = 24 * 3_600_000;

/** Runs that it started. */
export async function followBlobEvent(
  parts: BlobEventParts,
  event: BlobEvent,
  engine: RunEngine,
): Promise<readonly string[]> {
  const receivedAt = parts.workspace.clock.now().toISOString();
  const ignore = async (reason: string): Promise<readonly string[]> => {
    await parts.journal.enterIgnored(event.id, event.subject, receivedAt, reason);
    return [];
  };
  const parsed = parseBlobEvent(event);
  if (!parsed.ok) return ignore(parsed.reason);
  const { change } = parsed;
  if (isSystemContainer(change.container)) return [];
  const watchers = await findWatchers(parts, change);
  if (watchers.length === 0) return ignore("no schedule watches the blob's folder");
  const entered = await parts.journal.enter(event.id, change, receivedAt);
  return entered.status === "done" ? [] : followUp(parts, entered.entry, watchers, engine);
}

/** Takes up what an earlier call left open. Runs that it started. */
export async function followOpenEvents(
  parts: BlobEventParts,
  now: Date,
  engine: RunEngine,
): Promise<readonly string[]> {
  const before = new Date(now.getTime() - takeUpAfterMs).toISOString();
  const started: string[] = [];
  for (const entry of await parts.journal.openBefore(before)) {
    if (now.getTime() - Date.parse(entry.receivedAt) > giveUpAfterMs) await abandon(parts, entry);
    else started.push(...(await takeUp(parts, entry, engine)));
  }
  return started;
}

async function takeUp(
  parts: BlobEventParts,
  entry: JournalEntry,
  engine: RunEngine,
): Promise<readonly string[]> {
  return followUp(parts, entry, await findWatchers(parts, entry.change), engine);
}

async function abandon({ workspace, journal }: BlobEventParts, entry: JournalEntry): Promise<void> {
  workspace.log.write(blobEventAbandoned, { path: entry.change.path, receivedAt: entry.receivedAt });
  await journal.close(entry, { runs: [], reasons: ["could not be followed up for a day"] });
}

async function findWatchers(
  { index, store }: BlobEventParts,
  change: BlobChange,
): Promise<readonly StoredSchedule[]> {
  const { account, container, path } = change;
  const ids = await index.watchers({ account, container, folder: folderOf(path) });
  const found = await Promise.all(ids.map((id) => store.read(id)));
  return found.filter((stored): stored is StoredSchedule => stored?.schedule.status === "Active");
}

async function followUp(
  parts: BlobEventParts,
  entry: JournalEntry,
  watchers: readonly StoredSchedule[],
  engine: RunEngine,
): Promise<readonly string[]> {
  const started: string[] = [];
  const outcomes: JournalOutcome[] = [];
  try {
    for (const stored of watchers) {
      outcomes.push(await react(parts, stored, entry, engine, started));
    }
  } catch (error) {
    parts.workspace.log.write(blobEventFailed, { path: entry.change.path, error: String(error) });
    return started;
  }
  await parts.journal.close(entry, {
    runs: outcomes.flatMap((outcome) => outcome.runs),
    reasons: outcomes.flatMap((outcome) => outcome.reasons),
  });
  return started;
}

async function react(
  parts: BlobEventParts,
  { schedule, watch }: StoredSchedule,
  { change, receivedAt }: JournalEntry,
  engine: RunEngine,
  started: string[],
): Promise<JournalOutcome> {
  const firing: Firing = { kind: "blob", path: change.path, etag: change.etag };
  const decision = watch === null ? undefined : decideChange(watch, change);
  if (decision?.kind !== "fire") {
    const reason = decision?.reason ?? "the schedule watches nothing";
    await parts.events.record(schedule.id, { kind: "ignored", at: receivedAt, firing, reason });
    return { runs: [], reasons: [`schedule ${schedule.id}: ${reason}`] };
  }
  const outcome = await fireSchedule(parts, schedule, firing, receivedAt, engine);
  switch (outcome.status) {
    case "accepted":
      started.push(outcome.runId);
      return { runs: [outcome.runId], reasons: [] };
    case "already-claimed":
      return { runs: [outcome.runId], reasons: [] };
    case "not-found":
    case "disabled":
    case "refused":
      return { runs: [], reasons: [`schedule ${schedule.id}: the run was refused`] };
    default:
      return assertNever(outcome);
  }
}
