/**
 * Brings one schedule up to date. Source: design decision 6, spec recurrence.md R15.
 *
 * Invariants:
 * 1. A due entry moves only after its run row exists, or was refused, or the slot is recorded as missed or ignored.
 * 2. Whatever is repeated after a crash, or done by two hosts at once, starts no second run.
 * 3. A refused slot is not tried again: the schedule says why, and waits for its next one.
 */
import { assertNever } from "../model/assertNever";
import { isDeepStrictEqual } from "node:util";
import {
  decideDue,
  pollAfter,
  slotAfter,
  type DueDecision,
  type DueEntry,
  type Rhythm,
  type SlotEntry,
} from "./dueSlot";
import { fireSchedule, firingRunId, troubleOf } from "./fireSchedule";
import { decideWhileRunning } from "./decideWhileRunning";
import { isTerminalRun } from "../model/runStatus";
import { pruneEvents } from "./keepJournal";
import { slotsMissed } from "./scheduleLog";
import { isoOf } from "./scheduleRow";
import type { Firing, Schedule, ScheduleEngine, Trouble } from "./schedules";
import type { StoredSchedule } from "./scheduleStore";
import { startTickFor } from "./startTick";
import { sweepFolder, type SweepParts } from "./sweepFolder";

export type DueParts = SweepParts;

/** More than a missed policy lets run at once; what is left waits for the next tick. */
const mostRounds = 600;

/** What a step of the work leads to. */
interface Step {
  readonly next: DueEntry | null;
  readonly trouble: Trouble | null;
}

/** One schedule's look at the clock. */
interface Look {
  readonly schedule: Schedule;
  readonly rhythm: Rhythm;
  readonly due: SlotEntry;
  readonly now: Date;
  readonly engine: ScheduleEngine;
  /** Ids of the runs that were started. */
  readonly started: string[];
}

/** Entry by entry, so that a crash leaves at most one to be looked at twice. */
export async function fireDue(
  parts: DueParts,
  id: string,
  now: Date,
  engine: ScheduleEngine,
  started: string[],
): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await parts.store.read(id);
    if (stored?.due?.kind === "poll") {
      await poll(parts, stored, now, engine, started);
      return;
    }
    const look = stored === undefined ? undefined : lookAt(stored, now, engine, started);
    if (stored === undefined || look === undefined) return;
    const decision = decideDue(look.due, look.rhythm, now.getTime());
    if (decision.kind === "wait") {
      await startTickFor(look.due, now.getTime(), engine);
      return;
    }
    const { next, trouble } = await act(parts, look, decision);
    const moved = { ...stored, schedule: { ...stored.schedule, trouble }, due: next };
    if ((await parts.store.replace(stored, moved)) === "changed") return;
    await pruneEvents(parts, id, now, look.due.dueAt, next?.dueAt);
  }
}

/** Lists a watched folder when it is time, and says when it is time again. */
async function poll(
  parts: DueParts,
  { schedule, due, watch }: StoredSchedule,
  now: Date,
  engine: ScheduleEngine,
  started: string[],
): Promise<void> {
  if (due === null || due.dueAt > now.getTime() || schedule.trigger.kind !== "change" || watch === null)
    return;
  const trouble = await sweepFolder(parts, schedule, watch, now, engine, started);
  const next = pollAfter(now.getTime(), schedule.trigger.rule.pollingIntervalMinutes);
  // The runs that the sweep started may have changed the row.
  const fresh = await parts.store.read(schedule.id);
  if (fresh === undefined || !isDeepStrictEqual(fresh.due, due)) return;
  const isOwn = fresh.schedule.trouble?.problems.some(({ field }) => field === "datastore") ?? false;
  const told = trouble ?? (isOwn ? null : fresh.schedule.trouble);
  await parts.store.replace(fresh, { ...fresh, schedule: { ...fresh.schedule, trouble: told }, due: next });
  await pruneEvents(parts, schedule.id, now, due.dueAt, next.dueAt);
}

function lookAt(
  { schedule, due }: StoredSchedule,
  now: Date,
  engine: ScheduleEngine,
  started: string[],
): Look | undefined {
  const rhythm = rhythmOf(schedule);
  return due === null || due.kind === "poll" || rhythm === undefined
    ? undefined
    : { schedule, rhythm, due, now, engine, started };
}

/** What an active time schedule goes by; undefined for all others. */
export function rhythmOf({ status, trigger, anchoredAt, policy }: Schedule): Rhythm | undefined {
  if (status !== "Active" || trigger.kind !== "recurrence") return undefined;
  const { clock, missed } = policy;
  return { recurrence: trigger.recurrence, anchoredAt: Date.parse(anchoredAt), clock, missed };
}

