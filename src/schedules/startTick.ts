/** Slots off the full minute, which the minute timer alone would fire late. Source: design decision 7. */
import type { DueEntry } from "./dueSlot";
import type { ScheduleEngine } from "./schedules";

/** How far a tick looks ahead: to the tick after it. */
export const lookAheadMs = 60_000;

/** Whether nobody would look at the instant in time: it comes before the tick after this one, and is not a tick's own. */
export function needsOwnTick(dueAt: number, now: number): boolean {
  return dueAt > now && dueAt <= now + lookAheadMs && dueAt % 60_000 !== 0;
}

export async function startTickFor(due: DueEntry | null, now: number, engine: ScheduleEngine): Promise<void> {
  if (due !== null && needsOwnTick(due.dueAt, now)) await engine.startTick(new Date(due.dueAt));
}
