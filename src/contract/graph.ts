/**
 * The graph of a pipeline as v1's clients upload it: nodes, edges, and the interface that callers of the pipeline see.
 * What the pipeline is made of only; a graph that is given back is the text that came. Source: spec azureml-v1-wire.md §4.
 */
import { z } from "zod";
import {
  anything,
  flag,
  id,
  listOf,
  literal,
  mapOf,
  oneOf,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
  type WireType,
} from "./wireType";

/** Whether a value is itself, or the name of a pipeline parameter. */
export type AssignmentKind = "literal" | "graphParameter";

const literalNames: readonly unknown[] = ["0", 0, "Literal"];
const graphParameterNames: readonly unknown[] = ["1", 1, "GraphParameterName"];

/** Always written as number text: v1's client compares with "1" and takes a name for a literal. */
const assignmentKind: WireType<AssignmentKind> = {
  schema: z.unknown().transform((value, context): AssignmentKind => {
    if (literalNames.includes(value)) return "literal";
    if (graphParameterNames.includes(value)) return "graphParameter";
    context.issues.push({
      code: "custom",
      message: '"0" (a literal) or "1" (a pipeline parameter)',
      input: value,
    });
    return z.NEVER;
  }),
  encode: (value) => (value === "literal" ? "0" : "1"),
};

const parameterAssignment = wireObject({
  kind: ["ValueType", assignmentKind],
  name: ["Name", text],
  value: ["Value", orNull(literal)],
  assignmentsToConcatenate: ["AssignmentsToConcatenate", listOf(anything)],
});

const inputSetting = wireObject({
  name: ["Name", text],
  mode: ["DataStoreMode", orNull(text)],
  pathOnCompute: ["PathOnCompute", orNull(text)],
  additionalTransformations: ["AdditionalTransformations", orNull(text)],
});

const globs = wireObject({ patterns: ["GlobPatterns", listOf(text)] });

/** What makes an output one with a place of its author's choice. */
const outputOptions = wireObject({
  path: ["PathOnDatastore", orNull(text)],
  sourceGlobs: ["SourceGlobs", orNull(globs)],
});

/** Without a name when the output is a dataset that nobody registers. */
const outputRegistration = wireObject({
  name: ["Name", orNull(text)],
  createNewVersion: ["CreateNewVersion", orNull(flag)],
  description: ["Description", orNull(text)],
  tags: ["Tags", mapOf(text)],
  additionalTransformations: ["AdditionalTransformations", orNull(text)],
});

const outputSetting = wireObject({
  name: ["Name", text],
  datastore: ["DataStoreName", orNull(text)],
  mode: ["DataStoreMode", orNull(text)],
  pathOnCompute: ["PathOnCompute", orNull(text)],
  dataReferenceName: ["DataReferenceName", orNull(text)],
  overwrite: ["Overwrite", orNull(flag)],
  datasetOutputOptions: ["DatasetOutputOptions", orNull(outputOptions)],
  datasetRegistration: ["DatasetRegistration", orNull(outputRegistration)],
});

const moduleNode = wireObject({
  id: ["Id", id],
  moduleId: ["ModuleId", id],
  regenerateOutput: ["RegenerateOutput", orElse(flag, false)],
  /** JSON text of a run configuration; null when the client has none. */
  runConfiguration: ["Runconfig", orNull(text)],
  parameters: ["ModuleParameters", listOf(parameterAssignment)],
  metadataParameters: ["ModuleMetadataParameters", listOf(parameterAssignment)],
  inputSettings: ["ModuleInputSettings", listOf(inputSetting)],
  outputSettings: ["ModuleOutputSettings", listOf(outputSetting)],
});

const placeInDatastore = wireObject({
  datastore: ["DataStoreName", orNull(text)],
  path: ["RelativePath", orNull(text)],
});

/** The latest version of a registered dataset when it names none. */
const registeredDataset = wireObject({
  id: ["Id", orNull(text)],
  name: ["Name", orNull(text)],
  version: ["Version", orNull(text)],
});

