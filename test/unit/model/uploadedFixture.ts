/** Uploads as they come over the wire, decoded the way the service decodes them. */
import { uploadedGraph, uploadedInterface } from "../../../src/contract/graph";
import { dataSourceCreation } from "../../../src/contract/graphDataSource";
import { moduleCreation } from "../../../src/contract/graphModule";
import { decode, type WireType } from "../../../src/contract/wireType";
import type { UploadedPipeline } from "../../../src/model/uploadedPipeline";

/** JSON as v1's client sends it, with the entities that the graph names by their ids. */
export interface WirePipeline {
  readonly Graph: unknown;
  readonly GraphInterface: unknown;
  readonly Modules: Readonly<Record<string, unknown>>;
  readonly DataSources: Readonly<Record<string, unknown>>;
}

export function decodePipeline(wire: WirePipeline): UploadedPipeline {
  return {
    graph: decoded(uploadedGraph, wire.Graph),
    graphInterface: decoded(uploadedInterface, wire.GraphInterface),
    modules: new Map(mapEntries(wire.Modules, moduleCreation)),
    dataSources: new Map(mapEntries(wire.DataSources, dataSourceCreation)),
  };
}

/** Through JSON text, as a request does. */
export function encodePipeline(pipeline: UploadedPipeline): WirePipeline {
  const wire = {
    Graph: uploadedGraph.encode(pipeline.graph),
    GraphInterface: uploadedInterface.encode(pipeline.graphInterface),
    Modules: encodeEntries(pipeline.modules, moduleCreation),
    DataSources: encodeEntries(pipeline.dataSources, dataSourceCreation),
  };
  return JSON.parse(JSON.stringify(wire)) as WirePipeline;
}

function decoded<T>(type: WireType<T>, body: unknown): T {
  const result = decode(type, body);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function mapEntries<T>(bodies: Readonly<Record<string, unknown>>, type: WireType<T>): [string, T][] {
  return Object.entries(bodies).map(([id, body]) => [id, decoded(type, body)]);
}

function encodeEntries<T>(entities: ReadonlyMap<string, T>, type: WireType<T>): Record<string, unknown> {
  return Object.fromEntries([...entities].map(([id, entity]) => [id, type.encode(entity)]));
}
