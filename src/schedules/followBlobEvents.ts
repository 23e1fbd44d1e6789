/**
 * From a blob event, or a change that a sweep found, to the runs that it causes. Source: design decisions 6 and 8, spec
 * azureml-v1.md §5.6 and §6.4.
 *
 * Invariants:
 * 1. Nothing is started before the change is in the journal.
 * 2. Malformed and unmatched events are journaled with the reason and are no errors. Those of system containers leave
 *    nothing: the app causes them itself, several with each step, wherever a subscription does not keep them away.
 * 3. Only a journal that cannot be reached makes an event come again; all else is taken up by a later tick.
 */
import { blobFactsOf } from "./blobFacts";
import type { BlobJournalStore, JournalEntry, JournalOutcome } from "./blobJournalStore";
import { isSystemContainer } from "../model/systemContainers";
import { parseBlobEvent, type BlobChange } from "./changeRule";
import { reactToChange, type Reaction, type ReactParts } from "./reactToChange";
import type { ScheduleIndexStore } from "./scheduleIndexStore";
import { blobEventAbandoned, blobEventFailed } from "./scheduleLog";
import { isoOf } from "./scheduleRow";
import type { BlobEvent, ScheduleEngine } from "./schedules";
import type { StoredSchedule } from "./scheduleStore";
import { settleEach } from "./settleEach";
import { needsOwnTick } from "./startTick";

export interface BlobEventParts extends ReactParts {
  readonly index: ScheduleIndexStore;
  readonly journal: BlobJournalStore;
}

const giveUpAfterMs = 24 * 3_600_000;
const width = 16;

/** Runs that it started. */
export async function followBlobEvent(
  parts: BlobEventParts,
  event: BlobEvent,
  engine: ScheduleEngine,
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
  if (change.eventType !== blobCreatedType) return ignore("not a created or replaced blob");
  const watchers = await findWatchers(parts, change);
  if (watchers.length === 0) return ignore("no schedule watches the blob's folder");
  return followChange(parts, change, event.id, watchers, engine);
}

export const blobCreatedType = "Microsoft.Storage.BlobCreated";

/** Journals a change, whoever told of it, and reacts to it. Runs that it started. */
export async function followChange(
  parts: BlobEventParts,
  change: BlobChange,
  source: string,
  watchers: readonly StoredSchedule[],
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  const receivedAt = parts.workspace.clock.now().toISOString();
  const entered = await parts.journal.enter(source, change, receivedAt);
  return entered.status === "done" ? [] : followUp(parts, entered.entry, watchers, engine);
}

/** Takes up what an earlier call left open, or had to wait for. Runs that it started. */
export async function followOpenEvents(
  parts: BlobEventParts,
  now: Date,
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  const started: string[] = [];
  const open = await parts.journal.openBefore(now.toISOString());
  const failures = await settleEach(open, width, async (entry) => {
    started.push(...(await takeUp(parts, entry, engine)));
  });
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} blob events are still open`);
  return started;
}

async function takeUp(
  parts: BlobEventParts,
  entry: JournalEntry,
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  return followUp(parts, entry, await findWatchers(parts, entry.change), engine);
}

async function abandon({ workspace, journal }: BlobEventParts, entry: JournalEntry): Promise<void> {
  workspace.log.write(blobEventAbandoned, { path: entry.change.path, receivedAt: entry.receivedAt });
  await journal.close(entry, { runs: [], reasons: ["could not be followed up for a day"] });
}

export async function findWatchers(
  { index, store }: BlobEventParts,
  change: BlobChange,
): Promise<readonly StoredSchedule[]> {
  const ids = await index.watchers(change);
  const found = await Promise.all(ids.map((id) => store.read(id)));
  return found.filter((stored): stored is StoredSchedule => stored?.schedule.status === "Active");
}

/** A schedule that fails does not stop the others, but leaves the entry open. */
async function followUp(
  parts: BlobEventParts,
  entry: JournalEntry,
  watchers: readonly StoredSchedule[],
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  const started: string[] = [];
  const reactions: Reaction[] = [];
  const readFacts = blobFactsOf(parts.datastores, entry.change);
  const failures = await settleEach(watchers, 1, async (stored) => {
    const reaction = await reactToChange(parts, stored, entry, readFacts, engine);
    reactions.push(reaction);
    if (reaction.kind === "done") started.push(...reaction.started);
  });
  try {
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
    const newer = reactions.find((reaction) => reaction.kind === "superseded")?.newer;
    if (newer !== undefined)
      started.push(...(await followChange(parts, newer, "settling", watchers, engine)));
    await conclude(parts, entry, reactions, engine);
  } catch (error) {
    parts.workspace.log.write(blobEventFailed, { path: entry.change.path, error: String(error) });
    // Only after a try: no host may have run for days.
    const now = parts.workspace.clock.now().getTime();
    if (now - Date.parse(entry.followUpAt) > giveUpAfterMs) await abandon(parts, entry);
  }
  return started;
}

async function conclude(
  parts: BlobEventParts,
  entry: JournalEntry,
  reactions: readonly Reaction[],
  engine: ScheduleEngine,
): Promise<void> {
  const waits = reactions.flatMap((reaction) => (reaction.kind === "wait" ? [reaction.until] : []));
  const outcomes = reactions.flatMap((reaction) => (reaction.kind === "wait" ? [] : [reaction.outcome]));
  if (waits.length > 0) await wait(parts, entry, Math.min(...waits), engine);
  else await parts.journal.close(entry, merged(outcomes));
}

async function wait(
  { journal, workspace }: BlobEventParts,
  entry: JournalEntry,
  until: number,
  engine: ScheduleEngine,
): Promise<void> {
  const at = Math.ceil(until / 1000) * 1000;
  await journal.postpone(entry, isoOf(at));
  if (needsOwnTick(at, workspace.clock.now().getTime())) await engine.startTick(new Date(at));
}

function merged(outcomes: readonly JournalOutcome[]): JournalOutcome {
  return {
    runs: outcomes.flatMap((outcome) => outcome.runs),
    reasons: outcomes.flatMap((outcome) => outcome.reasons),
  };
}
