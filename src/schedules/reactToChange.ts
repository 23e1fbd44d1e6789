/**
 * What one schedule does about one change of a blob. Source: design decision 8.
 *
 * Invariants:
 * 1. A change that counts starts its run, or is recorded on the schedule with the reason why not.
 * 2. A blob that has to settle is looked at again, never forgotten; if it changed meanwhile, the newer version counts.
 */
import { assertNever } from "../model/assertNever";
import type { Datastores } from "../data/datastores";
import type { BlobFacts } from "./blobFacts";
import type { JournalEntry, JournalOutcome } from "./blobJournalStore";
import { decideChange, type BlobChange } from "./changeRule";
import { fireSchedule, troubleOf, type FiringParts } from "./fireSchedule";
import {
  v1ChangeFilter,
  type ChangeFilter,
  type Firing,
  type Schedule,
  type ScheduleEngine,
  type Trouble,
} from "./schedules";
import type { ScheduleStore, StoredSchedule } from "./scheduleStore";

export interface ReactParts extends FiringParts {
  readonly store: ScheduleStore;
  readonly datastores: Datastores;
}

export type Reaction =
  | { readonly kind: "done"; readonly outcome: JournalOutcome; readonly started: readonly string[] }
  /** Milliseconds since 1970. */
  | { readonly kind: "wait"; readonly until: number }
  /** The blob has changed since; what is there now is to be entered. */
  | { readonly kind: "superseded"; readonly outcome: JournalOutcome; readonly newer: BlobChange };

export function filterOf({ trigger }: Schedule): ChangeFilter {
  return (trigger.kind === "change" ? trigger.rule.filter : undefined) ?? v1ChangeFilter;
}

export async function reactToChange(
  parts: ReactParts,
  stored: StoredSchedule,
  entry: JournalEntry,
  readFacts: () => Promise<BlobFacts>,
  engine: ScheduleEngine,
): Promise<Reaction> {
  const { schedule, watch } = stored;
  const { change, receivedAt } = entry;
  const filter = filterOf(schedule);
  if (watch === null) return ignore(parts, schedule, entry, "the schedule watches nothing");
  const decision = decideChange(watch, filter, change);
  switch (decision.kind) {
    case "ignore":
      return ignore(parts, schedule, entry, decision.reason);
    case "settle": {
      // Not from the time that an event says: a clock that is ahead would make it wait for years.
      const until = Date.parse(receivedAt) + decision.settleMs;
      if (until > parts.workspace.clock.now().getTime()) return { kind: "wait", until };
      const unsettled = await findUnsettled(parts, schedule, entry, await readFacts());
      return unsettled ?? fire(parts, stored, entry, filter, readFacts, engine);
    }
    case "fire":
      return fire(parts, stored, entry, filter, readFacts, engine);
    default:
      return assertNever(decision);
  }
}

async function findUnsettled(
  parts: ReactParts,
  schedule: Schedule,
  entry: JournalEntry,
  facts: BlobFacts,
): Promise<Reaction | undefined> {
  if (facts.status === "unknown") return undefined;
  if (facts.status === "gone") return ignore(parts, schedule, entry, "deleted before it had settled");
  if (facts.etag === entry.change.etag) return undefined;
  const { outcome } = await ignore(parts, schedule, entry, "changed again before it had settled");
  const { etag, size, blobType, modifiedAt } = facts;
  const newer = { ...entry.change, etag, size, blobType, changedAt: endOfSecond(modifiedAt) };
  return { kind: "superseded", outcome, newer };
}

/** Storage tells when a blob changed in whole seconds; a change never counts as older than it is. */
export const endOfSecond = (modifiedAt: number): number => Math.floor(modifiedAt / 1000) * 1000 + 999;

async function fire(
  parts: ReactParts,
  stored: StoredSchedule,
  entry: JournalEntry,
  filter: ChangeFilter,
  readFacts: () => Promise<BlobFacts>,
  engine: ScheduleEngine,
): Promise<Reaction> {
  const { schedule } = stored;
  const writer = filter.ownWrites
    ? undefined
    : await findOwnWriter(parts, schedule, entry, await readFacts());
  if (writer !== undefined)
    return ignore(parts, schedule, entry, `written by run ${writer} of this schedule`);
  const outcome = await fireSchedule(parts, schedule, firingOf(entry), entry.receivedAt, engine);
  await noteTrouble(parts, stored, troubleOf(outcome, entry.receivedAt));
  switch (outcome.status) {
    case "accepted":
      return { kind: "done", outcome: { runs: [outcome.runId], reasons: [] }, started: [outcome.runId] };
    case "already-claimed":
      return { kind: "done", outcome: { runs: [outcome.runId], reasons: [] }, started: [] };
    case "not-found":
    case "disabled":
    case "refused":
      return because(schedule, "the run was refused");
    default:
      return assertNever(outcome);
  }
}

const firingOf = ({ change }: JournalEntry): Firing => ({
  kind: "blob",
  path: change.path,
  etag: change.etag,
});

/** The run of this schedule that wrote this version; undefined when another did, or nobody knows. */
async function findOwnWriter(
  { runs }: ReactParts,
  { id }: Schedule,
  { change }: JournalEntry,
  facts: BlobFacts,
): Promise<string | undefined> {
  if (facts.status !== "there" || facts.etag !== change.etag || facts.runId === undefined) return undefined;
  const run = await runs.find(facts.runId);
  return run?.scheduleId === id ? run.runId : undefined;
}

type Done = Extract<Reaction, { readonly kind: "done" }>;

async function ignore(
  { events }: ReactParts,
  schedule: Schedule,
  entry: JournalEntry,
  reason: string,
): Promise<Done> {
  const firing = firingOf(entry);
  await events.record(schedule.id, { kind: "ignored", at: entry.receivedAt, firing, reason });
  return because(schedule, reason);
}

function because({ id }: Schedule, reason: string): Done {
  return { kind: "done", outcome: { runs: [], reasons: [`schedule ${id}: ${reason}`] }, started: [] };
}

/** A writer that comes between knows better: an edit, or another firing. */
async function noteTrouble(
  { store }: ReactParts,
  stored: StoredSchedule,
  trouble: Trouble | null,
): Promise<void> {
  if (trouble === null && stored.schedule.trouble === null) return;
  await store.replace(stored, { ...stored, schedule: { ...stored.schedule, trouble } });
}
