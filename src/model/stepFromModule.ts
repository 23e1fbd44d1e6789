/** One node of an uploaded graph as a step: what its module declares, with the node's own values. */
import type { ParameterAssignment, UploadedModuleNode, UploadedOutputSetting } from "../contract/graph";
import type {
  ModuleArgument,
  ModuleInput,
  ModuleOutput,
  ModuleParameter,
  UploadedModule,
} from "../contract/graphModule";
import {
  runSettingNames,
  type InputMode,
  type InputPort,
  type InputSource,
  type LiteralValue,
  type OutputMode,
  type OutputPort,
  type ParameterValue,
  type RunSetting,
  type RunSettingName,
  type StepArgument,
  type StepDefinition,
  type StepParameter,
} from "./definition";
import { environmentFromModule } from "./environmentFromModule";
import {
  isRunAfterInput,
  runAfterOutput,
  settingNames,
  stepProperties,
  structuredArguments,
} from "./moduleWords";
import { literalText } from "./parameters";
import { literalOf } from "./parameterTexts";
import type { Problem } from "./problem";
import type { PythonEnvironment } from "./pythonEnvironment";
import { readEnvironment, readRunConfiguration } from "./runConfiguration";

/** What the edges of the graph say about a node's ports. */
export interface ConnectedPorts {
  /** Reports what is wrong with the edges into the port, and answers undefined then. */
  sourceOf(port: string): InputSource | undefined;
  isConnected(port: string): boolean;
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
    description: module.description,
    ...additionsOf(read),
    snapshotId: module.snapshotId ?? "",
    script: settingOf(read, settingNames.script),
    arguments: module.structure.arguments.flatMap((argument, index) => argumentOf(read, argument, index)),
    inputs: module.structure.inputs.flatMap((port) => inputOf(read, port)),
    outputs: module.structure.outputs.flatMap((port) => outputOf(read, port)),
    parameters: module.structure.parameters
      .filter(({ setsVariable }) => setsVariable)
      .flatMap((parameter) => parameterOf(read, parameter)),
    runSettings: runSettingNames.flatMap((name) => runSettingOf(read, name)),
    environmentVariables: environmentOf(read),
    pythonEnvironment: pythonEnvironmentOf(read),
    computeTarget: settingOf(read, settingNames.target),
    allowReuse: module.isDeterministic,
    regenerateOutput: node.regenerateOutput,
    runAfter: read.ports.runAfter,
    timeoutMs: timeoutOf(read),
  };
}

type Additions = Pick<StepDefinition, "version" | "retries" | "module" | "hashedPaths">;

/** What v1's graph has no place for; text that is no JSON shows when the definition is parsed. */
function additionsOf({ module }: NodeToRead): Additions {
  const { version, retries, module: reference, hashedPaths } = stepProperties;
  return {
    version: module.properties[version] ?? null,
    hashedPaths: module.properties[hashedPaths] ?? null,
    retries: jsonOf(module.properties[retries]) as StepDefinition["retries"],
    module: jsonOf(module.properties[reference]) as StepDefinition["module"],
  };
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
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
  const { name } = port;
  if (isRunAfterInput(name)) return [];
  const field = `inputs.${name}`;
  const setting = read.node.inputSettings.find((one) => one.name === name);
  const mode = modeOf(read, field, setting?.mode ?? port.mode, inputModes);
  if ((setting?.additionalTransformations ?? "") !== "") {
    refuse(read, field, "an input as it is", "transformations");
  }
  if (port.isResource) refuse(read, field, "data for the script", "a resource of the source directory");
  const source = port.isOptional && !read.ports.isConnected(name) ? undefined : read.ports.sourceOf(name);
  if (source === undefined || mode === undefined) return [];
  return [{ name, mode, source, ...placeOf(mode, setting, port) }];
}

