/** The self-contained request that a compute target gets for one attempt of a planned step. Pure. */
import { attemptArtifactsId } from "../data/artifactPath";
import type { AttemptInput, AttemptOutput, StepAttempt } from "../compute/computeTarget";
import type { DataPath } from "../model/definition";
import type { WorkspaceConfig } from "../workspace/config";
import { encodeAttemptId } from "./attemptId";
import type { PlannedInput, PlannedOutput, PlannedStep, RunPlan } from "./plan";
import type { StepRecord } from "./runs";

export interface AttemptPlace {
  readonly config: WorkspaceConfig;
  readonly experimentId: string;
}

/** By step id, for every step whose outputs the step reads. */
export type UpstreamOutputs = ReadonlyMap<string, { readonly record: Pick<StepRecord, "outputs"> }>;

export function stepAttempt(
  place: AttemptPlace,
  plan: RunPlan,
  step: PlannedStep,
  attempt: number,
  upstream: UpstreamOutputs,
): StepAttempt {
  return {
    attemptId: encodeAttemptId({ runId: plan.runId, stepId: step.stepId, attempt }),
    runId: plan.runId,
    stepRunId: step.stepRunId,
    artifactsId: attemptArtifactsId(step.stepRunId, attempt),
    experimentName: plan.experimentName,
    stepName: step.name,
    snapshotId: step.snapshotId,
    script: step.script,
    arguments: step.arguments,
    inputs: step.inputs.map((input) => attemptInput(upstream, input)),
    outputs: step.outputs.map(attemptOutput),
    environment: { ...step.environment, ...runVariables(place, plan, step) },
    pythonEnvironment: step.pythonEnvironment,
    timeoutMs: step.timeoutMs,
  };
}

function attemptInput(upstream: UpstreamOutputs, input: PlannedInput): AttemptInput {
  const { name, mode, pathOnCompute, overwrite, source } = input;
  return { name, mode, pathOnCompute, overwrite, source: attemptSource(upstream, source) };
}

function attemptSource(upstream: UpstreamOutputs, source: PlannedInput["source"]): AttemptInput["source"] {
  if (source.kind !== "stepOutput") return source;
  return { kind: "dataPath", dataPath: outputPath(upstream, source.stepId, source.port) };
}

function attemptOutput(output: PlannedOutput): AttemptOutput {
  const { name, dataPath, mode, pathOnCompute, overwrite, sourceGlobs } = output;
  return { name, dataPath, mode, pathOnCompute, overwrite, sourceGlobs };
}

/** Where the step left its output, or where the one did that it was reused from. */
function outputPath(upstream: UpstreamOutputs, stepId: string, port: string): DataPath {
  const output = upstream.get(stepId)?.record.outputs.find(({ name }) => name === port);
  if (output === undefined) throw new Error(`there is no output ${port} of step ${stepId}`);
  return output.dataPath;
}

/** Ids of the steps whose outputs the step reads. */
export function sourcesOf({ inputs }: PlannedStep): readonly string[] {
  return inputs.flatMap(({ source }) => (source.kind === "stepOutput" ? [source.stepId] : []));
}

/** The run context of a script: spec azureml-v1-wire.md §7.1. No token: the context answers without calling back. */
function runVariables(
  { config, experimentId }: AttemptPlace,
  plan: RunPlan,
  step: PlannedStep,
): Readonly<Record<string, string>> {
  return {
    AZUREML_RUN_ID: step.stepRunId,
    AZUREML_ROOT_RUN_ID: plan.runId,
    AZUREML_PARENT_RUN_ID: plan.runId,
    AZUREML_ARM_SUBSCRIPTION: config.subscriptionId,
    AZUREML_ARM_RESOURCEGROUP: config.resourceGroup,
    AZUREML_ARM_WORKSPACE_NAME: config.workspaceName,
    AZUREML_ARM_PROJECT_NAME: plan.experimentName,
    AZUREML_EXPERIMENT_ID: experimentId,
    AZUREML_SERVICE_ENDPOINT: config.selfUrl,
  };
}
