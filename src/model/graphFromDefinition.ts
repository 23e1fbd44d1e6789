/**
 * From the one definition to the graph that v1's clients upload: the inverse of `definitionFromGraph`.
 * Modules and data sources get their ids from the service, so the graph names them by provisional ids until
 * `withEntityIds` puts the real ones in.
 */
import type { UploadedDatasetNode, UploadedEdge, UploadedGraph, UploadedInterface } from "../contract/graph";
import type { UploadedDataSource } from "../contract/graphDataSource";
import { assertNever } from "./assertNever";
import { datasetValueOf } from "./datasetReference";
import type { InputSource, ParameterDefinition, PipelineDefinition } from "./definition";
import { moduleOfStep, nodeOfStep, type Authoring } from "./moduleFromStep";
import { datasetType, runAfterInput, runAfterOutput } from "./moduleWords";
import { literalText } from "./parameters";
import { interfaceTypeOf } from "./parameterTexts";
import type { UploadedPipeline } from "./uploadedPipeline";

export type { Authoring } from "./moduleFromStep";

/** Provisional ids: a module has its step's id, a data source that of its node. */
export function graphFromDefinition(definition: PipelineDefinition, authoring: Authoring): UploadedPipeline {
  const sources = externalSources(definition);
  const nodes = [...sources.values()];
  return {
    graph: {
      moduleNodes: definition.steps.map(nodeOfStep),
      datasetNodes: nodes.map(({ node }) => node),
      edges: definition.steps.flatMap((step) => edgesInto(step, sources)).concat(exposedOutputs(definition)),
    },
    graphInterface: interfaceOf(definition.parameters),
    modules: new Map(definition.steps.map((step) => [step.id, moduleOfStep(step, authoring)])),
    dataSources: new Map(
      nodes.flatMap(({ node, source }) =>
        source.kind === "dataReference" ? [[node.id, dataSourceOf(source, authoring)] as const] : [],
      ),
    ),
  };
}

/** The graph with the ids that the service gave; every provisional id must have one. */
export function withEntityIds(
  graph: UploadedGraph,
  moduleIds: ReadonlyMap<string, string>,
  dataSourceIds: ReadonlyMap<string, string>,
): UploadedGraph {
  return {
    ...graph,
    moduleNodes: graph.moduleNodes.map((node) => ({ ...node, moduleId: idOf(moduleIds, node.moduleId) })),
    datasetNodes: graph.datasetNodes.map((node) =>
      node.dataSourceId === null ? node : { ...node, dataSourceId: idOf(dataSourceIds, node.dataSourceId) },
    ),
  };
}

function idOf(ids: ReadonlyMap<string, string>, provisional: string): string {
  const id = ids.get(provisional);
  if (id === undefined) throw new Error(`There is no id for ${provisional}`);
  return id;
}

type ExternalSource = Exclude<InputSource, { readonly kind: "stepOutput" }>;

interface SourceNode {
  readonly source: ExternalSource;
  readonly node: UploadedDatasetNode;
}

/** By `sourceKey`. */
type SourceNodes = ReadonlyMap<string, SourceNode>;

function sourceKey(source: ExternalSource): string {
  switch (source.kind) {
    case "dataReference":
      return JSON.stringify([source.kind, source.dataPath.datastore, source.dataPath.path]);
    case "dataset":
      return JSON.stringify([source.kind, datasetValueOf(source.dataset)]);
    case "dataPathParameter":
    case "datasetParameter":
      return JSON.stringify([source.kind, source.parameter]);
    default:
      return assertNever(source);
  }
}

/** One node per place or parameter, however many inputs read it. */
function externalSources({ steps }: PipelineDefinition): SourceNodes {
  const taken = new Set(steps.map(({ id }) => id));
  const nodes = new Map<string, SourceNode>();
  let count = 0;
  for (const { source } of steps.flatMap(({ inputs }) => inputs)) {
    if (source.kind === "stepOutput" || nodes.has(sourceKey(source))) continue;
    while (taken.has(`data${count}`)) count += 1;
    nodes.set(sourceKey(source), { source, node: datasetNode(`data${count}`, source) });
    count += 1;
  }
  return nodes;
}

