/** Owns: which permissions a change of an entity needs. Pure. */
import { coversKey, requireGrant, type Grant } from "../auth/grant";
import { permissionMismatch } from "../http/storageError";
import type { TableChange } from "./tableChange";

/** Refuses a change that the grant does not cover; an upsert needs both adding and updating. */
export function requireChange(grant: Grant, change: TableChange): void {
  const letters = { insert: ["a"], update: ["u"], upsert: ["a", "u"], delete: ["d"] }[change.kind];
  for (const anyOf of letters) requireGrant(grant, { service: "t", type: "o", anyOf });
  if (!coversKey(grant, change.partitionKey, change.rowKey)) throw permissionMismatch();
}
