/**
 * Pipeline endpoints in table `PipelineEndpoints`. The name is claimed in the transaction that creates the endpoint, so
 * it belongs to one.
 */
import { z } from "zod";
import type { Problem } from "../model/problem";
import type { Workspace } from "../workspace/workspace";
import { createListedRows, type ListedRow } from "./listedRows";
import type { PipelineEndpoint, PipelineEndpoints, PublishedPipelines } from "./publishedPipelines";
import { textProblems } from "./textProblems";

interface Dependencies {
  readonly workspace: Workspace;
  readonly pipelines: PublishedPipelines;
}

const columns = z.object({
  endpointId: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(["Active", "Deprecated", "Disabled"]),
  defaultVersion: z.string(),
  versions: z.string(),
  properties: z.string(),
  createdAt: z.string(),
  modifiedAt: z.string(),
  etag: z.string(),
});
const texts = z.record(z.string(), z.string());
const versionList = z.array(z.object({ version: z.string(), pipelineId: z.string() }));

export function encodeEndpointRow(endpoint: Omit<PipelineEndpoint, "etag">): Record<string, string> {
  const { id, versions, properties, ...rest } = endpoint;
  return {
    ...rest,
    endpointId: id,
    versions: JSON.stringify(versions),
    properties: JSON.stringify(properties),
  };
}

export function decodeEndpointRow(row: unknown): PipelineEndpoint {
  const { endpointId, versions, properties, ...rest } = columns.parse(row);
  return {
    ...rest,
    id: endpointId,
    versions: versionList.parse(JSON.parse(versions)),
    properties: texts.parse(JSON.parse(properties)),
  };
}

export function createPipelineEndpoints({ workspace, pipelines }: Dependencies): PipelineEndpoints {
  const rows = createListedRows(() => workspace.table("PipelineEndpoints"));
  const found = (row: unknown): PipelineEndpoint | undefined =>
    row === undefined ? undefined : decodeEndpointRow(row);
  return {
    async create(request) {
      const problems = [...textProblems(request), ...(await pipelineProblems(pipelines, request.pipelineId))];
      if (problems.length > 0) return { status: "refused", problems };
      const now = workspace.clock.now().toISOString();
      const { pipelineId, ...fields } = request;
      const endpoint = {
        ...fields,
        id: workspace.ids.newId(),
        status: "Active" as const,
        defaultVersion: "0",
        versions: [{ version: "0", pipelineId }],
        createdAt: now,
        modifiedAt: now,
      };
      const claims = [endpoint.name];
      const inserted = await rows.insert({ ...endpoint, claims }, encodeEndpointRow(endpoint));
      if (inserted === "taken") return { status: "name-taken" };
      return { status: "created", endpoint: decodeEndpointRow(await rows.find(endpoint.id)) };
    },
    find: async (id) => found(await rows.find(id)),
    findByName: async (name) => found(await rows.findByClaim(name)),
    async list({ activeOnly }) {
      const isListed = (row: ListedRow): boolean => !activeOnly || row["status"] === "Active";
      return (await rows.list(isListed)).map(decodeEndpointRow);
    },
  };
}

async function pipelineProblems(pipelines: PublishedPipelines, id: string): Promise<readonly Problem[]> {
  if ((await pipelines.find(id)) !== undefined) return [];
  const expected = "the id of a published pipeline";
  return [{ code: "UnknownPipeline", field: "PipelineId", expected, received: id.slice(0, 200) }];
}
