/**
 * From an uploaded graph to the one definition.
 *
 * Invariants:
 * 1. What the definition cannot say is refused by name: nothing that changes what a step does is dropped.
 *    Settings of the machine that a step runs on (image, conda, Spark) stay in the stored graph and have no effect here.
 * 2. `definitionFromGraph(graphFromDefinition(d))` equals `d`, literal parameters first.
 * 3. What comes out has passed `parseDefinition`.
 *
 * Source: spec azureml-v1-wire.md §4, azureml-v1.md §2.1.
 */
import type { InterfaceDataset, UploadedDatasetNode, UploadedModuleNode } from "../contract/graph";
import type { UploadedModule } from "../contract/graphModule";
import { datasetReferenceOf } from "./datasetReference";
import type { DataPath, InputSource, ParameterDefinition, PipelineDefinition } from "./definition";
import { indexEdges, portKey, type EdgeIndex } from "./graphEdges";
import { isRunAfterInput, moduleStep, pythonExecution, pythonStep, runAfterIndex } from "./moduleWords";
import { coerceLiteral } from "./parameters";
import { literalTypeOf } from "./parameterTexts";
import { parseDefinition } from "./parseDefinition";
import type { Parsed, Problem } from "./problem";
import { stepFromModule, type ConnectedPorts } from "./stepFromModule";
import type { UploadedPipeline } from "./uploadedPipeline";

/**
 * Every problem of the graph at once, else every problem of the definition that it means. Codes: `InvalidGraph`,
 * `UnknownModule`, `UnknownDataSource`, `UnsupportedFeature`, and those of `parseDefinition`.
 */
export function definitionFromGraph(uploaded: UploadedPipeline): Parsed<PipelineDefinition> {
  const { moduleNodes, datasetNodes, edges } = uploaded.graph;
  const problems: Problem[] = [];
  const context: Context = {
    uploaded,
    edges: indexEdges(edges),
    datasetNodes: new Map(datasetNodes.map((node) => [node.id, node])),
    stepIds: new Set(moduleNodes.map(({ id }) => id)),
    report: (problem) => problems.push(problem),
  };
  const parameters = parametersOf(context);
  const steps = moduleNodes.flatMap((node) => stepOf(context, node) ?? []);
  reportLooseEnds(context);
  if (problems.length > 0) return { ok: false, problems };
  return parseDefinition({ parameters, steps });
}

interface Context {
  readonly uploaded: UploadedPipeline;
  readonly edges: EdgeIndex;
  readonly datasetNodes: ReadonlyMap<string, UploadedDatasetNode>;
  readonly stepIds: ReadonlySet<string>;
  readonly report: (problem: Problem) => void;
}

function parametersOf({ uploaded }: Context): ParameterDefinition[] {
  const { parameters, dataPathParameters, dataPathParameterList } = uploaded.graphInterface;
  const literals = parameters.map((parameter): ParameterDefinition => {
    const type = literalTypeOf(parameter);
    const given = parameter.defaultValue;
    const defaultValue = given === null ? null : (coerceLiteral(type, given) ?? given);
    return { kind: "literal", name: parameter.name, type, defaultValue };
  });
  const paths = dataPathParameters.map(({ name, defaultValue }): ParameterDefinition => {
    return { kind: "dataPath", name, defaultValue: defaultValue === null ? null : placeOf(defaultValue) };
  });
  const known = new Set(dataPathParameters.map(({ name }) => name));
  const newer = dataPathParameterList.filter(({ name }) => !known.has(name)).map(newerParameterOf);
  return [...literals, ...paths, ...newer];
}

/** A dataset, or a data path in its newer form, which its default tells. */
function newerParameterOf({ name, defaultValue }: InterfaceDataset): ParameterDefinition {
  const place = defaultValue?.literalValue ?? null;
  if (place !== null) return { kind: "dataPath", name, defaultValue: placeOf(place) };
  const reference = defaultValue === null ? undefined : datasetReferenceOf(defaultValue);
  return { kind: "dataset", name, defaultValue: reference ?? null };
}

function placeOf(place: { readonly datastore: string | null; readonly path: string | null }): DataPath {
  return { datastore: place.datastore ?? "", path: (place.path ?? "").replace(/^\/+/, "") };
}

function stepOf(context: Context, node: UploadedModuleNode): unknown {
  const module = context.uploaded.modules.get(node.moduleId);
  if (module === undefined) {
    const expected = "the id of a module that was created before";
    context.report({ code: "UnknownModule", field: `steps.${node.id}`, expected, received: node.moduleId });
    return undefined;
  }
  const at = `steps.${module.name}`;
  const kind = module.stepType ?? pythonStep;
  if (module.executionType !== pythonExecution || ![pythonStep, moduleStep].includes(kind)) {
    const received = `a ${kind} of execution type ${JSON.stringify(module.executionType)}`;
    context.report(unsupported(at, `a ${pythonStep} or a ${moduleStep} of a Python script`, received));
    return undefined;
  }
  return stepFromModule({
    node,
    module,
    at,
    ports: portsOf(context, node, module, at),
    report: context.report,
  });
}

