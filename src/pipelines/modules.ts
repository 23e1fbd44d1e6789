/** Modules: what a step is made of (script, snapshot, ports), uploaded once and referred to by graphs. */
import type { Workspace } from "../workspace/workspace";
import { createUploadedEntities, type UploadedEntities } from "./uploadedEntityStore";

/** Opaque to this room: the text of an entity is read by the wire's own schema. */
export type Modules = UploadedEntities;

export function createModules({ workspace }: { readonly workspace: Workspace }): Modules {
  return createUploadedEntities({ workspace, tableName: "Modules", folder: "modules" });
}
