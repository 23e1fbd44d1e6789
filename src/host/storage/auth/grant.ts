/**
 * Owns: what an authenticated caller may do. Pure. Must not: check signatures.
 *
 * Invariants:
 * P1. A route names the permission letters that suffice and the resource it touches; everything else is refused with
 *     Azure's code for what does not fit (service, resource type, permission).
 */
import { permissionMismatch, StorageError } from "../http/storageError";
import type { Query } from "../http/storageRequest";

export interface Grant {
  readonly kind: "owner" | "account" | "service";
  readonly permissions: string;
  /** Account SAS: services (`b`, `t`) and resource types (`s`, `c`, `o`) it covers. */
  readonly services: string;
  readonly resourceTypes: string;
  /** Table SAS: the range of keys it covers. */
  readonly keys: KeyRangeGrant | undefined;
}

interface KeyRangeGrant {
  readonly startPartition: string | undefined;
  readonly startRow: string | undefined;
  readonly endPartition: string | undefined;
  readonly endRow: string | undefined;
}

/** Service (`s`), container or table (`c`), blob or entity (`o`). */
export type ResourceType = "s" | "c" | "o";

export const OWNER: Grant = {
  kind: "owner",
  permissions: "",
  services: "",
  resourceTypes: "",
  keys: undefined,
};

export function accountGrant(query: Query): Grant {
  return {
    kind: "account",
    permissions: query.get("sp") ?? "",
    services: query.get("ss") ?? "",
    resourceTypes: query.get("srt") ?? "",
    keys: undefined,
  };
}

export function serviceGrant(service: "blob" | "table", query: Query): Grant {
  const keys: KeyRangeGrant = {
    startPartition: query.get("spk"),
    startRow: query.get("srk"),
    endPartition: query.get("epk"),
    endRow: query.get("erk"),
  };
  const resourceTypes = service === "table" || query.get("sr") === "c" ? "co" : "o";
  return {
    kind: "service",
    permissions: query.get("sp") ?? "",
    services: service === "blob" ? "b" : "t",
    resourceTypes,
    keys: service === "table" ? keys : undefined,
  };
}

/**
 * Whether the caller holds one of `anyOf` for a resource of this type. A service SAS never reaches what only an account
 * may do, such as creating containers and tables; routes say so with `accountOnly`.
 */
export function allows(grant: Grant, anyOf: string): boolean {
  return grant.kind === "owner" || Array.from(anyOf).some((letter) => grant.permissions.includes(letter));
}

export interface Needed {
  readonly service: "b" | "t";
  readonly type: ResourceType;
  readonly anyOf: string;
  readonly accountOnly?: boolean;
}

/** Refuses what the grant does not cover (P1). */
export function requireGrant(grant: Grant, needed: Needed): void {
  if (grant.kind === "owner") return;
  if (grant.kind === "account") {
    if (!grant.services.includes(needed.service)) throw mismatch("Service", "service");
    if (!grant.resourceTypes.includes(needed.type)) throw mismatch("ResourceType", "resource type");
  } else if (needed.accountOnly === true || !grant.resourceTypes.includes(needed.type)) {
    throw new StorageError(
      403,
      "AuthorizationFailure",
      "This request is not authorized to perform this operation.",
    );
  }
  if (!allows(grant, needed.anyOf)) throw permissionMismatch();
}

/** Whether a Table SAS covers this entity. */
export function coversKey(grant: Grant, partitionKey: string, rowKey: string): boolean {
  const keys = grant.keys;
  if (keys === undefined) return true;
  const { startPartition, startRow, endPartition, endRow } = keys;
  if (startPartition !== undefined) {
    if (partitionKey < startPartition) return false;
    if (partitionKey === startPartition && startRow !== undefined && rowKey < startRow) return false;
  }
  if (endPartition !== undefined) {
    if (partitionKey > endPartition) return false;
    if (partitionKey === endPartition && endRow !== undefined && rowKey > endRow) return false;
  }
  return true;
}

function mismatch(code: string, words: string): StorageError {
  return new StorageError(
    403,
    `Authorization${code}Mismatch`,
    `This request is not authorized to perform this operation using this ${words}.`,
  );
}
