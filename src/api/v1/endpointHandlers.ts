/** Pipeline endpoints. Source: spec azureml-v1-wire.md §3.3, §6.3. */
import { endpointEntity, type EndpointCreation } from "../../contract/endpointEntity";
import { routesOf } from "../../contract/routes";
import { assertNever } from "../../model/assertNever";
import type { PipelineEndpoint } from "../../pipelines/publishedPipelines";
import type { WorkspaceConfig } from "../../workspace/config";
import { json, refuse, type Answer } from "../answer";
import { isActiveOnly } from "../query";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";

export async function createEndpoint({ rooms, body }: Call<EndpointCreation>): Promise<Answer> {
  const outcome = await rooms.endpoints.create(body);
  switch (outcome.status) {
    case "created":
      return json(encodeEndpoint(rooms.workspace.config, outcome.endpoint));
    case "name-taken":
      return refuse("PipelineEndpointNameTaken", `There is an endpoint called "${body.name}" already.`);
    case "refused":
      return refuseProblems(outcome.problems);
    default:
      return assertNever(outcome);
  }
}

export async function getEndpoint({ rooms, param }: Call): Promise<Answer> {
  const endpoint = await rooms.endpoints.find(param("id"));
  if (endpoint === undefined)
    return refuse("PipelineEndpointNotFound", `There is no pipeline endpoint ${param("id")}.`);
  return json(encodeEndpoint(rooms.workspace.config, endpoint));
}

export async function getEndpointByName({ rooms, query }: Call): Promise<Answer> {
  const name = query("name") ?? "";
  if (name === "") return refuse("InvalidQuery", "The query parameter Name is missing.");
  const endpoint = await rooms.endpoints.findByName(name);
  if (endpoint === undefined)
    return refuse("PipelineEndpointNotFound", "There is no pipeline endpoint of that name.");
  return json(encodeEndpoint(rooms.workspace.config, endpoint));
}

export async function listEndpoints(call: Call): Promise<Answer> {
  const { endpoints, workspace } = call.rooms;
  const found = await endpoints.list({ activeOnly: isActiveOnly(call) });
  return json(found.map((endpoint) => encodeEndpoint(workspace.config, endpoint)));
}

function encodeEndpoint(config: WorkspaceConfig, endpoint: PipelineEndpoint): unknown {
  return endpointEntity.encode({
    id: endpoint.id,
    name: endpoint.name,
    description: endpoint.description,
    defaultVersion: endpoint.defaultVersion,
    versions: endpoint.versions,
    url: config.selfUrl + routesOf(config).submitEndpoint(endpoint.id),
    swaggerUrl: null,
    entityStatus: endpoint.status,
    properties: endpoint.properties,
    tags: {},
    createdAt: endpoint.createdAt,
    modifiedAt: endpoint.modifiedAt,
    etag: endpoint.etag,
  });
}
