/**
 * What one run will do, settled at submission and never changed: the steps with their predecessors, resolved
 * values and the places of their data. It names nothing of the machine that runs it, so a plan outlives a move.
 */
import type {
  DataPath,
  InputMode,
  InputPort,
  LiteralValue,
  PipelineDefinition,
  StepArgument,
  StepDefinition,
} from "../model/definition";
import { literalText, parameterVariable } from "../model/parameters";
import type { PythonEnvironment } from "../model/pythonEnvironment";
import { byCodeUnit } from "./decide";

export type PlannedInputSource =
  | { readonly kind: "dataPath"; readonly dataPath: DataPath }
  | { readonly kind: "stepOutput"; readonly stepId: string; readonly port: string };

export interface PlannedInput {
  readonly name: string;
  readonly mode: InputMode;
  readonly source: PlannedInputSource;
}

export interface PlannedOutput {
  readonly name: string;
  readonly dataPath: DataPath;
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
  /** Steps that must be finished first, by data or by `run_after`, ordered by id. */
  readonly predecessors: readonly string[];
  readonly computeTarget: string;
  readonly snapshotId: string;
  readonly script: string;
  readonly arguments: readonly PlannedArgument[];
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  /** `AML_PARAMETER_*` and the step's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pythonEnvironment: PythonEnvironment | null;
  readonly timeoutMs: number | null;
  readonly reuse: PlannedReuse;
}

export interface RunPlan {
  readonly runId: string;
  readonly experimentName: string;
  readonly parentRunId: string | null;
  readonly continueOnStepFailure: boolean;
  /** Every step runs anew, whatever could be reused. */
  readonly regenerateOutputs: boolean;
  /** In the order of the definition. */
  readonly steps: readonly PlannedStep[];
}

/** Every parameter of the pipeline with this run's value. */
export interface RunValues {
  readonly literals: Readonly<Record<string, LiteralValue>>;
  readonly dataPaths: Readonly<Record<string, DataPath>>;
}

export interface PlanRequest {
  readonly runId: string;
  readonly experimentName: string;
  readonly parentRunId: string | null;
  readonly continueOnStepFailure: boolean;
  readonly regenerateOutputs: boolean;
  readonly definition: PipelineDefinition;
  readonly values: RunValues;
  /** The id of a step's run in run history and artifacts. */
  readonly stepRunId: (stepId: string) => string;
}

export function planRun(request: PlanRequest): RunPlan {
  return {
    runId: request.runId,
    experimentName: request.experimentName,
    parentRunId: request.parentRunId,
    continueOnStepFailure: request.continueOnStepFailure,
    regenerateOutputs: request.regenerateOutputs,
    steps: request.definition.steps.map((step) => planStep(request, step)),
  };
}

function planStep({ stepRunId, values }: PlanRequest, step: StepDefinition): PlannedStep {
  const own = stepRunId(step.id);
  const parameters = stepParameters(step, values);
  return {
    stepId: step.id,
    stepRunId: own,
    name: step.name,
    predecessors: predecessorsOf(step),
    computeTarget: step.computeTarget,
    snapshotId: step.snapshotId,
    script: step.script,
    arguments: step.arguments.map((argument) => planArgument(argument, parameters)),
    inputs: step.inputs.map((port) => ({
      name: port.name,
      mode: port.mode,
      source: planSource(port, values),
    })),
    outputs: step.outputs.map(({ name, datastore, pipelineOutputName }) => ({
      name,
      dataPath: { datastore, path: `azureml/${own}/${name}` },
      pipelineOutputName,
    })),
    environment: { ...step.environmentVariables, ...parameterVariables(parameters) },
    pythonEnvironment: step.pythonEnvironment,
    timeoutMs: step.timeoutMs,
    reuse: plannedReuse(step),
  };
}

function plannedReuse({ allowReuse, regenerateOutput }: StepDefinition): PlannedReuse {
  if (!allowReuse) return "never";
  return regenerateOutput ? "regenerate" : "allowed";
}

function predecessorsOf(step: StepDefinition): readonly string[] {
  const byData = step.inputs.flatMap(({ source }) => (source.kind === "stepOutput" ? [source.stepId] : []));
  return [...new Set([...byData, ...step.runAfter])].sort(byCodeUnit);
}

function planSource({ source }: InputPort, values: RunValues): PlannedInputSource {
  switch (source.kind) {
    case "stepOutput":
      return source;
    case "dataReference":
      return { kind: "dataPath", dataPath: source.dataPath };
    case "dataPathParameter":
      return { kind: "dataPath", dataPath: valueOf(values.dataPaths, source.parameter) };
  }
}

function stepParameters(step: StepDefinition, values: RunValues): ReadonlyMap<string, string> {
  return new Map(
    step.parameters.map(({ name, value }) => [
      name,
      literalText(value.kind === "literal" ? value.value : valueOf(values.literals, value.parameter)),
    ]),
  );
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
