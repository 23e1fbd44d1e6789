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
import { nextSlot, standing, withLowerId, type SaveParts } from "./addSchedule";
import { checkSchedule, type CheckedRequest } from "./checkSchedule";
import type { Watch } from "./changeRule";
import { parseScheduleForm } from "./scheduleForm";
import type { ScheduleState } from "./scheduleRow";
import type { Schedule, ScheduleOutcome, ScheduleRequest, ScheduleTarget } from "./schedules";
import type { StoredSchedule } from "./scheduleStore";

export async function updateSchedule(
  parts: SaveParts,
  id: string,
  request: ScheduleRequest,
  ifMatch: string | undefined,
): Promise<ScheduleOutcome> {
  let stored = await parts.store.read(id);
  const etag = ifMatch ?? stored?.schedule.etag;
  // A firing changes the row as well; only an edit in between stands in the way.
  while (stored !== undefined && stored.schedule.etag === etag) {
    const checked = await checkUpdate(parts, stored.schedule, request);
    if (!checked.ok) return { status: "refused", problems: checked.problems };
    const schedule = await replace(parts, stored, request, checked.value);
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
    return { ok: true, value: { trigger: stored.trigger, watch: null } };
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
    isDeepStrictEqual(form.value, stored.trigger) &&
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
): Promise<Schedule | undefined> {
  const after = nextState(parts, stored, request, checked);
  const { id } = after.schedule;
  if (after.watch !== null) await parts.index.addWatch(after.watch, id);
  const outcome = await parts.store.replace(stored, after);
  const [stale, kept] = outcome === "changed" ? [after.watch, stored.watch] : [stored.watch, after.watch];
  if (stale !== null && stale.token !== kept?.token) await parts.index.removeWatch(stale, id);
  return outcome === "changed" ? undefined : after.schedule;
}

function nextState(
  { workspace }: SaveParts,
  stored: StoredSchedule,
  request: ScheduleRequest,
  { trigger, watch }: CheckedRequest,
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
