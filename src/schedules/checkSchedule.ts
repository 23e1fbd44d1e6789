/**
 * Whether a schedule can do what it says, told before it is saved: all problems at once, in v1's names of the
 * arguments. Source: spec azureml-v1.md §5.4–5.6.
 */
import type { Datastore, Datastores } from "../data/datastores";
import type { Parsed, Problem } from "../model/problem";
import { parseRecurrence } from "../model/recurrence";
import type { PipelineEndpoints, PublishedPipelines } from "../pipelines/publishedPipelines";
import { findAssignmentProblems } from "./assignmentProblems";
import { isSystemContainer, normaliseFolder, type Watch } from "./changeRule";
import type { ChangeRule, ScheduleRequest, ScheduleTarget, Trigger } from "./schedules";

export interface CheckParts {
  readonly datastores: Datastores;
  readonly pipelines: PublishedPipelines;
  readonly endpoints: PipelineEndpoints;
}

/** What a request says, once it is known to be sound. */
export interface CheckedRequest {
  readonly trigger: Trigger;
  /** null for time schedules. */
  readonly watch: Watch | null;
}

const longestName = 255;
/** A row holds 32 KB; the rest of it is small. */
const longestSubmission = 24_000;

export async function checkSchedule(
  parts: CheckParts,
  request: ScheduleRequest,
): Promise<Parsed<CheckedRequest>> {
  const trigger = await checkTrigger(parts, request);
  const problems = [
    ...checkPlainFields(request),
    ...(trigger.ok ? [] : trigger.problems),
    ...(await checkTarget(parts, request)),
  ];
  return trigger.ok && problems.length === 0 ? trigger : { ok: false, problems };
}

function checkPlainFields({ name, submission, status }: ScheduleRequest): Problem[] {
  const problems: Problem[] = [];
  if (name.trim() === "" || name.length > longestName) {
    problems.push(invalid("name", `1 to ${longestName} characters`, name));
  }
  if (submission.experimentName.trim() === "") {
    problems.push(invalid("experiment_name", "the name of an experiment", submission.experimentName));
  }
  if (status === "Deprecated") problems.push(invalid("status", "Active or Disabled", status));
  const size = JSON.stringify(submission).length;
  if (size > longestSubmission) {
    const expected = `at most ${longestSubmission} characters of description, parameters and properties`;
    problems.push({
      code: "ScheduleTooLarge",
      field: "pipeline_parameters",
      expected,
      received: String(size),
    });
  }
  return problems;
}

async function checkTrigger(
  parts: CheckParts,
  { trigger }: ScheduleRequest,
): Promise<Parsed<CheckedRequest>> {
  if (trigger.kind === "change") return checkRule(parts, trigger.rule);
  const parsed = parseRecurrence(trigger.recurrence);
  if (parsed.ok)
    return { ok: true, value: { trigger: { kind: "recurrence", recurrence: parsed.value }, watch: null } };
  const prefixed = parsed.problems.map((problem) => ({
    ...problem,
    field: problem.field === "recurrence" ? problem.field : `recurrence.${problem.field}`,
  }));
  return { ok: false, problems: prefixed };
}

async function checkRule({ datastores }: CheckParts, rule: ChangeRule): Promise<Parsed<CheckedRequest>> {
  const problems: Problem[] = [];
  const datastore = await datastores.find(rule.datastore);
  problems.push(...checkDatastore(rule.datastore, datastore));
  const folder = normaliseFolder(rule.path);
  if (folder === undefined) {
    problems.push(
      invalid("path_on_datastore", "a folder without empty, . or .. segments and backslashes", rule.path),
    );
  }
  if (!Number.isInteger(rule.pollingIntervalMinutes) || rule.pollingIntervalMinutes < 1) {
    const received = String(rule.pollingIntervalMinutes);
    problems.push(invalid("polling_interval", "a whole number of minutes from 1", received));
  }
  if (datastore === undefined || folder === undefined || problems.length > 0) return { ok: false, problems };
  const watch = { account: datastore.accountName.toLowerCase(), container: datastore.containerName, folder };
  return { ok: true, value: { trigger: { kind: "change", rule: { ...rule, path: folder } }, watch } };
}

/** Only blob containers can be registered as datastores so far, so the kind needs no check here. */
function checkDatastore(name: string, datastore: Datastore | undefined): Problem[] {
  const expected = "the name of a registered AzureBlob datastore";
  if (datastore === undefined)
    return [{ code: "UnknownDatastore", field: "datastore", expected, received: name }];
  if (!isSystemContainer(datastore.containerName)) return [];
  return [invalid("datastore", "a datastore on a container of your own", datastore.containerName)];
}

async function checkTarget(parts: CheckParts, request: ScheduleRequest): Promise<readonly Problem[]> {
  const { target, status, submission, trigger } = request;
  const found = await findPipeline(parts, target, status === "Active");
  if (!found.ok) return found.problems;
  const definition = await parts.pipelines.definition(found.value);
  const parameter = trigger.kind === "change" ? trigger.rule.dataPathParameter : null;
  return [
    ...findAssignmentProblems(definition, submission, parameter),
    ...(await checkAssignedDatastores(parts, request)),
  ];
}

/** Id of the pipeline that the target means now. Only an active schedule needs an active target. */
async function findPipeline(
  parts: CheckParts,
  target: ScheduleTarget,
  mustRun: boolean,
): Promise<Parsed<string>> {
  if (target.kind === "pipeline") return checkPipeline(parts, "pipeline_id", target.pipelineId, mustRun);
  const field = "pipeline_endpoint_id";
  const endpoint = await parts.endpoints.find(target.endpointId);
  if (endpoint === undefined) {
    const expected = "the id of a pipeline endpoint";
    return refused({ code: "UnknownPipelineEndpoint", field, expected, received: target.endpointId });
  }
  if (mustRun && endpoint.status !== "Active") {
    return refused({
      code: "PipelineEndpointDisabled",
      field,
      expected: "an active endpoint",
      received: endpoint.status,
    });
  }
  const version = endpoint.versions.find(({ version: number }) => number === endpoint.defaultVersion);
  return checkPipeline(parts, field, version?.pipelineId ?? "", mustRun);
}

async function checkPipeline(
  { pipelines }: CheckParts,
  field: string,
  id: string,
  mustRun: boolean,
): Promise<Parsed<string>> {
  const pipeline = await pipelines.find(id);
  if (pipeline === undefined) {
    const expected = "the id of a published pipeline";
    return refused({ code: "UnknownPipeline", field, expected, received: id });
  }
  if (mustRun && pipeline.status === "Disabled") {
    return refused({
      code: "PipelineDisabled",
      field,
      expected: "an active pipeline",
      received: pipeline.status,
    });
  }
  return { ok: true, value: pipeline.id };
}

async function checkAssignedDatastores(
  { datastores }: CheckParts,
  request: ScheduleRequest,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [name, { datastore }] of Object.entries(request.submission.dataPathAssignments)) {
    if ((await datastores.find(datastore)) !== undefined) continue;
    const expected = "the name of a registered datastore";
    problems.push({
      code: "UnknownDatastore",
      field: `pipeline_parameters.${name}`,
      expected,
      received: datastore,
    });
  }
  return problems;
}

const refused = (problem: Problem): { readonly ok: false; readonly problems: readonly Problem[] } => ({
  ok: false,
  problems: [problem],
});

function invalid(field: string, expected: string, received: string): Problem {
  return { code: "InvalidSchedule", field, expected, received: received.slice(0, 100) };
}
