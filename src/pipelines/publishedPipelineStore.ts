/**
 * Published pipelines: rows in table `Pipelines`, definition and uploaded graph as documents beside them.
 *
 * Invariants:
 * 1. The documents are written first and the rows last: a pipeline that can be found is whole.
 * 2. Only `status` of a published pipeline ever changes.
 */
import { z } from "zod";
import { rememberFound } from "../data/rememberFound";
import { readDefinition } from "../model/parseDefinition";
import { readJsonBlob, writeJsonBlob } from "../workspace/jsonBlob";
import type { Workspace } from "../workspace/workspace";
import { checkReferences, type ReferencedRooms } from "./checkReferences";
import { createListedRows, type ListedRow } from "./listedRows";
import { decodePipelineRow, encodePipelineRow } from "./pipelineRow";
import type { PublishedPipelines } from "./publishedPipelines";
import { limitProblems } from "./runLimits";
import { textProblems } from "./textProblems";

interface PipelineDependencies extends ReferencedRooms {
  readonly workspace: Workspace;
}

/** Definitions that a process keeps in memory: they never change. */
const mostDefinitions = 50;

const graphDocument = z.object({ graph: z.string(), graphInterface: z.string() });

export function createPublishedPipelines(dependencies: PipelineDependencies): PublishedPipelines {
  const { workspace } = dependencies;
  const rows = createListedRows(() => workspace.table("Pipelines"));
  const findDefinition = rememberFound(mostDefinitions, async (id) => {
    const document = await readJsonBlob(workspace, definitionName(id));
    return document === undefined ? undefined : readDefinition(document);
  });
  return {
    async publish(request) {
      const problems = [
        ...textProblems(request),
        ...limitProblems(request.properties),
        ...(await checkReferences(dependencies, request.definition)),
      ];
      if (problems.length > 0) return { status: "refused", problems };
      const now = workspace.clock.now().toISOString();
      const { definition, graph, graphInterface, ...fields } = request;
      const pipeline = {
        ...fields,
        id: workspace.ids.newId(),
        graphId: workspace.ids.newId(),
        status: "Active" as const,
        stepCount: definition.steps.length,
        createdAt: now,
        modifiedAt: now,
      };
      await writeJsonBlob(workspace, definitionName(pipeline.id), definition);
      await writeJsonBlob(workspace, graphName(pipeline.graphId), { graph, graphInterface });
      await rows.insert({ ...pipeline, claims: [] }, encodePipelineRow(pipeline));
      return { status: "published", pipeline: decodePipelineRow(await rows.find(pipeline.id)) };
    },

    async find(id) {
      const row = await rows.find(id);
      return row === undefined ? undefined : decodePipelineRow(row);
    },

    async definition(id) {
      const definition = await findDefinition(id);
      if (definition === undefined) throw new Error(`There is no definition of pipeline ${id}`);
      return definition;
    },

    async findGraph(graphId) {
      if (!/^[A-Za-z0-9-]{1,64}$/.test(graphId)) return undefined;
      const document = await readJsonBlob(workspace, graphName(graphId));
      return document === undefined ? undefined : graphDocument.parse(document);
    },

    async list({ activeOnly }) {
      const isListed = (row: ListedRow): boolean => !activeOnly || row["status"] === "Active";
      return (await rows.list(isListed)).map(decodePipelineRow);
    },

    async setStatus(id, status) {
      for (;;) {
        const row = await rows.find(id);
        if (row === undefined) return "not-found";
        const modifiedAt = workspace.clock.now().toISOString();
        if ((await rows.update(row, { status, modifiedAt })) === "updated") return "done";
      }
    },
  };
}

const definitionName = (id: string): string => `pipelines/${id}/definition.json`;
const graphName = (graphId: string): string => `graphs/${graphId}.json`;
