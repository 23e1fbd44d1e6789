/**
 * What one run will do, settled at submission and never changed: the steps with their predecessors, resolved
 * values and the places of their data. It names nothing of the machine that runs it, so a plan outlives a move.
 */
import { assertNever } from "../model/assertNever";
import type {
  DataPath,
  DatasetReference,
  DatasetRegistration,
  InputMode,
  InputPort,
  OutputMode,
  OutputPort,
  ParameterValue,
  PipelineDefinition,
  RetryPolicy,
  RunSettingName,
  StepArgument,
  StepDefinition,
} from "../model/definition";
import { literalText, parameterVariable, type ResolvedParameters } from "../model/parameters";
import type { PythonEnvironment } from "../model/pythonEnvironment";
import { byCodeUnit } from "./decide";

export type PlannedInputSource =
  | { readonly kind: "dataPath"; readonly dataPath: DataPath }
  | { readonly kind: "stepOutput"; readonly stepId: string; readonly port: string }
  | ({ readonly kind: "dataset" } & ResolvedDataset);

/** A dataset as it was when the run was submitted. */
export interface ResolvedDataset {
  /** Id of the saved dataset, also where a registered one was named. */
  readonly datasetId: string;
  /** The places that make it up; a path may be a glob. */
  readonly paths: readonly DataPath[];
}

export interface PlannedInput {
  readonly name: string;
  readonly mode: InputMode;
  readonly source: PlannedInputSource;
  /** As `InputPort` has it. */
  readonly pathOnCompute: string | null;
  readonly overwrite: boolean;
}

export interface PlannedOutput {
  readonly name: string;
  readonly dataPath: DataPath;
  readonly mode: OutputMode;
  /** As `OutputPort` has it. */
  readonly pathOnCompute: string | null;
  readonly overwrite: boolean;
  /** The place as its author wrote it, before a run's ids were put in; null = the run's own. */
  readonly destination: string | null;
  /** Files that go up, as globs; empty = all. */
  readonly sourceGlobs: readonly string[];
  readonly registerAs: DatasetRegistration | null;
  readonly pipelineOutputName: string | null;
}

export type PlannedArgument =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "input"; readonly port: string }
  | { readonly kind: "output"; readonly port: string };

/**
 * `allowed`: an equal result may stand in for this step's. `regenerate`: it runs in any case, and its result may be
 * reused later. `never`: it neither reuses nor is reused.
 */
export type PlannedReuse = "allowed" | "regenerate" | "never";

export interface PlannedStep {
  readonly stepId: string;
  readonly stepRunId: string;
  readonly name: string;
  /** Tag of its author: part of what makes two steps equal. */
  readonly version: string | null;
  /** Steps that must be finished first, by data or by `run_after`, ordered by id. */
  readonly predecessors: readonly string[];
  readonly computeTarget: string;
  readonly snapshotId: string;
  /** As `StepDefinition` has it: part of what makes two steps equal. */
  readonly hashedPaths: string | null;
  readonly script: string;
  readonly arguments: readonly PlannedArgument[];
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  /** The step's own parameters as the script receives them. */
  readonly parameters: Readonly<Record<string, string>>;
  /** `AML_PARAMETER_*` and the step's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pythonEnvironment: PythonEnvironment | null;
  /** Nodes and processes that the step asks for, as text; what is not there is one. */
  readonly runSettings: Readonly<Partial<Record<RunSettingName, string>>>;
  readonly timeoutMs: number | null;
  readonly retries: RetryPolicy | null;
  readonly reuse: PlannedReuse;
}

export interface RunPlan {
  readonly runId: string;
  readonly pipelineName: string;
  readonly experimentName: string;
  readonly parentRunId: string | null;
  readonly continueOnStepFailure: boolean;
  /** In the order of the definition. */
  readonly steps: readonly PlannedStep[];
}

/** Every parameter of the pipeline with this run's value. */
export type RunValues = ResolvedParameters;

export interface PlanRequest {
  readonly runId: string;
  readonly pipelineName: string;
  readonly experimentName: string;
  readonly parentRunId: string | null;
  readonly continueOnStepFailure: boolean;
  /** Every step runs anew, whatever could be reused. */
  readonly regenerateOutputs: boolean;
  readonly definition: PipelineDefinition;
  readonly values: RunValues;
  /** What a dataset means now; asked only for references that were resolved before. */
  readonly datasetOf: (reference: DatasetReference) => ResolvedDataset;
  /** The id of a step's run in run history and artifacts. */
  readonly stepRunId: (stepId: string) => string;
}

export function planRun(request: PlanRequest): RunPlan {
  return {
    runId: request.runId,
    pipelineName: request.pipelineName,
    experimentName: request.experimentName,
    parentRunId: request.parentRunId,
    continueOnStepFailure: request.continueOnStepFailure,
    steps: request.definition.steps.map((step) => planStep(request, step)),
  };
}

