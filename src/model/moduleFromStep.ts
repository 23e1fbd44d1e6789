/** One step as a module and a node of an uploaded graph. Source: spec azureml-v1-wire.md §4.1, §4.2. */
import type { ParameterAssignment, UploadedModuleNode, UploadedOutputSetting } from "../contract/graph";
import type {
  ModuleArgument,
  ModuleInput,
  ModuleOutput,
  ModuleParameter,
  UploadedModule,
} from "../contract/graphModule";
import { settingsOfEnvironment } from "./environmentFromModule";
import type {
  InputPort,
  OutputDestination,
  OutputPort,
  StepArgument,
  StepDefinition,
  StepParameter,
} from "./definition";
import {
  datasetType,
  moduleStep,
  pythonExecution,
  pythonStep,
  runAfterInput,
  runAfterOutput,
  settingNames,
  stepProperties,
  structuredArguments,
} from "./moduleWords";
import { literalText, parameterVariable } from "./parameters";
import { moduleTypeOf } from "./parameterTexts";

/** What a pure rule cannot know itself. */
export interface Authoring {
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string;
  /** SHA-256 in hex over the files of a snapshot: equal for equal directories. */
  readonly contentOf: (snapshotId: string) => string;
}

/** Equal steps with equal files have equal fingerprints, whatever the id of their snapshot. */
export function moduleOfStep(step: StepDefinition, { sha256, contentOf }: Authoring): UploadedModule {
  const module = {
    name: step.name,
    description: step.description,
    isDeterministic: step.allowReuse,
    executionType: pythonExecution,
    stepType: step.module === null ? pythonStep : moduleStep,
    isInterfaceOnly: false,
    properties: propertiesOf(step),
    runConfiguration: null,
    structure: structureOf(step),
  };
  const fingerprint = `${sha256(JSON.stringify(module))}_${contentOf(step.snapshotId)}`;
  return { ...module, snapshotId: step.snapshotId, fingerprint };
}

/** Only what is said, so that a step without additions is the module that v1's client would make of it. */
function propertiesOf(step: StepDefinition): Readonly<Record<string, string>> {
  const { version, retries, module, hashedPaths } = step;
  return {
    ...(version === null ? {} : { [stepProperties.version]: version }),
    ...(retries === null ? {} : { [stepProperties.retries]: JSON.stringify(retries) }),
    ...(module === null ? {} : { [stepProperties.module]: JSON.stringify(module) }),
    ...(hashedPaths === null ? {} : { [stepProperties.hashedPaths]: hashedPaths }),
  };
}

export function nodeOfStep(step: StepDefinition): UploadedModuleNode {
  return {
    id: step.id,
    moduleId: step.id,
    regenerateOutput: step.regenerateOutput,
    runConfiguration: null,
    parameters: [
      ...settingsOf(step).map(([name, value]) => assignment("literal", name, value)),
      ...[...step.runSettings, ...step.parameters].map(({ name, value }) =>
        value.kind === "literal"
          ? assignment("literal", name, literalText(value.value))
          : assignment("graphParameter", name, value.parameter),
      ),
    ],
    metadataParameters: [],
    inputSettings: [],
    outputSettings: step.outputs.map(settingOfOutput),
  };
}

function settingOfOutput(port: OutputPort): UploadedOutputSetting {
  const { name, datastore, mode, pathOnCompute, overwrite, destination } = port;
  return {
    name,
    datastore,
    mode,
    pathOnCompute,
    overwrite,
    dataReferenceName: name,
    datasetOutputOptions: destination === null ? null : optionsOf(destination),
    datasetRegistration: registrationOf(port),
  };
}

function optionsOf({ path, sourceGlobs }: OutputDestination): UploadedOutputSetting["datasetOutputOptions"] {
  return { path, sourceGlobs: sourceGlobs.length === 0 ? null : { patterns: sourceGlobs } };
}

/** v1's client takes an output for a dataset by its registration, which has no name unless one is asked for. */
function registrationOf({
  destination,
  registerAs,
}: OutputPort): UploadedOutputSetting["datasetRegistration"] {
  if (registerAs !== null) return { ...registerAs, createNewVersion: true, additionalTransformations: null };
  if (destination === null) return null;
  return { name: null, description: null, tags: {}, createNewVersion: null, additionalTransformations: null };
}

