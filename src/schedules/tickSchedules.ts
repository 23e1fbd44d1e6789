/**
 * One tick: fires every schedule whose due entry has come. Source: design decisions 6 and 7, spec recurrence.md R15.
 *
 * Invariants:
 * 1. A due entry moves only after its run row exists, or was refused, or the slot is recorded as missed.
 * 2. A tick costs what is due, not what is stored.
 * 3. Whatever is repeated after a crash, or done by two hosts at once, starts no second run.
 */
import { assertNever } from "../model/assertNever";
import type { RunEngine } from "../runs/runs";
import { decideDue, type DueDecision, type DueEntry } from "./dueSlot";
import { fireSchedule, firingRunId, type FiringParts } from "./fireSchedule";
import { settleEach } from "./settleEach";
import { scheduleFailed, slotsMissed } from "./scheduleLog";
import { isoOf } from "./scheduleRow";
import type { Firing } from "./schedules";
import type { ScheduleStore, StoredSchedule } from "./scheduleStore";

export interface TickParts extends FiringParts {
  readonly store: ScheduleStore;
}

const width = 16;
/** More than a schedule can have within the five minutes that still run; what is left waits for the next tick. */
const mostRounds = 20;

/** Runs that it started. Rejects at the end if any schedule failed; the others are done then. */
export async function tickSchedules(
  parts: TickParts,
  now: Date,
  engine: RunEngine,
): Promise<readonly string[]> {
  const started: string[] = [];
  const due = await parts.store.findDue(now.getTime());
  const failures = await settleEach(due, width, async (id) => {
    try {
      await fireDue(parts, id, now, engine, started);
    } catch (error) {
      parts.workspace.log.write(scheduleFailed, { scheduleId: id, error: String(error) });
      throw error;
    }
  });
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} due schedules could not be fired`);
  return started;
}

/** Brings one schedule up to date, entry by entry, so that a crash leaves at most one to be looked at twice. */
export async function fireDue(
  parts: TickParts,
  id: string,
  now: Date,
  engine: RunEngine,
  started: string[],
): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await parts.store.read(id);
    if (stored === undefined) return;
    const { due } = stored;
    const rhythm = rhythmOf(stored);
    if (due === null || rhythm === undefined) return;
    const decision = decideDue(due, rhythm, now.getTime());
    const next = await act(parts, stored, due, decision, engine, started);
    if (next === "wait") return;
    const moved = await parts.store.replace(stored, { ...stored, due: next });
    if (moved === "changed") return;
  }
}

function rhythmOf({ schedule }: StoredSchedule): Parameters<typeof decideDue>[1] | undefined {
  if (schedule.status !== "Active" || schedule.trigger.kind !== "recurrence") return undefined;
  return { recurrence: schedule.trigger.recurrence, anchoredAt: Date.parse(schedule.anchoredAt) };
}

async function act(
  parts: TickParts,
  { schedule }: StoredSchedule,
  due: DueEntry,
  decision: DueDecision,
  engine: RunEngine,
  started: string[],
): Promise<DueEntry | null | "wait"> {
  const at = isoOf(due.dueAt);
  const firing: Firing =
    due.kind === "slot" ? { kind: "slot", slotAt: at } : { kind: "creation", createdAt: at };
  switch (decision.kind) {
    case "wait":
      return "wait";
    case "run": {
      const outcome = await fireSchedule(parts, schedule, firing, at, engine);
      if (outcome.status === "accepted") started.push(outcome.runId);
      return decision.next;
    }
    case "missed": {
      // A host that died between submitting and moving on left a slot that looks missed and is not.
      const runId = firingRunId(schedule.id, firing);
      if ((await parts.runs.find(runId)) !== undefined) {
        await parts.events.record(schedule.id, { kind: "fired", at, firing, runId });
        return decision.afterThis;
      }
      const { count, isMore } = decision;
      const until = isoOf(decision.until);
      await parts.events.record(schedule.id, { kind: "missed", at, until, count, isMore });
      parts.workspace.log.write(slotsMissed, { scheduleId: schedule.id, from: at, until, count, isMore });
      return decision.next;
    }
    default:
      return assertNever(decision);
  }
}
