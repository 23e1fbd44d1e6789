/**
 * Submits the run of one firing and says so in the schedule's events. The run's id follows from the schedule and
 * the firing, so firing again, here or on another host, starts nothing new.
 */
import type { DataPath } from "../model/definition";
import type { RunCause, RunEngine, Runs, RunSubmission, SubmitOutcome } from "../runs/runs";
import { assertNever } from "../model/assertNever";
import type { PipelineTarget } from "../pipelines/publishedPipelines";
import { nameBasedId } from "../workspace/ids";
import type { Workspace } from "../workspace/workspace";
import type { ScheduleEventStore } from "./scheduleEventStore";
import { scheduledRunRefused } from "./scheduleLog";
import type { Firing, Schedule, ScheduleTarget, Trouble } from "./schedules";

export interface FiringParts {
  readonly workspace: Workspace;
  readonly runs: Runs;
  readonly events: ScheduleEventStore;
}

/** Id of the run of a firing: version 5 UUID of schedule id and slot instant, or blob path and ETag (design decision 6). */
export function firingRunId(scheduleId: string, firing: Firing): string {
  return nameBasedId(scheduleId, firingName(firing));
}

/** An ETag holds no line break, so the two parts of a blob's name cannot be taken for other two. */
function firingName(firing: Firing): string {
  switch (firing.kind) {
    case "slot":
      return firing.slotAt;
    case "creation":
      return firing.createdAt;
    case "blob":
      return `${firing.path}\n${firing.etag}`;
    default:
      return assertNever(firing);
  }
}

/** The submission that a firing makes; a changed blob becomes the value of the rule's DataPath parameter. */
export function buildSubmission(schedule: Schedule, firing: Firing): RunSubmission {
  const { submission } = schedule;
  return {
    runId: firingRunId(schedule.id, firing),
    target: pipelineTarget(schedule.target),
    experimentName: submission.experimentName,
    description: submission.description,
    displayName: null,
    tags: {},
    properties: submission.properties,
    stepTags: {},
    parameterAssignments: submission.parameterAssignments,
    dataPathAssignments: { ...submission.dataPathAssignments, ...changedPath(schedule, firing) },
    unknownParameters: null,
    continueOnStepFailure: submission.continueOnStepFailure,
    regenerateOutputs: false,
    timeoutMs: null,
    parentRunId: null,
    cause: causeOf(schedule.id, firing),
  };
}

function changedPath({ trigger }: Schedule, firing: Firing): Readonly<Record<string, DataPath>> {
  if (firing.kind !== "blob" || trigger.kind !== "change" || trigger.rule.dataPathParameter === null)
    return {};
  return { [trigger.rule.dataPathParameter]: { datastore: trigger.rule.datastore, path: firing.path } };
}

/** The version of an endpoint is left open: the default one at the time of firing. */
function pipelineTarget(target: ScheduleTarget): PipelineTarget {
  return target.kind === "pipeline"
    ? { kind: "pipeline", id: target.pipelineId }
    : { kind: "endpoint", id: target.endpointId, version: null };
}

function causeOf(scheduleId: string, firing: Firing): RunCause {
  return firing.kind === "blob"
    ? { kind: "blob", scheduleId, blobPath: firing.path, etag: firing.etag }
    : { ...firing, scheduleId };
}

/** Why a firing started no run; null when it did, now or before. */
export function troubleOf(outcome: SubmitOutcome, at: string): Trouble | null {
  switch (outcome.status) {
    case "accepted":
    case "already-claimed":
      return null;
    case "not-found":
    case "disabled":
      return { at, problems: [outcome.problem] };
    case "refused":
      return { at, problems: outcome.problems };
    default:
      return assertNever(outcome);
  }
}

/** `at` is the time under which the event is kept. Rejects only when storage or engine fail. */
export async function fireSchedule(
  parts: FiringParts,
  schedule: Schedule,
  firing: Firing,
  at: string,
  engine: RunEngine,
): Promise<SubmitOutcome> {
  const outcome = await parts.runs.submit(buildSubmission(schedule, firing), engine);
  switch (outcome.status) {
    case "accepted":
      await parts.events.record(schedule.id, { kind: "fired", at, firing, runId: outcome.runId });
      return outcome;
    case "already-claimed":
      await recordClaimed(parts, schedule, firing, at, outcome.runId);
      return outcome;
    case "not-found":
    case "disabled":
    case "refused":
      await recordRefusal(parts, schedule, firing, at, troubleOf(outcome, at)?.problems ?? []);
      return outcome;
    default:
      return assertNever(outcome);
  }
}

/** A run that is older than the firing was started by an earlier notice of the same cause, not by this one. */
async function recordClaimed(
  { runs, events }: FiringParts,
  schedule: Schedule,
  firing: Firing,
  at: string,
  runId: string,
): Promise<void> {
  const run = firing.kind === "blob" ? await runs.find(runId) : undefined;
  const isOlder = run !== undefined && run.createdAt < at;
  await events.record(
    schedule.id,
    isOlder
      ? { kind: "ignored", at, firing, reason: `this version of the blob has started run ${runId}` }
      : { kind: "fired", at, firing, runId },
  );
}

async function recordRefusal(
  { workspace, events }: FiringParts,
  schedule: Schedule,
  firing: Firing,
  at: string,
  problems: Extract<SubmitOutcome, { readonly status: "refused" }>["problems"],
): Promise<void> {
  workspace.log.write(scheduledRunRefused, {
    scheduleId: schedule.id,
    firing: firingName(firing),
    codes: problems.map((problem) => problem.code).join(" "),
  });
  await events.record(schedule.id, { kind: "refused", at, firing, problems });
}
