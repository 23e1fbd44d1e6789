/** One node of an uploaded graph as a step: what its module declares, with the node's own values. */
import type { ParameterAssignment, UploadedModuleNode } from "../contract/graph";
import type { ModuleArgument, ModuleInput, ModuleOutput, UploadedModule } from "../contract/graphModule";
import type {
  InputMode,
  InputPort,
  InputSource,
  LiteralValue,
  OutputMode,
  OutputPort,
  StepArgument,
  StepDefinition,
  StepParameter,
} from "./definition";
import { environmentFromModule } from "./environmentFromModule";
import { isRunAfterInput, runAfterOutput, settingNames, structuredArguments } from "./moduleWords";
import { literalOf } from "./parameterTexts";
import type { Problem } from "./problem";
import type { PythonEnvironment } from "./pythonEnvironment";
import { readEnvironment, readRunConfiguration } from "./runConfiguration";

/** What the edges of the graph say about a node's ports. */
export interface ConnectedPorts {
  /** Reports what is wrong with the edges into the port, and answers undefined then. */
  sourceOf(port: string): InputSource | undefined;
  pipelineOutputsOf(port: string): readonly string[];
  readonly runAfter: readonly string[];
}

export interface NodeToRead {
  readonly node: UploadedModuleNode;
  readonly module: UploadedModule;
  /** Field under which problems are reported. */
  readonly at: string;
  readonly ports: ConnectedPorts;
  readonly report: (problem: Problem) => void;
}

/** The step as far as it can be read; the rest is reported, or shows when the definition is parsed. */
export function stepFromModule(read: NodeToRead): StepDefinition {
  const { node, module } = read;
  reportUnsupportedSettings(read);
  return {
    id: node.id,
    name: module.name,
    snapshotId: module.snapshotId ?? "",
    script: settingOf(read, settingNames.script),
    arguments: module.structure.arguments.flatMap((argument, index) => argumentOf(read, argument, index)),
    inputs: module.structure.inputs.flatMap((port) => inputOf(read, port)),
    outputs: module.structure.outputs.flatMap((port) => outputOf(read, port)),
    parameters: module.structure.parameters
      .filter(({ setsVariable }) => setsVariable)
      .flatMap((parameter) => parameterOf(read, parameter)),
    environmentVariables: environmentOf(read),
    pythonEnvironment: pythonEnvironmentOf(read),
    computeTarget: settingOf(read, settingNames.target),
    allowReuse: module.isDeterministic,
    regenerateOutput: node.regenerateOutput,
    runAfter: read.ports.runAfter,
    timeoutMs: timeoutOf(read),
  };
}

function assignmentOf({ node }: NodeToRead, name: string): ParameterAssignment | undefined {
  return node.parameters.find((assignment) => assignment.name === name);
}

/** The text of a setting: the node's value, else the module's; empty when there is none. */
function settingOf(read: NodeToRead, name: string): string {
  const assignment = assignmentOf(read, name);
  if (assignment?.kind === "graphParameter") {
    refuse(read, name, "a fixed value", `the pipeline parameter ${String(assignment.value)}`);
    return "";
  }
  const declared = read.module.structure.parameters.find((parameter) => parameter.name === name);
  return String(assignment?.value ?? declared?.defaultValue ?? "");
}

function reportUnsupportedSettings(read: NodeToRead): void {
  const command = settingOf(read, settingNames.command);
  if (command !== "") refuse(read, settingNames.command, "a script", command);
  const nodes = settingOf(read, settingNames.nodeCount);
  if (nodes !== "" && nodes !== "1") refuse(read, settingNames.nodeCount, "one node", nodes);
  const line = settingOf(read, settingNames.arguments);
  if (line !== "" && line !== structuredArguments) {
    refuse(read, settingNames.arguments, structuredArguments, line);
  }
}

function argumentOf(read: NodeToRead, { kind, value }: ModuleArgument, index: number): StepArgument[] {
  const text = value ?? "";
  switch (kind) {
    case "Literal":
      return [{ kind: "literal", value: text }];
    case "Input":
      return [{ kind: "input", port: text }];
    case "Output":
      return [{ kind: "output", port: text }];
    case "Parameter":
      return [{ kind: "parameter", name: text }];
    case "NestedList":
      refuse(read, `arguments.${index}`, "a text, an input, an output or a parameter", "a list");
      return [];
  }
}

const inputModes: Readonly<Record<string, InputMode>> = {
  mount: "mount",
  download: "download",
  direct: "direct",
};
const outputModes: Readonly<Record<string, OutputMode>> = { mount: "mount", upload: "upload" };