function assignment(kind: ParameterAssignment["kind"], name: string, value: string): ParameterAssignment {
  return { kind, name, value, assignmentsToConcatenate: [] };
}

/** Settings with their values; what is not set is left out. */
function settingsOf(step: StepDefinition): readonly (readonly [name: string, value: string])[] {
  const hasVariables = Object.keys(step.environmentVariables).length > 0;
  return [
    [settingNames.target, step.computeTarget],
    [settingNames.script, step.script],
    [settingNames.arguments, structuredArguments],
    ...(hasVariables
      ? [[settingNames.environmentVariables, JSON.stringify(step.environmentVariables)] as const]
      : []),
    ...settingsOfEnvironment(step.pythonEnvironment),
    ...(step.timeoutMs === null ? [] : [[settingNames.maxSeconds, String(step.timeoutMs / 1000)] as const]),
  ];
}

function structureOf(step: StepDefinition): UploadedModule["structure"] {
  return {
    commandLinePattern: "",
    inputs: [...step.inputs.map(inputOf), ...step.runAfter.map((_, index) => orderInput(index))],
    outputs: [...step.outputs.map(outputOf), orderOutput],
    parameters: [
      ...settingsOf(step).map(([name]) => settingDeclaration(name)),
      ...step.runSettings.map(({ name }) => settingDeclaration(name)),
      ...step.parameters.map(parameterOf),
    ],
    metadataParameters: [],
    arguments: step.arguments.map(argumentOf),
  };
}

const dataTypes = ["AnyFile", "AnyDirectory"];
const datasetTypes = [datasetType];

function inputOf({ name, mode, source, pathOnCompute, overwrite }: InputPort): ModuleInput {
  const isDataset = source.kind === "dataset" || source.kind === "datasetParameter";
  return {
    name,
    label: name,
    dataTypes: isDataset ? datasetTypes : dataTypes,
    isOptional: false,
    mode,
    pathOnCompute,
    isOverwritten: overwrite,
    dataReferenceName: name,
    skipProcessing: false,
    isResource: false,
  };
}

function orderInput(index: number): ModuleInput {
  const name = runAfterInput(index);
  return {
    name,
    label: name,
    dataTypes,
    isOptional: true,
    mode: null,
    pathOnCompute: null,
    isOverwritten: false,
    dataReferenceName: name,
    skipProcessing: true,
    isResource: false,
  };
}

function outputOf({ name, datastore, mode, pathOnCompute, overwrite }: OutputPort): ModuleOutput {
  return {
    ...orderOutput,
    name,
    label: name,
    datastore,
    mode,
    pathOnCompute,
    isOverwritten: overwrite,
    dataReferenceName: name,
    skipProcessing: false,
  };
}

const orderOutput: ModuleOutput = {
  name: runAfterOutput,
  label: runAfterOutput,
  dataType: "AnyFile",
  datastore: null,
  mode: null,
  pathOnCompute: null,
  isOverwritten: false,
  dataReferenceName: runAfterOutput,
  skipProcessing: true,
  trainingOutput: null,
  datasetOutput: null,
};

/** Settings have their values on the node, so that equal steps on different targets share a module. */
function settingDeclaration(name: string): ModuleParameter {
  return { name, type: "String", isOptional: true, defaultValue: null, setsVariable: false, variable: null };
}

function parameterOf({ name, value }: StepParameter): ModuleParameter {
  return {
    name,
    type: value.kind === "literal" ? moduleTypeOf(value.value) : "String",
    isOptional: false,
    defaultValue: value.kind === "literal" ? literalText(value.value) : null,
    setsVariable: true,
    variable: parameterVariable(name),
  };
}

function argumentOf(argument: StepArgument): ModuleArgument {
  switch (argument.kind) {
    case "literal":
      return { kind: "Literal", value: argument.value };
    case "input":
      return { kind: "Input", value: argument.port };
    case "output":
      return { kind: "Output", value: argument.port };
    case "parameter":
      return { kind: "Parameter", value: argument.name };
  }
}
