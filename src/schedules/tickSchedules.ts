/**
 * One tick: fires every schedule whose due entry has come, and starts ticks of their own for what comes before the next
 * one. Source: design decisions 6 and 7.
 *
 * Invariants:
 * 1. A tick costs what is due, not what is stored.
 * 2. What comes is provided for before anything is fired: firing takes time.
 */
import { fireDue, type DueParts } from "./fireDue";
import { scheduleFailed } from "./scheduleLog";
import type { ScheduleEngine } from "./schedules";
import type { DueSchedule } from "./scheduleStore";
import { settleEach } from "./settleEach";
import { lookAheadMs, needsOwnTick } from "./startTick";

const width = 16;

/** Runs that it started. Rejects at the end if any schedule failed; the others are done then. */
export async function tickSchedules(
  parts: DueParts,
  now: Date,
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  const at = now.getTime();
  const found = await parts.store.findDue(at + lookAheadMs);
  const soon = new Set(found.map(({ dueAt }) => dueAt).filter((dueAt) => needsOwnTick(dueAt, at)));
  const unprovided = await settleEach([...soon], width, (dueAt) => engine.startTick(new Date(dueAt)));
  const due = found.filter(({ dueAt }) => dueAt <= at);
  return fireAll(parts, due, now, engine, unprovided);
}

/** Fires what is due, and looks at nothing that comes. */
export async function tickSchedulesAt(
  parts: DueParts,
  now: Date,
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  return fireAll(parts, await parts.store.findDue(now.getTime()), now, engine, []);
}

async function fireAll(
  parts: DueParts,
  due: readonly DueSchedule[],
  now: Date,
  engine: ScheduleEngine,
  failedBefore: readonly unknown[],
): Promise<readonly string[]> {
  const started: string[] = [];
  const fireEach = (some: readonly DueSchedule[]): Promise<readonly unknown[]> =>
    settleEach(some, width, async ({ id }) => {
      try {
        await fireDue(parts, id, now, engine, started);
      } catch (error) {
        parts.workspace.log.write(scheduleFailed, { scheduleId: id, error: String(error) });
        throw error;
      }
    });
  const isPoll = (each: DueSchedule): boolean => each.isPoll;
  // A listing takes long; slots do not wait for it.
  const failed = await Promise.all([
    fireEach(due.filter((each) => !isPoll(each))),
    fireEach(due.filter(isPoll)),
  ]);
  const failures = [...failedBefore, ...failed.flat()];
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} due schedules could not be fired`);
  return started;
}