function datasetNode(id: string, source: ExternalSource): UploadedDatasetNode {
  const absent = { id, dataSourceId: null, dataPathParameter: null, dataset: null };
  const dataset = { dataType: datasetType, parameter: null, value: null };
  switch (source.kind) {
    case "dataReference":
      return { ...absent, dataSourceId: id };
    case "dataPathParameter":
      return { ...absent, dataPathParameter: source.parameter };
    case "dataset":
      return { ...absent, dataset: { ...dataset, value: datasetValueOf(source.dataset) } };
    case "datasetParameter":
      return { ...absent, dataset: { ...dataset, parameter: source.parameter } };
    default:
      return assertNever(source);
  }
}

/** Output port of every data-source node. */
const dataPort = "data";

function edgesInto(step: PipelineDefinition["steps"][number], sources: SourceNodes): readonly UploadedEdge[] {
  const data = step.inputs.map(({ name, source }) => edge(beginOf(source, sources), [step.id, name]));
  const order = step.runAfter.map((id, index) => edge([id, runAfterOutput], [step.id, runAfterInput(index)]));
  return [...data, ...order];
}

function beginOf(source: InputSource, sources: SourceNodes): [nodeId: string, port: string] {
  if (source.kind === "stepOutput") return [source.stepId, source.port];
  const found = sources.get(sourceKey(source));
  if (found === undefined) throw new Error("Every external source has a node");
  return [found.node.id, dataPort];
}

function edge(from: readonly [string, string], to: readonly [string, string]): UploadedEdge {
  return {
    source: { nodeId: from[0], port: from[1], graphPort: null },
    destination: { nodeId: to[0], port: to[1], graphPort: null },
  };
}

function exposedOutputs({ steps }: PipelineDefinition): readonly UploadedEdge[] {
  return steps.flatMap(({ id, outputs }) =>
    outputs.flatMap(({ name, pipelineOutputName }) =>
      pipelineOutputName === null
        ? []
        : [
            {
              source: { nodeId: id, port: name, graphPort: null },
              destination: { nodeId: null, port: null, graphPort: pipelineOutputName },
            },
          ],
    ),
  );
}

function dataSourceOf(
  { dataPath }: Extract<ExternalSource, { kind: "dataReference" }>,
  authoring: Authoring,
): UploadedDataSource {
  const { datastore, path } = dataPath;
  return {
    name: sourceName(datastore, path),
    description: "",
    datastore,
    path,
    dataType: "AnyFile",
    sqlTable: null,
    sqlQuery: null,
    sqlProcedure: null,
    sqlProcedureParameters: null,
    fingerprint: authoring.sha256(JSON.stringify([datastore, path])),
  };
}

/** Short enough for a name, however long the path is. */
function sourceName(datastore: string, path: string): string {
  const last = path.replace(/\/$/, "").split("/").at(-1) ?? "";
  return last === "" ? datastore : Array.from(last).slice(0, 120).join("");
}

function interfaceOf(parameters: readonly ParameterDefinition[]): UploadedInterface {
  return {
    parameters: parameters.flatMap((parameter) => {
      if (parameter.kind !== "literal") return [];
      const { name, type, defaultValue } = parameter;
      const text = defaultValue === null ? null : literalText(defaultValue);
      return [{ name, defaultValue: text, isOptional: text !== null, type: interfaceTypeOf(type) }];
    }),
    dataPathParameters: parameters.flatMap((parameter) => {
      if (parameter.kind !== "dataPath") return [];
      const { name, defaultValue } = parameter;
      return [{ name, defaultValue, isOptional: defaultValue !== null, dataTypeId: null }];
    }),
    dataPathParameterList: parameters.flatMap((parameter) => {
      if (parameter.kind !== "dataset") return [];
      const { name, defaultValue } = parameter;
      const value = defaultValue === null ? null : datasetValueOf(defaultValue);
      return [{ name, defaultValue: value, isOptional: value !== null }];
    }),
  };
}
