/**
 * Modules: what a step is made of, uploaded once and named by the nodes of graphs. Source: spec azureml-v1-wire.md §3.3, §4.2.
 */
import {
  anything,
  flag,
  id,
  listOf,
  literal,
  mapOf,
  name,
  oneOf,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

const input = wireObject({
  name: ["Name", text],
  label: ["Label", orNull(text)],
  dataTypes: ["DataTypeIdsList", listOf(text)],
  isOptional: ["IsOptional", orElse(flag, false)],
  mode: ["DataStoreMode", orNull(text)],
  pathOnCompute: ["PathOnCompute", orNull(text)],
  isOverwritten: ["Overwrite", orElse(flag, false)],
  dataReferenceName: ["DataReferenceName", orNull(text)],
  skipProcessing: ["SkipProcessing", orElse(flag, false)],
  isResource: ["IsResource", orElse(flag, false)],
});

const output = wireObject({
  name: ["Name", text],
  label: ["Label", orNull(text)],
  dataType: ["DataTypeId", orNull(text)],
  datastore: ["DataStoreName", orNull(text)],
  mode: ["DataStoreMode", orNull(text)],
  pathOnCompute: ["PathOnCompute", orNull(text)],
  isOverwritten: ["Overwrite", orElse(flag, false)],
  dataReferenceName: ["DataReferenceName", orNull(text)],
  /** True for the port that only carries order. */
  skipProcessing: ["SkipProcessing", orElse(flag, false)],
  trainingOutput: ["TrainingOutput", orNull(anything)],
  datasetOutput: ["DatasetOutput", orNull(anything)],
});

const parameter = wireObject({
  name: ["Name", text],
  /** v1's client always says `String`; ours says what the value is. */
  type: ["ParameterType", orElse(oneOf(["Int", "Double", "Bool", "String", "Undefined"]), "String")],
  isOptional: ["IsOptional", orElse(flag, false)],
  defaultValue: ["DefaultValue", orNull(literal)],
  /** True for the step's own parameters, false for those that say how to run it. */
  setsVariable: ["SetEnvironmentVariable", orElse(flag, false)],
  variable: ["EnvironmentVariableOverride", orNull(text)],
});

const argument = wireObject({
  kind: ["ValueType", oneOf(["Literal", "Parameter", "Input", "Output", "NestedList"])],
  value: ["Value", orNull(text)],
});

const structuredInterface = wireObject({
  commandLinePattern: ["CommandLinePattern", orElse(text, "")],
  inputs: ["Inputs", listOf(input)],
  outputs: ["Outputs", listOf(output)],
  parameters: ["Parameters", listOf(parameter)],
  metadataParameters: ["MetadataParameters", listOf(parameter)],
  arguments: ["Arguments", listOf(argument)],
});

/** Body of `POST Modules`. */
export const moduleCreation = wireObject({
  name: ["Name", name],
  description: ["Description", orElse(text, "")],
  isDeterministic: ["IsDeterministic", orElse(flag, true)],
  executionType: ["ModuleExecutionType", orElse(text, "")],
  stepType: ["StepType", orNull(text)],
  /** What a client asks with whether it has to upload the module at all. */
  fingerprint: ["IdentifierHash", id],
  /** Null for a step without files. */
  snapshotId: ["StorageId", orNull(text)],
  isInterfaceOnly: ["IsInterfaceOnly", orElse(flag, false)],
  properties: ["Properties", mapOf(text)],
  runConfiguration: ["Runconfig", orNull(text)],
  structure: ["StructuredInterface", structuredInterface],
});

export type UploadedModule = ValueOf<typeof moduleCreation>;
export type ModuleInput = UploadedModule["structure"]["inputs"][number];
export type ModuleOutput = UploadedModule["structure"]["outputs"][number];
export type ModuleParameter = UploadedModule["structure"]["parameters"][number];
export type ModuleArgument = UploadedModule["structure"]["arguments"][number];

/** Answer of `POST Modules` as a client reads it. */
export const createdModule = wireObject({ id: ["Id", id] });

/** Answer of `GET Modules/Hash/{fingerprint}` as a client reads it. */
export const foundModule = wireObject({ data: ["Data", createdModule] });