function outputOf(read: NodeToRead, port: ModuleOutput): OutputPort[] {
  const { name } = port;
  if (name === runAfterOutput) return [];
  const field = `outputs.${name}`;
  const setting = read.node.outputSettings.find((one) => one.name === name);
  const mode = modeOf(read, field, setting?.mode ?? port.mode, outputModes);
  if (port.datasetOutput !== null)
    refuse(read, field, "a dataset output as the node says", "one of the module");
  if (port.trainingOutput !== null) refuse(read, field, "a plain output", "a training output");
  const [pipelineOutputName = null, ...others] = read.ports.pipelineOutputsOf(name);
  if (others.length > 0) refuse(read, field, "one name as output of the pipeline", `${others.length + 1}`);
  if (mode === undefined) return [];
  return [
    {
      name,
      datastore: setting?.datastore ?? port.datastore ?? "",
      mode,
      ...placeOf(mode, setting, port),
      destination: destinationOf(mode, setting),
      registerAs: registrationOf(read, field, setting),
      pipelineOutputName,
    },
  ];
}

interface Placed {
  readonly pathOnCompute: string | null;
}

/** v1 sends the flag with every mode, also with those that never replace anything. */
function placeOf(
  mode: InputMode | OutputMode,
  setting: (Placed & { readonly overwrite?: boolean | null }) | undefined,
  port: Placed & { readonly isOverwritten: boolean },
): { readonly pathOnCompute: string | null; readonly overwrite: boolean } {
  if (mode === "direct") return { pathOnCompute: null, overwrite: false };
  const place = (setting?.pathOnCompute ?? port.pathOnCompute ?? "").replace(/(?<=.)\/$/, "");
  return {
    pathOnCompute: place === "" ? null : place,
    overwrite: mode !== "mount" && (setting?.overwrite ?? port.isOverwritten),
  };
}

/** Place of an OutputFileDatasetConfig that names none. Source: spec azureml-v1.md §1.8. */
const usualDestination = "dataset/{run-id}/{output-name}";

function destinationOf(
  mode: OutputMode,
  setting: UploadedOutputSetting | undefined,
): OutputPort["destination"] {
  const options = setting?.datasetOutputOptions ?? null;
  if (options === null) return null;
  const path = (options.path ?? "").replace(/^\/+/, "");
  return {
    path: path === "" ? usualDestination : path,
    sourceGlobs: mode === "upload" ? (options.sourceGlobs?.patterns ?? []) : [],
  };
}

function registrationOf(
  read: NodeToRead,
  field: string,
  setting: UploadedOutputSetting | undefined,
): OutputPort["registerAs"] {
  const registration = setting?.datasetRegistration ?? null;
  if (registration === null) return null;
  if ((registration.additionalTransformations ?? "") !== "") {
    refuse(read, field, "files as they are", "a transformation of them");
  }
  const { name, description, tags } = registration;
  if (name === null || name === "") return null;
  if (registration.createNewVersion === false) {
    refuse(read, `${field}.registration`, "a new version of the dataset", "no new version");
  }
  return { name, description: description ?? "", tags };
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

function parameterOf(
  read: NodeToRead,
  declared: UploadedModule["structure"]["parameters"][number],
): StepParameter[] {
  const { name, type, defaultValue } = declared;
  const value = assignedValue(read, name, type, defaultValue);
  if (value !== undefined) return [{ name, value }];
  const field = `${read.at}.parameters.${name}`;
  read.report({ code: "InvalidGraph", field, expected: "a value", received: "none" });
  return [];
}

/** What the node says of a parameter, else its default; undefined when there is neither. */
function assignedValue(
  read: NodeToRead,
  name: string,
  type: ModuleParameter["type"],
  defaultValue: LiteralValue | null,
): ParameterValue | undefined {
  const assignment = assignmentOf(read, name);
  if (assignment !== undefined && assignment.assignmentsToConcatenate.length > 0) {
    refuse(read, `parameters.${name}`, "one value", "values to concatenate");
  }
  const value = assignment?.value ?? defaultValue;
  if (value === null) return undefined;
  if (assignment?.kind === "graphParameter") return { kind: "pipelineParameter", parameter: String(value) };
  return { kind: "literal", value: literalOf(type, value) };
}

/** One of each is what every target does, so it is not said. */
function runSettingOf(read: NodeToRead, name: RunSettingName): RunSetting[] {
  const declared = read.module.structure.parameters.find((parameter) => parameter.name === name);
  const value = assignedValue(read, name, "Int", declared?.defaultValue ?? null);
  if (value === undefined || (value.kind === "literal" && ["", "1"].includes(literalText(value.value))))
    return [];
  return [{ name, value }];
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
