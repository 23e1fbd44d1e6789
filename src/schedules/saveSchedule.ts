/**
 * Creating and replacing schedules. Source: spec azureml-v1.md §5.4–5.5, recurrence.md R6, R14, R15.
 *
 * Invariants:
 * 1. Nothing is written while anything is wrong with the request.
 * 2. Index rows are there before the schedule's row is, and what they say is checked against it.
 * 3. A new, edited or enabled schedule waits for nothing at or before that moment, its run at creation excepted.
 */
import type { Problem } from "../model/problem";
import { sameRecurrence } from "../model/recurrence";
import type { RunEngine } from "../runs/runs";
import type { Workspace } from "../workspace/workspace";
import { checkSchedule, type CheckedRequest, type CheckParts } from "./checkSchedule";
import type { StandingWatch, Watch } from "./changeRule";
import { slotAfter, type DueEntry } from "./dueSlot";
import type { ScheduleIndexStore } from "./scheduleIndexStore";
import type { ScheduleState } from "./scheduleRow";
import type { Schedule, ScheduleOutcome, ScheduleRequest, ScheduleTarget } from "./schedules";
import type { StoredSchedule } from "./scheduleStore";
import { fireDue, type TickParts } from "./tickSchedules";

export interface SaveParts extends CheckParts, TickParts {
  readonly index: ScheduleIndexStore;
}

export async function createSchedule(
  parts: SaveParts,
  request: ScheduleRequest,
  engine: RunEngine,
): Promise<ScheduleOutcome> {
  const checked = await checkSchedule(parts, request);
  if (!checked.ok) return { status: "refused", problems: checked.problems };
  const now = parts.workspace.clock.now();
  const state = newState(parts, request, checked.value, now);
  const { schedule, due } = state;
  await parts.index.enlist(schedule);
  if (state.watch !== null) await parts.index.addWatch(state.watch, schedule.id);
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
function withLowerId(target: ScheduleTarget): ScheduleTarget {
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

function nextSlot({ trigger, status, anchoredAt }: Schedule, after: number): DueEntry | null {
  if (status !== "Active" || trigger.kind !== "recurrence") return null;
  return slotAfter({ recurrence: trigger.recurrence, anchoredAt: Date.parse(anchoredAt) }, after);
}

function standing(
  { ids }: Workspace,
  schedule: Schedule,
  watch: Watch | null,
  now: Date,
): StandingWatch | null {
  if (watch === null || schedule.status !== "Active") return null;
  return { ...watch, since: now.getTime(), token: ids.newId() };
}

export async function updateSchedule(
  parts: SaveParts,
  id: string,
  request: ScheduleRequest,
  ifMatch: string | undefined,
): Promise<ScheduleOutcome> {
  const first = await parts.store.read(id);
  if (first === undefined) return { status: "not-found" };
  const etag = ifMatch ?? first.schedule.etag;
  // A firing changes the row as well; only an edit in between stands in the way.
  for (let stored = first; stored.schedule.etag === etag;) {
    const checked = await checkUpdate(parts, stored.schedule, request);
    if (!checked.ok) return { status: "refused", problems: checked.problems };
    const outcome = await replace(parts, stored, request, checked.value);
    if (outcome !== undefined) return { status: "saved", schedule: outcome };
    const again = await parts.store.read(id);
    if (again === undefined) return { status: "not-found" };
    stored = again;
  }
  return { status: "changed-meanwhile" };
}

type CheckResult = Awaited<ReturnType<typeof checkSchedule>>;

/** A schedule can always be disabled, whatever has become of its pipeline or datastore. */
async function checkUpdate(
  parts: SaveParts,
  stored: Schedule,
  request: ScheduleRequest,
): Promise<CheckResult> {
  const fixed = findFixedChanges(stored, request);
  const checked = await checkSchedule(parts, request);
  if (fixed.length > 0) return { ok: false, problems: [...fixed, ...(checked.ok ? [] : checked.problems)] };
  if (checked.ok || request.status !== "Disabled" || !isOnlyStatus(stored, request)) return checked;
  return { ok: true, value: { trigger: stored.trigger, watch: null } };
}

function isOnlyStatus(stored: Schedule, request: ScheduleRequest): boolean {
  return (
    request.name === stored.name &&
    JSON.stringify(request.submission) === JSON.stringify(stored.submission) &&
    JSON.stringify(request.trigger) === JSON.stringify(stored.trigger)
  );
}

function findFixedChanges(stored: Schedule, request: ScheduleRequest): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, expected: string, received: string): void => {
    problems.push({
      code: "ScheduleFixed",
      field,
      expected: `${expected}, which cannot be changed`,
      received,
    });
  };
  const [was, is] = [stored.target, request.target].map(targetText);
  if (was !== is) refuse("pipeline_id", was ?? "", is ?? "");
  const { experimentName } = stored.submission;
  if (request.submission.experimentName !== experimentName) {
    refuse("experiment_name", experimentName, request.submission.experimentName);
  }
  if (request.trigger.kind !== stored.trigger.kind) {
    refuse("recurrence", `a ${stored.trigger.kind} trigger`, `a ${request.trigger.kind} trigger`);
  }
  return problems;
}

const targetText = (target: ScheduleTarget): string =>
  target.kind === "pipeline"
    ? `pipeline ${target.pipelineId.toLowerCase()}`
    : `endpoint ${target.endpointId.toLowerCase()}`;

/** The saved schedule; undefined when another writer came first. */
async function replace(
  parts: SaveParts,
  stored: StoredSchedule,
  request: ScheduleRequest,
  checked: CheckedRequest,
): Promise<Schedule | undefined> {
  const now = parts.workspace.clock.now();
  const after = nextState(parts, stored, request, checked, now);
  const { id } = after.schedule;
  if (after.watch !== null) await parts.index.addWatch(after.watch, id);
  const outcome = await parts.store.replace(stored, after);
  const stale = outcome === "changed" ? after.watch : stored.watch;
  const kept = outcome === "changed" ? stored.watch : after.watch;
  if (stale !== null && stale.token !== kept?.token) await parts.index.removeWatch(stale, id);
  return outcome === "changed" ? undefined : after.schedule;
}

function nextState(
  { workspace }: SaveParts,
  stored: StoredSchedule,
  request: ScheduleRequest,
  { trigger, watch }: CheckedRequest,
  now: Date,
): ScheduleState {
  const at = now.toISOString();
  const before = stored.schedule;
  const isReplaced = !sameRhythm(before, trigger);
  const schedule: Schedule = {
    ...before,
    name: request.name,
    submission: request.submission,
    trigger,
    status: request.status,
    anchoredAt: isReplaced ? at : before.anchoredAt,
    modifiedAt: at,
    etag: workspace.ids.newId(),
  };
  const goesOn = before.status === "Active" && request.status === "Active";
  const due = goesOn && !isReplaced ? stored.due : nextSlot(schedule, now.getTime());
  const isSamePlace = goesOn && samePlace(stored.watch, watch);
  return { schedule, due, watch: isSamePlace ? stored.watch : standing(workspace, schedule, watch, now) };
}

function sameRhythm({ trigger: before }: Schedule, after: Schedule["trigger"]): boolean {
  if (before.kind !== "recurrence" || after.kind !== "recurrence") return true;
  return sameRecurrence(before.recurrence, after.recurrence);
}

function samePlace(one: Watch | null, other: Watch | null): boolean {
  if (one === null || other === null) return one === other;
  return one.account === other.account && one.container === other.container && one.folder === other.folder;
}
