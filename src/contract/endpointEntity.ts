/** A pipeline endpoint: one stable address for versions of published pipelines. Source: spec azureml-v1-wire.md §6.3. */
import { entityStatus } from "./entityStatus";
import { id, instant, listOf, mapOf, name, orElse, orNull, text, wireObject, type ValueOf } from "./wireType";

const endpointVersion = wireObject({ version: ["Version", text], pipelineId: ["PipelineId", id] });

export const endpointEntity = wireObject({
  id: ["Id", id],
  name: ["Name", name],
  description: ["Description", orElse(text, "")],
  defaultVersion: ["DefaultVersion", text],
  versions: ["PipelineVersionList", listOf(endpointVersion)],
  /** Absolute URL that submits the default version; it ends in `/Id/{id}`, which versioned calls are built on. */
  url: ["Url", text],
  swaggerUrl: ["SwaggerUrl", orNull(text)],
  entityStatus: ["EntityStatus", entityStatus],
  properties: ["Properties", mapOf(text)],
  tags: ["tags", mapOf(text)],
  createdAt: ["CreatedDate", instant],
  modifiedAt: ["LastModifiedDate", instant],
  etag: ["Etag", text],
});

export type EndpointEntity = ValueOf<typeof endpointEntity>;

/** Body of `PipelineEndpoints/Create`. */
export const endpointCreation = wireObject({
  name: ["Name", name],
  description: ["Description", orElse(text, "")],
  pipelineId: ["PipelineId", id],
  properties: ["Properties", mapOf(text)],
});

export type EndpointCreation = ValueOf<typeof endpointCreation>;