/** What a dataset or a data path in its newer form is: one of the three. */
export const datasetValue = wireObject({
  literalValue: ["LiteralValue", orNull(placeInDatastore)],
  savedDataset: ["SavedDataSetReference", orNull(wireObject({ id: ["Id", text] }))],
  registeredDataset: ["DataSetReference", orNull(registeredDataset)],
});

const datasetDefinition = wireObject({
  dataType: ["DataTypeShortName", orNull(text)],
  parameter: ["ParameterName", orNull(text)],
  value: ["Value", orNull(datasetValue)],
});

/** Stands for a data source, a data path parameter, or a dataset. */
const datasetNode = wireObject({
  id: ["Id", id],
  dataSourceId: ["DatasetId", orNull(id)],
  dataPathParameter: ["DataPathParameterName", orNull(text)],
  dataset: ["DataSetDefinition", orNull(datasetDefinition)],
});

/** A port of a node, or one of the graph itself. */
const portReference = wireObject({
  nodeId: ["NodeId", orNull(text)],
  port: ["PortName", orNull(text)],
  graphPort: ["GraphPortName", orNull(text)],
});

const edge = wireObject({
  source: ["SourceOutputPort", portReference],
  destination: ["DestinationInputPort", portReference],
});

export const uploadedGraph = wireObject({
  moduleNodes: ["ModuleNodes", listOf(moduleNode)],
  datasetNodes: ["DatasetNodes", listOf(datasetNode)],
  edges: ["Edges", listOf(edge)],
});

/** Index = v1's number. v1's Python client sends a boolean as an Int with the default `True` or `False`. */
export const parameterTypes = ["Int", "Double", "Bool", "String", "Unidentified"] as const;

const interfaceParameter = wireObject({
  name: ["Name", text],
  /** Null = every submission has to assign it. */
  defaultValue: ["DefaultValue", orNull(literal)],
  isOptional: ["IsOptional", orElse(flag, false)],
  type: ["Type", numbered(parameterTypes, "Unidentified")],
});

const dataPathParameter = wireObject({
  name: ["Name", text],
  defaultValue: ["DefaultValue", orNull(placeInDatastore)],
  isOptional: ["IsOptional", orElse(flag, false)],
  dataTypeId: ["DataTypeId", orNull(text)],
});

const datasetParameter = wireObject({
  name: ["Name", text],
  defaultValue: ["DefaultValue", orNull(datasetValue)],
  isOptional: ["IsOptional", orElse(flag, false)],
});

export const uploadedInterface = wireObject({
  parameters: ["Parameters", listOf(interfaceParameter)],
  dataPathParameters: ["DataPathParameters", listOf(dataPathParameter)],
  /** Datasets, and data paths in their newer form. */
  dataPathParameterList: ["DataPathParameterList", listOf(datasetParameter)],
});

/** An enum that is written as its number in text. */
function numbered<const N extends string>(names: readonly N[], fallback: N): WireType<N> {
  const named = orElse(oneOf(names), fallback);
  return { schema: named.schema, encode: (value) => String(names.indexOf(value)) };
}

export type UploadedGraph = ValueOf<typeof uploadedGraph>;
export type UploadedModuleNode = ValueOf<typeof moduleNode>;
export type UploadedDatasetNode = ValueOf<typeof datasetNode>;
export type UploadedEdge = ValueOf<typeof edge>;
export type UploadedPort = ValueOf<typeof portReference>;
export type ParameterAssignment = ValueOf<typeof parameterAssignment>;
export type UploadedInterface = ValueOf<typeof uploadedInterface>;
export type InterfaceParameter = ValueOf<typeof interfaceParameter>;
export type InterfaceDataset = ValueOf<typeof datasetParameter>;
export type DatasetValue = ValueOf<typeof datasetValue>;
export type UploadedOutputSetting = ValueOf<typeof outputSetting>;