function portsOf(
  context: Context,
  node: UploadedModuleNode,
  module: UploadedModule,
  at: string,
): ConnectedPorts {
  const hidden = module.structure.inputs.map(({ name }) => name).filter(isRunAfterInput);
  hidden.sort((a, b) => runAfterIndex(a) - runAfterIndex(b));
  return {
    isConnected: (port) => context.edges.into(node.id, port).length > 0,
    sourceOf: (port) => sourceOf(context, node.id, port, `${at}.inputs.${port}`),
    pipelineOutputsOf: (port) => context.edges.graphPorts(node.id, port),
    runAfter: hidden.flatMap((port) => context.edges.into(node.id, port).map(({ nodeId }) => nodeId ?? "")),
  };
}

function sourceOf(context: Context, nodeId: string, port: string, field: string): InputSource | undefined {
  const [source, ...others] = context.edges.into(nodeId, port);
  if (source === undefined || source.nodeId === null || source.port === null || others.length > 0) {
    const received = source === undefined ? "none" : `${others.length + 1}`;
    context.report({ code: "InvalidGraph", field, expected: "one edge from a node's output", received });
    return undefined;
  }
  const dataset = context.datasetNodes.get(source.nodeId);
  if (dataset === undefined) return { kind: "stepOutput", stepId: source.nodeId, port: source.port };
  return dataSourceOf(context, dataset, field);
}

function dataSourceOf(
  { uploaded, report }: Context,
  node: UploadedDatasetNode,
  field: string,
): InputSource | undefined {
  if (node.dataset !== null) return datasetSourceOf(node.dataset, field, report);
  if (node.dataPathParameter !== null) {
    return { kind: "dataPathParameter", parameter: node.dataPathParameter };
  }
  const id = node.dataSourceId ?? "";
  const found = uploaded.dataSources.get(id);
  if (found === undefined) {
    const expected = "the id of a data source that was created before";
    report({ code: "UnknownDataSource", field, expected, received: id });
    return undefined;
  }
  if (found.sqlTable !== null || found.sqlQuery !== null || found.sqlProcedure !== null) {
    report(unsupported(field, "a file or folder of a datastore", "an SQL source"));
    return undefined;
  }
  return { kind: "dataReference", dataPath: placeOf(found) };
}

function datasetSourceOf(
  { parameter, value }: NonNullable<UploadedDatasetNode["dataset"]>,
  field: string,
  report: Context["report"],
): InputSource | undefined {
  if (parameter !== null) return { kind: "datasetParameter", parameter };
  const place = value?.literalValue ?? null;
  if (place !== null) return { kind: "dataReference", dataPath: placeOf(place) };
  const dataset = value === null ? undefined : datasetReferenceOf(value);
  if (dataset !== undefined) return { kind: "dataset", dataset };
  report({ code: "InvalidGraph", field, expected: "a dataset by its id or name", received: "none" });
  return undefined;
}

/** Edges that lead into no port of a step, and nodes that one id does not tell apart. */
function reportLooseEnds({ uploaded, edges, datasetNodes, stepIds, report }: Context): void {
  for (const id of stepIds) {
    if (!datasetNodes.has(id)) continue;
    const expected = "an id that is used by one node";
    report({ code: "InvalidGraph", field: `steps.${id}`, expected, received: "a step and a data source" });
  }
  for (const received of edges.strays(portsOfSteps(uploaded))) {
    const expected = "edges that end in an input of a step, or make an output of a step one of the pipeline";
    report({ code: "InvalidGraph", field: "edges", expected, received });
  }
}

/** A step whose module is not there has been reported; its edges are not told as well. */
function portsOfSteps({ graph, modules }: UploadedPipeline): ReadonlySet<string> {
  const ends = graph.edges.flatMap(({ source, destination }) => [source, destination]);
  return new Set(
    graph.moduleNodes.flatMap(({ id, moduleId }) => {
      const module = modules.get(moduleId);
      const names =
        module === undefined
          ? ends.flatMap(({ nodeId, port }) => (nodeId === id && port !== null ? [port] : []))
          : [...module.structure.inputs, ...module.structure.outputs].map(({ name }) => name);
      return names.map((name) => portKey(id, name));
    }),
  );
}

function unsupported(field: string, expected: string, received: string): Problem {
  return { code: "UnsupportedFeature", field, expected, received };
}
