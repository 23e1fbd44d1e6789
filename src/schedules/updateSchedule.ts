/**
 * Replacing schedules. Source: spec azureml-v1.md §5.5, recurrence.md R14, R15.
 *
 * Invariants:
 * 1. Target, experiment and kind of trigger stay.
 * 2. A replaced recurrence is counted from that moment; any other edit leaves anchor and next slot alone.
 * 3. An edited or enabled schedule never fires for the past; a disabled one waits for and watches nothing.
 * 4. A schedule can be disabled whatever has become of its pipeline or datastore.
 */
import { isDeepStrictEqual } from "node:util";
import type { Parsed, Problem } from "../model/problem";
import { sameRecurrence } from "../model/recurrence";
import { depthNumber } from "./changeFilter";
import { filterOf } from "./reactToChange";
import { lookAhead, nextDue, standing, withLowerId, type SaveParts } from "./addSchedule";
import { checkSchedule, type CheckedRequest } from "./checkSchedule";
import type { Watch } from "./changeRule";
import { pollAfter, type DueEntry } from "./dueSlot";
import { parseScheduleForm } from "./scheduleForm";
import type { ScheduleState } from "./scheduleRow";
import type { Schedule, ScheduleEngine, ScheduleOutcome, ScheduleRequest, ScheduleTarget } from "./schedules";
import type { StoredSchedule } from "./scheduleStore";

export async function updateSchedule(
  parts: SaveParts,
  id: string,
  request: ScheduleRequest,
  engine: ScheduleEngine,
  ifMatch: string | undefined,
): Promise<ScheduleOutcome> {
  let stored = await parts.store.read(id);
  const etag = ifMatch ?? stored?.schedule.etag;
  // A firing changes the row as well; only an edit in between stands in the way.
  while (stored !== undefined && stored.schedule.etag === etag) {
    const checked = await checkUpdate(parts, stored.schedule, request);
    if (!checked.ok) return { status: "refused", problems: checked.problems };
    const schedule = await replace(parts, stored, request, checked.value, engine);
    if (schedule !== undefined) return { status: "saved", schedule };
    stored = await parts.store.read(id);
  }
  return { status: stored === undefined ? "not-found" : "changed-meanwhile" };
}

async function checkUpdate(
  parts: SaveParts,
  stored: Schedule,
  request: ScheduleRequest,
): Promise<Parsed<CheckedRequest>> {
  const fixed = findFixedChanges(stored, request);
  if (fixed.length === 0 && isMereDisabling(stored, request)) {
    return { ok: true, value: { trigger: stored.trigger, policy: stored.policy, watch: null } };
  }
  const checked = await checkSchedule(parts, request);
  if (fixed.length === 0) return checked;
  return { ok: false, problems: [...fixed, ...(checked.ok ? [] : checked.problems)] };
}

function isMereDisabling(stored: Schedule, request: ScheduleRequest): boolean {
  const form = parseScheduleForm(request);
  return (
    request.status === "Disabled" &&
    form.ok &&
    isDeepStrictEqual(form.value, { trigger: stored.trigger, policy: stored.policy }) &&
    isDeepStrictEqual(request.submission, stored.submission)
  );
}

function findFixedChanges(stored: Schedule, request: ScheduleRequest): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, was: string, received: string): void => {
    problems.push({ code: "ScheduleFixed", field, expected: `${was}, which cannot be changed`, received });
  };
  const [was, is] = [stored.target, withLowerId(request.target)];
  if (!isDeepStrictEqual(was, is)) refuse(targetField(is), targetText(was), targetText(is));
  const { experimentName } = stored.submission;
  const wanted = request.submission.experimentName;
  if (wanted !== experimentName) refuse("experiment_name", experimentName, wanted);
  const [kind, wantedKind] = [stored.trigger.kind, request.trigger.kind];
  if (kind !== wantedKind) refuse("recurrence", `a ${kind} trigger`, `a ${wantedKind} trigger`);
  return problems;
}

const targetField = ({ kind }: ScheduleTarget): string =>
  kind === "pipeline" ? "pipeline_id" : "pipeline_endpoint_id";

const targetText = (target: ScheduleTarget): string =>
  target.kind === "pipeline" ? `pipeline ${target.pipelineId}` : `endpoint ${target.endpointId}`;

/** The saved schedule; undefined when another writer came first. */
async function replace(
  parts: SaveParts,
  stored: StoredSchedule,
  request: ScheduleRequest,
  checked: CheckedRequest,
  engine: ScheduleEngine,
): Promise<Schedule | undefined> {
  const after = nextState(parts, stored, request, checked);
  const { id } = after.schedule;
  if (after.watch !== null)
    await parts.index.addWatch(after.watch, id, depthNumber(filterOf(after.schedule)));
  const outcome = await parts.store.replace(stored, after);
  const [stale, kept] = outcome === "changed" ? [after.watch, stored.watch] : [stored.watch, after.watch];
  if (stale !== null && stale.token !== kept?.token) {
    await parts.index.removeWatch(stale, id);
    await parts.baselines.remove(id, stale.token);
  }
  if (outcome === "changed") return undefined;
  await lookAhead(parts, id, after.due, parts.workspace.clock.now(), engine);
  return after.schedule;
}

function nextState(
  { workspace }: SaveParts,
  stored: StoredSchedule,
  request: ScheduleRequest,
  { trigger, policy, watch }: CheckedRequest,
): ScheduleState {
  const now = workspace.clock.now();
  const at = now.toISOString();
  const before = stored.schedule;
  const isReplaced = !sameRhythm(before, trigger);
  const schedule: Schedule = {
    ...before,
    name: request.name,
    submission: request.submission,
    trigger,
    policy,
    status: request.status,
    anchoredAt: isReplaced ? at : before.anchoredAt,
    modifiedAt: at,
    etag: workspace.ids.newId(),
    trouble: null,
  };
  const goesOn = before.status === "Active" && request.status === "Active";
  const isSamePlace =
    goesOn && samePlace(stored.watch, watch) && isDeepStrictEqual(filterOf(before), filterOf(schedule));
  const isSame = goesOn && !isReplaced && (isSamePlace || schedule.trigger.kind === "recurrence");
  const due = isSame ? dueAgain(stored, schedule, now) : nextDue(schedule, now.getTime());
  return { schedule, due, watch: isSamePlace ? stored.watch : standing(workspace, schedule, watch, now) };
}

/** Slots that the new policy takes away are waited for no longer; one whose time has come is not lost by the edit. */
function dueAgain({ due, schedule: before }: StoredSchedule, after: Schedule, now: Date): DueEntry | null {
  if (due?.kind === "poll" && after.trigger.kind === "change") {
    const next = pollAfter(now.getTime(), after.trigger.rule.pollingIntervalMinutes);
    return next.dueAt < due.dueAt ? next : due;
  }
  if (due?.kind !== "slot" && due !== null) return due;
  if (isDeepStrictEqual(before.policy.clock, after.policy.clock)) return due;
  return nextDue(after, Math.min(now.getTime(), (due?.dueAt ?? Infinity) - 1));
}

function sameRhythm({ trigger: before }: Schedule, after: Schedule["trigger"]): boolean {
  if (before.kind !== "recurrence" || after.kind !== "recurrence") return true;
  return sameRecurrence(before.recurrence, after.recurrence);
}

function samePlace(one: Watch | null, other: Watch | null): boolean {
  if (one === null || other === null) return one === other;
  return one.account === other.account && one.container === other.container && one.folder === other.folder;
}
