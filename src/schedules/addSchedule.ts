/**
 * Creating schedules. Source: spec azureml-v1.md §5.4, recurrence.md R6, R14.
 *
 * Invariants:
 * 1. Nothing is written while anything is wrong with the request.
 * 2. Index rows are there before the schedule's row is, and what they say is checked against it.
 * 3. A new schedule waits for nothing at or before its creation, its run at creation excepted.
 */
import type { RunEngine } from "../runs/runs";
import type { Workspace } from "../workspace/workspace";
import { checkSchedule, type CheckedRequest, type CheckParts } from "./checkSchedule";
import type { StandingWatch, Watch } from "./changeRule";
import { slotAfter, type DueEntry } from "./dueSlot";
import type { ScheduleIndexStore } from "./scheduleIndexStore";
import type { ScheduleState } from "./scheduleRow";
import type { Schedule, ScheduleOutcome, ScheduleRequest, ScheduleTarget } from "./schedules";
import { fireDue, type TickParts } from "./tickSchedules";

export interface SaveParts extends CheckParts, TickParts {
  readonly index: ScheduleIndexStore;
}

export async function addSchedule(
  parts: SaveParts,
  request: ScheduleRequest,
  engine: RunEngine,
): Promise<ScheduleOutcome> {
  const checked = await checkSchedule(parts, request);
  if (!checked.ok) return { status: "refused", problems: checked.problems };
  const now = parts.workspace.clock.now();
  const state = newState(parts, request, checked.value, now);
  const { schedule, due, watch } = state;
  await parts.index.enlist(schedule);
  if (watch !== null) await parts.index.addWatch(watch, schedule.id);
  await parts.store.insert(state);
  if (due?.kind === "creation") await fireDue(parts, schedule.id, now, engine, []);
  return { status: "saved", schedule };
}

function newState(
  { workspace }: SaveParts,
  request: ScheduleRequest,
  { trigger, watch }: CheckedRequest,
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
    status,
    anchoredAt: at,
    createdAt: at,
    modifiedAt: at,
    etag: workspace.ids.newId(),
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
  if (status !== "Active" || trigger.kind !== "recurrence") return null;
  const runsNow = runOnCreate && trigger.recurrence.startTime === null;
  return runsNow ? { kind: "creation", dueAt: Math.floor(now / 1000) * 1000 } : nextSlot(schedule, now);
}

/** What a schedule waits for after an instant. */
export function nextSlot({ trigger, status, anchoredAt }: Schedule, after: number): DueEntry | null {
  if (status !== "Active" || trigger.kind !== "recurrence") return null;
  return slotAfter({ recurrence: trigger.recurrence, anchoredAt: Date.parse(anchoredAt) }, after);
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