function inputOf(read: NodeToRead, port: ModuleInput): InputPort[] {
  if (isRunAfterInput(port.name)) return [];
  const field = `inputs.${port.name}`;
  const setting = read.node.inputSettings.find(({ name }) => name === port.name);
  const mode = modeOf(read, field, setting?.mode ?? port.mode, inputModes);
  refusePlace(read, field, setting?.pathOnCompute ?? port.pathOnCompute);
  if ((setting?.additionalTransformations ?? "") !== "") {
    refuse(read, field, "an input as it is", "transformations");
  }
  const source = read.ports.sourceOf(port.name);
  return source === undefined || mode === undefined ? [] : [{ name: port.name, mode, source }];
}

function outputOf(read: NodeToRead, port: ModuleOutput): OutputPort[] {
  if (port.name === runAfterOutput) return [];
  const field = `outputs.${port.name}`;
  const setting = read.node.outputSettings.find(({ name }) => name === port.name);
  const mode = modeOf(read, field, setting?.mode ?? port.mode, outputModes);
  refusePlace(read, field, setting?.pathOnCompute ?? port.pathOnCompute);
  const dataset = port.datasetOutput ?? setting?.datasetOutputOptions ?? setting?.datasetRegistration ?? null;
  if (dataset !== null) refuse(read, field, "a plain output", "a dataset output");
  if (port.trainingOutput !== null) refuse(read, field, "a plain output", "a training output");
  const [pipelineOutputName = null, ...others] = read.ports.pipelineOutputsOf(port.name);
  if (others.length > 0) refuse(read, field, "one name as output of the pipeline", `${others.length + 1}`);
  const datastore = setting?.datastore ?? port.datastore ?? "";
  return mode === undefined ? [] : [{ name: port.name, datastore, mode, pipelineOutputName }];
}

function modeOf<M>(
  read: NodeToRead,
  field: string,
  word: string | null,
  modes: Readonly<Record<string, M>>,
): M | undefined {
  const key = (word ?? "mount").toLowerCase();
  if (Object.hasOwn(modes, key)) return modes[key];
  refuse(read, `${field}.mode`, Object.keys(modes).join(" or "), word ?? "");
  return undefined;
}

function refusePlace(read: NodeToRead, field: string, pathOnCompute: string | null): void {
  if (pathOnCompute === null || pathOnCompute === "") return;
  refuse(read, field, "a place that the compute target chooses", pathOnCompute);
}

function parameterOf(
  read: NodeToRead,
  declared: UploadedModule["structure"]["parameters"][number],
): StepParameter[] {
  const { name, type, defaultValue } = declared;
  const assignment = assignmentOf(read, name);
  if (assignment !== undefined && assignment.assignmentsToConcatenate.length > 0) {
    refuse(read, `parameters.${name}`, "one value", "values to concatenate");
    return [];
  }
  const value: LiteralValue | null = assignment?.value ?? defaultValue;
  if (value === null) {
    const field = `${read.at}.parameters.${name}`;
    read.report({ code: "InvalidGraph", field, expected: "a value", received: "none" });
    return [];
  }
  if (assignment?.kind === "graphParameter") {
    return [{ name, value: { kind: "pipelineParameter", parameter: String(value) } }];
  }
  return [{ name, value: { kind: "literal", value: literalOf(type, value) } }];
}

function environmentOf(read: NodeToRead): Readonly<Record<string, string>> {
  const text = settingOf(read, settingNames.environmentVariables);
  const given = readEnvironment(text);
  if (given === undefined) {
    const field = `${read.at}.${settingNames.environmentVariables}`;
    const expected = "a JSON object of texts, or name=value;name=value";
    read.report({ code: "InvalidGraph", field, expected, received: "something else" });
  }
  return { ...readRunConfiguration(read.node.runConfiguration).environmentVariables, ...given };
}

function pythonEnvironmentOf(read: NodeToRead): PythonEnvironment | null {
  const { runConfiguration } = read.node;
  const found = environmentFromModule({ setting: (name) => settingOf(read, name), runConfiguration });
  if (found.ok) return found.value;
  const field = `${read.at}.${found.field}`;
  const received = found.received.slice(0, 200);
  read.report({ code: "InvalidGraph", field, expected: found.expected, received });
  return null;
}

function timeoutOf(read: NodeToRead): number | null {
  const text = settingOf(read, settingNames.maxSeconds);
  const seconds = text === "" ? readRunConfiguration(read.node.runConfiguration).maxSeconds : Number(text);
  if (seconds === 0) return null;
  if (Number.isFinite(seconds) && seconds > 0) return Math.max(1, Math.round(seconds * 1000));
  const field = `${read.at}.${settingNames.maxSeconds}`;
  read.report({ code: "InvalidGraph", field, expected: "seconds", received: text.slice(0, 80) });
  return null;
}

function refuse({ at, report }: NodeToRead, field: string, expected: string, received: string): void {
  report({ code: "UnsupportedFeature", field: `${at}.${field}`, expected, received: received.slice(0, 200) });
}