function act(
  parts: DueParts,
  look: Look,
  decision: Exclude<DueDecision, { readonly kind: "wait" }>,
): Promise<Step> {
  return decision.kind === "run" ? run(parts, look, decision.next) : miss(parts, look, decision);
}

function firingOf({ due }: Look): { readonly firing: Firing; readonly at: string } {
  const at = isoOf(due.kind === "held" ? due.slotAt : due.dueAt);
  return {
    at,
    firing: due.kind === "creation" ? { kind: "creation", createdAt: at } : { kind: "slot", slotAt: at },
  };
}

async function run(parts: DueParts, look: Look, next: SlotEntry | null): Promise<Step> {
  const { schedule, due, now } = look;
  const { firing, at } = firingOf(look);
  const running = await findRunning(parts, look, firing);
  const decision = decideWhileRunning(schedule.policy.whileRunning, running);
  switch (decision.kind) {
    case "start":
      return start(parts, look, firing, at, next);
    case "cancel":
      for (const runId of decision.runIds) await parts.runs.cancel(runId, look.engine);
      return start(parts, look, firing, at, next);
    case "skip":
      await parts.events.record(schedule.id, { kind: "ignored", at, firing, reason: decision.reason });
      return { next, trouble: schedule.trouble };
    case "hold": {
      const slotAt = due.kind === "held" ? due.slotAt : due.dueAt;
      return { next: { kind: "held", slotAt, dueAt: nextMinute(now) }, trouble: schedule.trouble };
    }
    default:
      return assertNever(decision);
  }
}

const nextMinute = (now: Date): number => (Math.floor(now.getTime() / 60_000) + 1) * 60_000;

/** Newest first; a run that is not over is among the newest of its schedule. */
const mostRunning = 20;

/** Ids of earlier runs of the schedule that are not over; none when the firing has its run already. */
async function findRunning(
  { runs }: DueParts,
  { schedule }: Look,
  firing: Firing,
): Promise<readonly string[]> {
  if (schedule.policy.whileRunning === "allow") return [];
  const { items } = await runs.list({ kind: "schedule", scheduleId: schedule.id }, mostRunning, null);
  // Looked up last: a run that another host started meanwhile, of this slot or a later one, may be among those listed.
  if ((await runs.find(firingRunId(schedule.id, firing))) !== undefined) return [];
  return items.filter(({ status }) => !isTerminalRun(status)).map(({ runId }) => runId);
}

async function start(
  parts: DueParts,
  look: Look,
  firing: Firing,
  at: string,
  next: SlotEntry | null,
): Promise<Step> {
  const outcome = await fireSchedule(parts, look.schedule, firing, at, look.engine);
  if (outcome.status === "accepted") look.started.push(outcome.runId);
  const trouble = troubleOf(outcome, at);
  return { next: look.due.kind === "held" ? await dropHeldUp(parts, look, next) : next, trouble };
}

/** Slots that came while another one waited are dropped. */
async function dropHeldUp(
  parts: DueParts,
  { schedule, rhythm, now }: Look,
  next: SlotEntry | null,
): Promise<SlotEntry | null> {
  if (next === null || next.dueAt > now.getTime()) return next;
  const reason = "an earlier slot waited for the end of the run before";
  const until = isoOf(now.getTime());
  await parts.events.record(schedule.id, { kind: "dropped", at: isoOf(next.dueAt), until, reason });
  return slotAfter(rhythm, now.getTime());
}

async function miss(
  parts: DueParts,
  look: Look,
  decision: Extract<DueDecision, { readonly kind: "missed" }>,
): Promise<Step> {
  const { schedule } = look;
  const { firing, at } = firingOf(look);
  // A host that died between submitting and moving on left a slot that looks missed and is not.
  const runId = firingRunId(schedule.id, firing);
  if ((await parts.runs.find(runId)) !== undefined) {
    await parts.events.record(schedule.id, { kind: "fired", at, firing, runId });
    return { next: decision.afterThis, trouble: null };
  }
  const { count, isMore } = decision;
  const until = isoOf(decision.until);
  await parts.events.record(schedule.id, { kind: "missed", at, until, count, isMore });
  parts.workspace.log.write(slotsMissed, { scheduleId: schedule.id, from: at, until, count, isMore });
  return { next: decision.next, trouble: schedule.trouble };
}
