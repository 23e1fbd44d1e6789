/**
 * Whether a schedule can do what it says, told before it is saved: pipeline, parameters and datastores are looked
 * up, and all problems come at once. Source: spec azureml-v1.md §5.4–5.7.
 */
import type { Datastores } from "../data/datastores";
import type { DataPath, PipelineDefinition } from "../model/definition";
import { resolveParameters } from "../model/parameters";
import type { Parsed, Problem } from "../model/problem";
import { isSystemContainer } from "../model/systemContainers";
import type { PipelineEndpoints, PublishedPipelines } from "../pipelines/publishedPipelines";
import { normaliseFolder, type Watch } from "./changeRule";
import { invalid, parseScheduleForm, problemsOf, type ScheduleForm } from "./scheduleForm";
import type { RequestedRule, ScheduledSubmission, ScheduleRequest, ScheduleTarget } from "./schedules";

export interface CheckParts {
  readonly datastores: Datastores;
  readonly pipelines: PublishedPipelines;
  readonly endpoints: PipelineEndpoints;
}

/** What a request says, once it is known to be sound. */
export interface CheckedRequest extends ScheduleForm {
  /** What its datastore and folder mean now; null for time schedules. */
  readonly watch: Watch | null;
}

export async function checkSchedule(
  parts: CheckParts,
  request: ScheduleRequest,
): Promise<Parsed<CheckedRequest>> {
  const form = parseScheduleForm(request);
  const { trigger } = request;
  const watch = trigger.kind === "change" ? await findWatch(parts, trigger.rule) : undefined;
  const problems = [
    ...problemsOf(form),
    ...problemsOf(watch),
    ...(await findTargetProblems(parts, request)),
    ...(await findDatastoreProblems(parts, request.submission)),
  ];
  if (!form.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { ...form.value, watch: watch?.ok === true ? watch.value : null } };
}

async function findWatch({ datastores }: CheckParts, rule: RequestedRule): Promise<Parsed<Watch>> {
  const datastore = await datastores.find(rule.datastore);
  if (datastore === undefined) {
    const expected = "the name of a registered AzureBlob datastore";
    return refused({ code: "UnknownDatastore", field: "datastore", expected, received: rule.datastore });
  }
  const { containerName: container } = datastore;
  if (datastore.kind !== "AzureBlob") {
    const received = `${datastore.name}, which stands for a file share`;
    return refused(invalid("datastore", "a datastore of kind AzureBlob: v1 watches no other", received));
  }
  if (isSystemContainer(container)) {
    return refused(invalid("datastore", "a datastore on a container of your own", container));
  }
  const folder = normaliseFolder(rule.path) ?? "";
  return { ok: true, value: { account: datastore.accountName.toLowerCase(), container, folder } };
}

async function findTargetProblems(parts: CheckParts, request: ScheduleRequest): Promise<readonly Problem[]> {
  const { target, status, submission, trigger } = request;
  const found = await findPipeline(parts, target, status === "Active");
  if (!found.ok) return found.problems;
  const definition = await parts.pipelines.definition(found.value);
  const parameter = trigger.kind === "change" ? trigger.rule.dataPathParameter : null;
  return findParameterProblems(definition, submission, parameter);
}

/** Id of the pipeline that the target means now. Only an active schedule needs an active target. */
async function findPipeline(
  parts: CheckParts,
  target: ScheduleTarget,
  mustRun: boolean,
): Promise<Parsed<string>> {
  if (target.kind === "pipeline") return findById(parts, "pipeline_id", target.pipelineId, mustRun);
  const field = "pipeline_endpoint_id";
  const endpoint = await parts.endpoints.find(target.endpointId);
  if (endpoint === undefined) {
    const expected = "the id of a pipeline endpoint";
    return refused({ code: "UnknownPipelineEndpoint", field, expected, received: target.endpointId });
  }
  if (mustRun && endpoint.status === "Disabled") {
    const expected = "an active endpoint";
    return refused({ code: "PipelineEndpointDisabled", field, expected, received: endpoint.status });
  }
  const version = endpoint.versions.find(({ version: number }) => number === endpoint.defaultVersion);
  return findById(parts, field, version?.pipelineId ?? "", mustRun);
}

async function findById(
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
    const expected = "an active pipeline";
    return refused({ code: "PipelineDisabled", field, expected, received: pipeline.status });
  }
  return { ok: true, value: pipeline.id };
}

/** `parameter` is the one that a change schedule fills at each firing: it needs no value of its own. */
function findParameterProblems(
  definition: PipelineDefinition,
  { parameterAssignments, dataPathAssignments }: ScheduledSubmission,
  parameter: string | null,
): readonly Problem[] {
  const filled = definition.parameters.find(({ name }) => name === parameter);
  const anywhere: DataPath = { datastore: "any", path: "" };
  const paths =
    filled?.kind === "dataPath" ? { [filled.name]: anywhere, ...dataPathAssignments } : dataPathAssignments;
  const resolved = resolveParameters(definition, parameterAssignments, paths);
  const problems = problemsOf(resolved);
  if (parameter === null || filled?.kind === "dataPath") return problems;
  const names = definition.parameters.filter(({ kind }) => kind === "dataPath").map(({ name }) => name);
  const expected = names.length === 0 ? "none: the pipeline has no data path" : `one of: ${names.join(", ")}`;
  const code = filled === undefined ? "UnknownParameter" : "WrongParameterKind";
  return [{ code, field: "data_path_parameter_name", expected, received: parameter }, ...problems];
}

async function findDatastoreProblems(
  { datastores }: CheckParts,
  { dataPathAssignments }: ScheduledSubmission,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [name, { datastore }] of Object.entries(dataPathAssignments)) {
    if ((await datastores.find(datastore)) !== undefined) continue;
    const expected = "the name of a registered datastore";
    problems.push({
      code: "UnknownDatastore",
      field: `DataPathAssignments.${name}`,
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
