/** From the graph of a creation body, and the entities that its nodes name, to the one definition. */
import { uploadedGraph, uploadedInterface } from "../../contract/graph";
import { dataSourceCreation, type UploadedDataSource } from "../../contract/graphDataSource";
import { moduleCreation, type UploadedModule } from "../../contract/graphModule";
import type { PipelineCreation } from "../../contract/pipelineEntity";
import { decode, type WireType } from "../../contract/wireType";
import type { PipelineDefinition } from "../../model/definition";
import { definitionFromGraph } from "../../model/definitionFromGraph";
import type { Parsed, Problem } from "../../model/problem";
import type { UploadedEntities } from "../../pipelines/uploadedEntityStore";
import type { ApiRooms } from "../apiRooms";
import { parseUploaded } from "./uploadedText";

/** Entities that do not exist are left out here and named by `definitionFromGraph`. */
export async function definitionOf(
  rooms: ApiRooms,
  body: PipelineCreation,
): Promise<Parsed<PipelineDefinition>> {
  const graph = decode(uploadedGraph, body.graph);
  const graphInterface = decode(uploadedInterface, body.graphInterface ?? {});
  if (!graph.ok || !graphInterface.ok) {
    return { ok: false, problems: [...below("Graph", graph), ...below("GraphInterface", graphInterface)] };
  }
  const moduleIds = graph.value.moduleNodes.map(({ moduleId }) => moduleId);
  const sourceIds = graph.value.datasetNodes.flatMap(({ dataSourceId }) => dataSourceId ?? []);
  const modules = await readEntities<UploadedModule>(rooms.modules, moduleIds, moduleCreation);
  const dataSources = await readEntities<UploadedDataSource>(
    rooms.dataSources,
    sourceIds,
    dataSourceCreation,
  );
  if (!modules.ok) return modules;
  if (!dataSources.ok) return dataSources;
  return definitionFromGraph({
    graph: graph.value,
    graphInterface: graphInterface.value,
    modules: modules.value,
    dataSources: dataSources.value,
  });
}

async function readEntities<T>(
  entities: UploadedEntities,
  ids: readonly string[],
  type: WireType<T>,
): Promise<Parsed<ReadonlyMap<string, T>>> {
  const found = await Promise.all([...new Set(ids)].map((id) => entities.find(id)));
  const problems: Problem[] = [];
  const decoded = new Map<string, T>();
  for (const entity of found) {
    if (entity === undefined) continue;
    const result = decode(type, parseUploaded(entity));
    if (result.ok) decoded.set(entity.id, result.value);
    else problems.push(...below(entity.id, result));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: decoded };
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly Problem[] };

function below(part: string, outcome: Outcome): readonly Problem[] {
  if (outcome.ok) return [];
  return outcome.problems.map((problem) => ({ ...problem, field: `${part}.${problem.field}` }));
}
