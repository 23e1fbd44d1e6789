/** Submission of published pipelines and endpoints. Source: spec azureml-v1.md §4.1, §4.3, §4.4. */
import type { Submission } from "../../contract/submission";
import { assertNever } from "../../model/assertNever";
import type { PipelineTarget } from "../../pipelines/publishedPipelines";
import type { RunSubmission, SubmitOutcome } from "../../runs/runs";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";
import { refuseProblem, refuseProblems } from "../refuseProblems";
import { chooseRunId } from "./idempotencyKey";
import { encodeRun } from "./runEntity";
import { datasetAssignments } from "./datasetAssignments";
import { readUnknownParameters } from "./unknownParametersHeader";

/** Where runs go whose caller names no experiment, as Data Factory's activity may. */
export const defaultExperiment = "Default";

export function submitPipeline(call: Call<Submission>): Promise<Answer> {
  return submit(call, { kind: "pipeline", id: call.param("id") });
}

/** v1's client repeats the version of the path as a query; a query alone is honoured as well. */
export function submitEndpoint(call: Call<Submission>): Promise<Answer> {
  return submit(call, { kind: "endpoint", id: call.param("id"), version: call.query("pipelineVersion") });
}

export function submitEndpointVersion(call: Call<Submission>): Promise<Answer> {
  return submit(call, { kind: "endpoint", id: call.param("id"), version: call.param("version") });
}

export async function submitEndpointByName(call: Call<Submission>): Promise<Answer> {
  const name = call.query("name") ?? "";
  if (name === "") return refuse("InvalidQuery", "The query parameter name is missing.");
  return submit(call, { kind: "endpointName", name, version: call.query("pipelineVersion") });
}

async function submit(call: Call<Submission>, target: PipelineTarget): Promise<Answer> {
  const datasets = datasetAssignments(call.body);
  if (!datasets.ok) return refuseProblems(datasets.problems);
  const choice = chooseRunId(call, target);
  if (choice.status === "refused") return choice.refusal;
  const unknown = readUnknownParameters(call);
  if (unknown.status === "refused") return unknown.refusal;
  const submission = {
    ...toSubmission(call, target, choice.runId, unknown.value),
    datasetAssignments: datasets.value,
  };
  return answerOutcome(call, await call.rooms.runs.submit(submission, call.engine));
}

function toSubmission(
  call: Call<Submission>,
  target: PipelineTarget,
  runId: string,
  unknownParameters: RunSubmission["unknownParameters"],
): RunSubmission {
  const { body } = call;
  const experimentName = body.experimentName ?? defaultExperiment;
  return {
    runId,
    target,
    experimentName,
    description: body.description ?? experimentName,
    displayName: body.displayName,
    tags: body.tags,
    properties: body.properties,
    stepTags: body.stepTags,
    parameterAssignments: body.parameterAssignments,
    dataPathAssignments: body.dataPathAssignments,
    unknownParameters,
    continueOnStepFailure: body.continueOnStepFailure,
    regenerateOutputs: body.regenerateOutputs,
    timeoutMs: body.timeoutSeconds === null ? null : body.timeoutSeconds * 1000,
    parentRunId: call.query("parentRunId"),
    cause: { kind: "call", source: body.runSource ?? "API" },
  };
}

async function answerOutcome({ rooms }: Call<Submission>, outcome: SubmitOutcome): Promise<Answer> {
  switch (outcome.status) {
    case "accepted":
      return json(encodeRun(outcome.run));
    case "already-claimed": {
      const run = await rooms.runs.find(outcome.runId);
      if (run === undefined) throw new Error(`Run ${outcome.runId} is claimed and cannot be found.`);
      return json(encodeRun(run));
    }
    case "not-found":
    case "disabled":
      return refuseProblem(outcome.problem);
    case "refused":
      return refuseProblems(outcome.problems);
    default:
      return assertNever(outcome);
  }
}
