/**
 * Owns: the writes that a Table call can ask for: from a call (alone or inside a batch) to a value, and its effect on
 * one entity. Must not: commit; tableStore.ts does.
 *
 * Invariants:
 * W1. An update or delete takes place only if its ETag is `*` or the stored one; otherwise 412, nothing written.
 * W2. An insert of an existing entity is 409; an update or delete of a missing one 404; an upsert is neither.
 */
import { invalidInput, missingHeader, notServed, StorageError } from "../http/storageError";
import { checkKey, checkSize, etagOf, parseEntity, type Entity, type Properties } from "./entity";

export type TableChange =
  | {
      readonly kind: "insert";
      readonly partitionKey: string;
      readonly rowKey: string;
      readonly properties: Properties;
    }
  | {
      readonly kind: "update" | "upsert";
      readonly mode: "merge" | "replace";
      readonly partitionKey: string;
      readonly rowKey: string;
      readonly ifMatch: string;
      readonly properties: Properties;
    }
  | {
      readonly kind: "delete";
      readonly partitionKey: string;
      readonly rowKey: string;
      readonly ifMatch: string;
    };

/** Where an entity call points. */
export interface EntityAddress {
  readonly table: string;
  readonly key: { readonly partitionKey: string; readonly rowKey: string } | undefined;
}

/** Reads `Table`, `Table()` or `Table(PartitionKey='…',RowKey='…')`, percent-decoded already. */
export function parseAddress(path: string): EntityAddress | undefined {
  const shape = /^([A-Za-z][A-Za-z0-9]*)(?:\((.*)\))?$/s.exec(path);
  if (shape === null) return undefined;
  const [, table = "", inner = ""] = shape;
  if (inner === "") return { table, key: undefined };
  const keys = /^\s*PartitionKey='((?:[^']|'')*)'\s*,\s*RowKey='((?:[^']|'')*)'\s*$/s.exec(inner);
  const swapped = /^\s*RowKey='((?:[^']|'')*)'\s*,\s*PartitionKey='((?:[^']|'')*)'\s*$/s.exec(inner);
  const found = keys ?? swapped;
  if (found === null) return undefined;
  const [first, second] = found.slice(1).map((text) => text.replaceAll("''", "'"));
  const [partitionKey, rowKey] = keys === null ? [second, first] : [first, second];
  return { table, key: { partitionKey: partitionKey ?? "", rowKey: rowKey ?? "" } };
}

/** The write that a call asks for. `ifMatch` is the header's value. */
export function parseChange(
  method: string,
  address: EntityAddress,
  ifMatch: string | undefined,
  body: string,
): TableChange {
  switch (method) {
    case "POST":
      if (address.key !== undefined) throw notServed("POST on an entity (X-HTTP-Method)");
      return parseInsert(body);
    case "PUT":
      return parseUpdate("replace", address, ifMatch, body);
    case "PATCH":
    case "MERGE":
      return parseUpdate("merge", address, ifMatch, body);
    case "DELETE":
      if (ifMatch === undefined) throw missingHeader("If-Match");
      return { kind: "delete", ...keyOf(address), ifMatch };
    default:
      throw notServed(`${method} on an entity`);
  }
}

function parseInsert(body: string): TableChange {
  const { partitionKey, rowKey, properties } = parseEntity(body);
  if (partitionKey === undefined || rowKey === undefined)
    throw new StorageError(
      400,
      "PropertiesNeedValue",
      "The values are not specified for all properties in the entity.",
    );
  checkKey("PartitionKey", partitionKey);
  checkKey("RowKey", rowKey);
  return { kind: "insert", partitionKey, rowKey, properties };
}

function parseUpdate(
  mode: "merge" | "replace",
  address: EntityAddress,
  ifMatch: string | undefined,
  body: string,
): TableChange {
  const key = keyOf(address);
  checkKey("PartitionKey", key.partitionKey);
  checkKey("RowKey", key.rowKey);
  const parsed = parseEntity(body);
  if (
    (parsed.partitionKey ?? key.partitionKey) !== key.partitionKey ||
    (parsed.rowKey ?? key.rowKey) !== key.rowKey
  )
    throw invalidInput("The keys of the body are not the keys of the address.");
  const { properties } = parsed;
  return {
    kind: ifMatch === undefined ? "upsert" : "update",
    mode,
    ...key,
    ifMatch: ifMatch ?? "*",
    properties,
  };
}

function keyOf(address: EntityAddress): { partitionKey: string; rowKey: string } {
  if (address.key === undefined) throw invalidInput("The address names no entity.");
  return address.key;
}

/** The entity after a change, undefined after a delete; throws what refuses it (W1, W2). */
export function applyTableChange(
  change: TableChange,
  stored: Entity | undefined,
  timestamp: string,
): Entity | undefined {
  if (change.kind === "insert" && stored !== undefined)
    throw new StorageError(409, "EntityAlreadyExists", "The specified entity already exists.");
  if (change.kind === "update" || change.kind === "delete") checkStored(stored, change.ifMatch);
  if (change.kind === "delete") return undefined;
  const { partitionKey, rowKey } = change;
  const keep = change.kind !== "insert" && change.mode === "merge" ? stored?.properties : undefined;
  const entity = { partitionKey, rowKey, timestamp, properties: { ...keep, ...change.properties } };
  checkSize(entity);
  return entity;
}

function checkStored(stored: Entity | undefined, ifMatch: string): void {
  if (stored === undefined)
    throw new StorageError(404, "ResourceNotFound", "The specified resource does not exist.");
  if (ifMatch !== "*" && ifMatch !== etagOf(stored))
    throw new StorageError(
      412,
      "UpdateConditionNotSatisfied",
      "The update condition specified in the request was not satisfied.",
    );
}
