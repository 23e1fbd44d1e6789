/** Data sources: places in datastores that graphs read from, uploaded once and referred to by id. */
import type { Workspace } from "../workspace/workspace";
import { createUploadedEntities, type UploadedEntities } from "./uploadedEntityStore";

/** Opaque to this room: the text of an entity is read by the wire's own schema. */
export type DataSources = UploadedEntities;

export function createDataSources({ workspace }: { readonly workspace: Workspace }): DataSources {
  return createUploadedEntities({ workspace, tableName: "DataSources", folder: "datasources" });
}
