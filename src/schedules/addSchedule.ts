/**
 * Creating schedules. Source: spec azureml-v1.md §5.4, recurrence.md R6, R14.
 *
 * Invariants:
 * 1. Nothing is written while anything is wrong with the request.
 * 2. Index rows are there before the schedule's row is, and what they say is checked against it.
 * 3. A new schedule waits for nothing at or before its creation, its run at creation excepted.
 */
import type { Workspace } from "../workspace/workspace";
import { checkSchedule, type CheckedRequest, type CheckParts } from "./checkSchedule";
import type { StandingWatch, Watch } from "./changeRule";
import { slotAfter, type DueEntry } from "./dueSlot";
import { depthNumber } from "./changeFilter";
import { filterOf } from "./reactToChange";
import { scheduleFailed } from "./scheduleLog";
import type { ScheduleIndexStore } from "./scheduleIndexStore";
import type { ScheduleState } from "./scheduleRow";
import type { Schedule, ScheduleEngine, ScheduleOutcome, ScheduleRequest, ScheduleTarget } from "./schedules";
import { fireDue, rhythmOf, type DueParts } from "./fireDue";
import { startTickFor } from "./startTick";

export interface SaveParts extends CheckParts, DueParts {
  readonly index: ScheduleIndexStore;
}

export async function addSchedule(
  parts: SaveParts,
  request: ScheduleRequest,
  engine: ScheduleEngine,
): Promise<ScheduleOutcome> {
  const checked = await checkSchedule(parts, request);
  if (!checked.ok) return { status: "refused", problems: checked.problems };
  const now = parts.workspace.clock.now();
  const state = newState(parts, request, checked.value, now);
  const { schedule, due, watch } = state;
  await parts.index.enlist(schedule);
  if (watch !== null) await parts.index.addWatch(watch, schedule.id, depthNumber(filterOf(schedule)));
  await parts.store.insert(state);
  if (due?.kind === "creation") await fireDue(parts, schedule.id, now, engine, []);
  else await lookAhead(parts, schedule.id, due, now, engine);
  return { status: "saved", schedule };
}

/**
 * Provides for what a schedule waits for from now on. A watched folder is listed at once, so that whatever changes after
 * the answer is a change; if that fails the next tick does it.
 */
export async function lookAhead(
  parts: SaveParts,
  id: string,
  due: DueEntry | null,
  now: Date,
  engine: ScheduleEngine,
): Promise<void> {
  if (due?.kind !== "poll") return startTickFor(due, now.getTime(), engine);
  try {
    await fireDue(parts, id, now, engine, []);
  } catch (error) {
    parts.workspace.log.write(scheduleFailed, { scheduleId: id, error: String(error) });
  }
}

function newState(
  { workspace }: SaveParts,
  request: ScheduleRequest,
  { trigger, policy, watch }: CheckedRequest,
  now: Date,
): ScheduleState {
  const { name, submission, status } = request;
  const at = now.toISOString();
  const schedule: Schedule = {
    id: workspace.ids.newId(),
    name,
    target: withLowerId(request.target),
    submission,
    trigger,
    policy,
    status,
    anchoredAt: at,
    createdAt: at,
    modifiedAt: at,
    etag: workspace.ids.newId(),
    trouble: null,
  };
  return {
    schedule,
    due: firstDue(schedule, request.runOnCreate ?? true, now.getTime()),
    watch: standing(workspace, schedule, watch, now),
  };
}

/** Ids are compared without case, as v1 does. */
export function withLowerId(target: ScheduleTarget): ScheduleTarget {
  return target.kind === "pipeline"
    ? { ...target, pipelineId: target.pipelineId.toLowerCase() }
    : { ...target, endpointId: target.endpointId.toLowerCase() };
}

/** Without a start time an active schedule runs once at creation, at its nominal time in whole seconds (R14). */
function firstDue(schedule: Schedule, runOnCreate: boolean, now: number): DueEntry | null {
  const { trigger, status } = schedule;
  if (status !== "Active" || trigger.kind !== "recurrence") return nextDue(schedule, now);
  const runsNow = runOnCreate && trigger.recurrence.startTime === null;
  return runsNow ? { kind: "creation", dueAt: Math.floor(now / 1000) * 1000 } : nextDue(schedule, now);
}

/** What a schedule waits for from an instant on: the slot after it, or the listing of its folder at once. */
export function nextDue(schedule: Schedule, after: number): DueEntry | null {
  if (schedule.status === "Active" && schedule.trigger.kind === "change")
    return { kind: "poll", dueAt: after };
  const rhythm = rhythmOf(schedule);
  return rhythm === undefined ? null : slotAfter(rhythm, after);
}

/** What a schedule watches from now on. */
export function standing(
  { ids }: Workspace,
  schedule: Schedule,
  watch: Watch | null,
  now: Date,
): StandingWatch | null {
  if (watch === null || schedule.status !== "Active") return null;
  return { ...watch, since: now.getTime(), token: ids.newId() };
}
