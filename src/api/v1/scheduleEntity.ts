/** A schedule between the room's words and v1's entity. Source: spec azureml-v1-wire.md §6.5. */
import { isDeepStrictEqual } from "node:util";
import { scheduleEntity, type ScheduleEntity, type ScheduleRequestBody } from "../../contract/scheduleEntity";
import type { Submission } from "../../contract/submission";
import type { Parsed, Problem } from "../../model/problem";
import {
  v1SchedulePolicy,
  type RequestedTrigger,
  type Schedule,
  type ScheduleRequest,
  type ScheduledSubmission,
  type ScheduleTarget,
  type Trigger,
} from "../../schedules/schedules";
import { submissionProblems } from "./submissionProblems";
import { defaultExperiment } from "./submitHandlers";

export function encodeSchedule(schedule: Schedule): unknown {
  const { target } = schedule;
  return scheduleEntity.encode({
    id: schedule.id,
    name: schedule.name,
    pipelineId: target.kind === "pipeline" ? target.pipelineId : null,
    pipelineEndpointId: target.kind === "endpoint" ? target.endpointId : null,
    entityStatus: schedule.status,
    provisioningStatus: "Completed",
    submission: submissionOf(schedule),
    ...triggerFields(schedule.trigger),
    createdAt: schedule.createdAt,
    modifiedAt: schedule.modifiedAt,
    etag: schedule.etag,
    policy: policyOf(schedule),
    trouble: schedule.trouble,
  });
}

/** Told only where it is not v1's. */
function policyOf({ policy }: Schedule): ScheduleEntity["policy"] {
  if (isDeepStrictEqual(policy, v1SchedulePolicy)) return null;
  const { clock, missed, whileRunning } = policy;
  const window = missed.kind === "all" ? missed : { kind: missed.kind, windowMinutes: null, most: null };
  return { ...clock, missed: window, whileRunning };
}

type TriggerFields = Pick<ScheduleEntity, "scheduleType" | "recurrence" | "dataStoreTrigger">;

function triggerFields(trigger: Trigger): TriggerFields {
  if (trigger.kind === "recurrence") {
    return { scheduleType: "Recurrence", recurrence: { ...trigger.recurrence }, dataStoreTrigger: null };
  }
  const { datastore, path, dataPathParameter, pollingIntervalMinutes, filter } = trigger.rule;
  const dataStoreTrigger = {
    datastore,
    pollingInterval: pollingIntervalMinutes,
    dataPathParameterName: dataPathParameter,
    path: path === "" ? null : path,
    filter: filter ?? null,
  };
  return { scheduleType: "DataStore", recurrence: null, dataStoreTrigger };
}

function submissionOf({ id, submission }: Schedule): Submission {
  return {
    ...submission,
    dataSetAssignments: {},
    runSource: null,
    runType: "Schedule",
    displayName: null,
    regenerateOutputs: false,
    timeoutSeconds: null,
    stepTags: {},
    enableNotification: null,
    tags: {},
    scheduleId: id,
  };
}

/** What a create or a merged update asks for; all problems at once. */
export function toScheduleRequest(body: ScheduleRequestBody): Parsed<ScheduleRequest> {
  const target = targetOf(body);
  const trigger = triggerOf(body);
  const problems = [...problemsOf(target), ...problemsOf(trigger), ...datasetProblems(body.submission)];
  if (!target.ok || !trigger.ok || problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      name: body.name,
      target: target.value,
      trigger: trigger.value,
      submission: scheduledSubmission(body.submission),
      status: body.entityStatus,
      policy: body.policy ?? {},
      runOnCreate: body.runOnCreate,
    },
  };
}

function targetOf({ pipelineId, pipelineEndpointId }: ScheduleRequestBody): Parsed<ScheduleTarget> {
  if (pipelineId !== null && pipelineEndpointId === null) {
    return { ok: true, value: { kind: "pipeline", pipelineId } };
  }
  if (pipelineEndpointId !== null && pipelineId === null) {
    return { ok: true, value: { kind: "endpoint", endpointId: pipelineEndpointId } };
  }
  return wrong(
    "PipelineId",
    "a PipelineId or a PipelineEndpointId",
    pipelineId === null ? "neither" : "both",
  );
}

function triggerOf(body: ScheduleRequestBody): Parsed<RequestedTrigger> {
  const { recurrence, dataStoreTrigger } = body;
  if (body.scheduleType === "Recurrence") {
    if (dataStoreTrigger?.datastore)
      return wrong("DataStoreTriggerInfo", "none beside a Recurrence", "a datastore");
    if (recurrence === null) return wrong("Recurrence", "a recurrence", "nothing");
    return { ok: true, value: { kind: "recurrence", recurrence } };
  }
  if (recurrence !== null) return wrong("Recurrence", "none beside DataStoreTriggerInfo", "a recurrence");
  if (!dataStoreTrigger?.datastore) {
    return wrong("DataStoreTriggerInfo.DataStoreName", "the name of a datastore", "nothing");
  }
  const { datastore, path, dataPathParameterName, pollingInterval, filter } = dataStoreTrigger;
  const rule = {
    datastore,
    path: path ?? "",
    dataPathParameter: dataPathParameterName === "" ? null : dataPathParameterName,
    pollingIntervalMinutes: pollingInterval,
    ...(filter !== null && { filter }),
  };
  return { ok: true, value: { kind: "change", rule } };
}

function scheduledSubmission(body: Submission): ScheduledSubmission {
  const experimentName = body.experimentName ?? defaultExperiment;
  return {
    experimentName,
    description: body.description ?? "",
    parameterAssignments: body.parameterAssignments,
    dataPathAssignments: body.dataPathAssignments,
    continueOnStepFailure: body.continueOnStepFailure,
    properties: body.properties,
  };
}

function datasetProblems(submission: Submission): readonly Problem[] {
  return submissionProblems(submission).map((problem) => ({
    ...problem,
    field: `PipelineSubmissionInfo.${problem.field}`,
  }));
}

function wrong(field: string, expected: string, received: string): Parsed<never> {
  return { ok: false, problems: [{ code: "InvalidField", field, expected, received }] };
}

const problemsOf = (parsed: Parsed<unknown>): readonly Problem[] => (parsed.ok ? [] : parsed.problems);
