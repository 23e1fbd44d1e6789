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

const outputSetting = wireObject({
  name: ["Name", text],
  datastore: ["DataStoreName", orNull(text)],
  mode: ["DataStoreMode", orNull(text)],
  pathOnCompute: ["PathOnCompute", orNull(text)],
  dataReferenceName: ["DataReferenceName", orNull(text)],
  datasetOutputOptions: ["DatasetOutputOptions", orNull(anything)],
  datasetRegistration: ["DatasetRegistration", orNull(anything)],
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

/** Stands for a data source, a data path parameter, or a dataset. */
const datasetNode = wireObject({
  id: ["Id", id],
  dataSourceId: ["DatasetId", orNull(id)],
  dataPathParameter: ["DataPathParameterName", orNull(text)],
  dataset: ["DataSetDefinition", orNull(anything)],
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

const placeInDatastore = wireObject({
  datastore: ["DataStoreName", orNull(text)],
  path: ["RelativePath", orNull(text)],
});

const dataPathDefault = wireObject({
  datastore: ["DataStoreName", orNull(text)],
  path: ["RelativePath", orNull(text)],
  literalValue: ["LiteralValue", orNull(placeInDatastore)],
  savedDataset: ["SavedDataSetReference", orNull(anything)],
  registeredDataset: ["DataSetReference", orNull(anything)],
});

const dataPathParameter = wireObject({
  name: ["Name", text],
  defaultValue: ["DefaultValue", orNull(dataPathDefault)],
  isOptional: ["IsOptional", orElse(flag, false)],
  dataTypeId: ["DataTypeId", orNull(text)],
});

export const uploadedInterface = wireObject({
  parameters: ["Parameters", listOf(interfaceParameter)],
  dataPathParameters: ["DataPathParameters", listOf(dataPathParameter)],
  /** Datasets, and data paths in their newer form. */
  dataPathParameterList: ["DataPathParameterList", listOf(dataPathParameter)],
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
export type InterfaceDataPath = ValueOf<typeof dataPathParameter>;