function planStep(request: PlanRequest, step: StepDefinition): PlannedStep {
  const stepRunId = request.stepRunId(step.id);
  const parameters = stepParameters(step, request.values);
  return {
    stepId: step.id,
    stepRunId,
    name: step.name,
    version: step.version,
    predecessors: predecessorsOf(step),
    computeTarget: step.computeTarget,
    snapshotId: step.snapshotId,
    hashedPaths: step.hashedPaths,
    script: step.script,
    arguments: step.arguments.map((argument) => planArgument(argument, parameters)),
    inputs: step.inputs.map((port) => planInput(request, port)),
    outputs: step.outputs.map((port) => planOutput(port, stepRunId)),
    parameters: Object.fromEntries(parameters),
    environment: { ...step.environmentVariables, ...parameterVariables(parameters) },
    pythonEnvironment: step.pythonEnvironment,
    runSettings: Object.fromEntries(
      step.runSettings.map(({ name, value }) => [name, textOf(value, request.values)]),
    ),
    timeoutMs: step.timeoutMs,
    retries: step.retries,
    reuse: plannedReuse(step, request.regenerateOutputs),
  };
}

function planInput(request: PlanRequest, port: InputPort): PlannedInput {
  const { name, mode, pathOnCompute, overwrite } = port;
  return { name, mode, pathOnCompute, overwrite, source: planSource(request, port) };
}

function planOutput(port: OutputPort, stepRunId: string): PlannedOutput {
  const { name, datastore, mode, pathOnCompute, overwrite, destination, registerAs, pipelineOutputName } =
    port;
  return {
    name,
    dataPath: { datastore, path: placeOfOutput(port, stepRunId) },
    mode,
    pathOnCompute,
    overwrite,
    destination: destination?.path ?? null,
    sourceGlobs: destination?.sourceGlobs ?? [],
    registerAs,
    pipelineOutputName,
  };
}

/** A destination is the author's own choice, so that two runs may write to one place. */
function placeOfOutput({ name, destination }: OutputPort, stepRunId: string): string {
  if (destination === null) return `azureml/${stepRunId}/${name}`;
  const path = destination.path.replaceAll("{run-id}", stepRunId).replaceAll("{output-name}", name);
  return path.replace(/\/$/, "");
}

function plannedReuse(
  { allowReuse, regenerateOutput }: StepDefinition,
  regenerateAll: boolean,
): PlannedReuse {
  if (!allowReuse) return "never";
  return regenerateOutput || regenerateAll ? "regenerate" : "allowed";
}

function predecessorsOf(step: StepDefinition): readonly string[] {
  const byData = step.inputs.flatMap(({ source }) => (source.kind === "stepOutput" ? [source.stepId] : []));
  return [...new Set([...byData, ...step.runAfter])].sort(byCodeUnit);
}

function planSource({ values, datasetOf }: PlanRequest, { source }: InputPort): PlannedInputSource {
  switch (source.kind) {
    case "stepOutput":
      return source;
    case "dataReference":
      return { kind: "dataPath", dataPath: source.dataPath };
    case "dataPathParameter":
      return { kind: "dataPath", dataPath: valueOf(values.dataPaths, source.parameter) };
    case "dataset":
      return { kind: "dataset", ...datasetOf(source.dataset) };
    case "datasetParameter":
      return { kind: "dataset", ...datasetOf(valueOf(values.datasets, source.parameter)) };
    default:
      return assertNever(source);
  }
}

function stepParameters(step: StepDefinition, values: RunValues): ReadonlyMap<string, string> {
  return new Map(step.parameters.map(({ name, value }) => [name, textOf(value, values)]));
}

function textOf(value: ParameterValue, { literals }: RunValues): string {
  return literalText(value.kind === "literal" ? value.value : valueOf(literals, value.parameter));
}

function planArgument(argument: StepArgument, parameters: ReadonlyMap<string, string>): PlannedArgument {
  switch (argument.kind) {
    case "literal":
      return { kind: "text", value: argument.value };
    case "parameter": {
      const value = parameters.get(argument.name);
      if (value === undefined) throw new Error(`argument names no parameter of its step: ${argument.name}`);
      return { kind: "text", value };
    }
    case "input":
    case "output":
      return argument;
  }
}

function valueOf<T>(values: Readonly<Record<string, T>>, parameter: string): T {
  const value = Object.hasOwn(values, parameter) ? values[parameter] : undefined;
  if (value === undefined) throw new Error(`parameter ${parameter} has no value`);
  return value;
}

function parameterVariables(parameters: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...parameters].map(([name, text]) => [parameterVariable(name), text]));
}
