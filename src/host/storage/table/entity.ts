/**
 * Owns: an entity: what a caller may send, what is stored, what is shown at each metadata level. Pure.
 *
 * Invariants:
 * N1. Limits are those of Azure: keys 512 UTF-16 units without / \ # ? and control characters, 252 own properties,
 *     property names up to 255 characters that are C# identifiers, 64 KB a property, 1 MB an entity.
 * N2. Timestamp is the service's; what a caller sends for it is dropped, as Azure does.
 */
import { invalidInput, StorageError } from "../http/storageError";
import { edmBytes, needsAnnotation, parseEdm, type EdmValue } from "./edm";

export type Properties = Readonly<Record<string, EdmValue>>;

/** A row of the store. `timestamp` has seven decimals and is unique per change of the entity. */
export interface Entity {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly timestamp: string;
  readonly properties: Properties;
}

/** What a body says; keys are undefined when it has none. */
export interface ParsedEntity {
  readonly partitionKey: string | undefined;
  readonly rowKey: string | undefined;
  readonly properties: Properties;
}

export type MetadataLevel = "nometadata" | "minimalmetadata" | "fullmetadata";

const MAX_KEY_UNITS = 512;
const MAX_PROPERTIES = 252;
const MAX_ENTITY_BYTES = 1024 * 1024;
const SYSTEM = new Set(["PartitionKey", "RowKey", "Timestamp"]);

export function parseEntity(body: string): ParsedEntity {
  const json = parseObject(body);
  const properties: Record<string, EdmValue> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name.startsWith("odata.") || name.includes("@odata.") || SYSTEM.has(name)) continue;
    checkName(name);
    const parsed = parseEdm(name, value, json[`${name}@odata.type`]);
    if (parsed !== undefined) properties[name] = parsed;
  }
  return { partitionKey: keyIn(json, "PartitionKey"), rowKey: keyIn(json, "RowKey"), properties };
}

function parseObject(body: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(body.replace(/^\ufeff/, ""));
  } catch {
    throw invalidInput("The body is not valid JSON.");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalidInput("The body is not a JSON object.");
  return json as Record<string, unknown>;
}

function keyIn(json: Record<string, unknown>, name: string): string | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidInput(`${name} is not a string.`);
  return value;
}

function checkName(name: string): void {
  if (name.length > 255)
    throw new StorageError(
      400,
      "PropertyNameTooLong",
      "The property name exceeds the maximum allowed length (255).",
    );
  if (!/^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Pc}\p{Mn}\p{Mc}\p{Cf}]*$/u.test(name))
    throw new StorageError(400, "PropertyNameInvalid", `The property name is invalid: ${name.slice(0, 80)}.`);
}

/** Refuses a key that Azure refuses (N1). */
export function checkKey(name: "PartitionKey" | "RowKey", value: string): void {
  if (value.length > MAX_KEY_UNITS)
    throw new StorageError(
      400,
      "KeyValueTooLarge",
      `The ${name} exceeds the maximum allowed size (1KB), which is 512 UTF-16 characters.`,
    );
  if (/[/\\#?]|\p{Cc}/u.test(value))
    throw new StorageError(
      400,
      "OutOfRangeInput",
      `The '${name}' parameter of value '${JSON.stringify(value).slice(1, -1)}' is out of range.`,
    );
}

/** Refuses an entity that is too large or has too many properties (N1). */
export function checkSize(entity: Entity): void {
  const properties = Object.entries(entity.properties);
  if (properties.length > MAX_PROPERTIES)
    throw new StorageError(
      400,
      "TooManyProperties",
      "The entity contains more properties than allowed. Each entity can include up to 252 properties to store data. Each entity also has 3 system properties.",
    );
  let bytes = (entity.partitionKey.length + entity.rowKey.length) * 2;
  for (const [name, value] of properties) bytes += name.length * 2 + 8 + edmBytes(value);
  if (bytes > MAX_ENTITY_BYTES)
    throw new StorageError(
      400,
      "EntityTooLarge",
      "The entity is larger than the maximum allowed size (1MB).",
    );
}

export function etagOf(entity: Entity): string {
  return `W/"datetime'${encodeURIComponent(entity.timestamp)}'"`;
}

export interface Shown {
  readonly level: MetadataLevel;
  /** Table as named at its creation, and its endpoint: needed for the links of full metadata. */
  readonly table: string;
  readonly account: string;
  readonly endpoint: string;
  /** Names of `$select`; undefined for all. */
  readonly select: ReadonlySet<string> | undefined;
}

/** The JSON object that an answer carries for an entity. */
export function renderEntity(entity: Entity, shown: Shown): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  if (shown.level === "fullmetadata") Object.assign(json, links(entity, shown));
  if (shown.level !== "nometadata") json["odata.etag"] = etagOf(entity);
  const wanted = (name: string): boolean => shown.select?.has(name) ?? true;
  if (wanted("PartitionKey")) json["PartitionKey"] = entity.partitionKey;
  if (wanted("RowKey")) json["RowKey"] = entity.rowKey;
  if (wanted("Timestamp")) {
    if (shown.level === "fullmetadata") json["Timestamp@odata.type"] = "Edm.DateTime";
    json["Timestamp"] = entity.timestamp;
  }
  for (const [name, value] of Object.entries(entity.properties)) {
    if (!wanted(name)) continue;
    if (shown.level !== "nometadata" && needsAnnotation(value))
      json[`${name}@odata.type`] = `Edm.${value.type}`;
    json[name] = value.value;
  }
  return json;
}

function links(entity: Entity, shown: Shown): Record<string, string> {
  const path = entityPath(shown.table, entity);
  return {
    "odata.type": `${shown.account}.${shown.table}`,
    "odata.id": `${shown.endpoint}/${path}`,
    "odata.editLink": path,
  };
}

/** `Table(PartitionKey='…',RowKey='…')`, quoted and percent-encoded. */
export function entityPath(table: string, entity: { partitionKey: string; rowKey: string }): string {
  const quote = (text: string): string =>
    encodeURIComponent(text.replaceAll("'", "''")).replaceAll("'", "%27");
  return `${table}(PartitionKey='${quote(entity.partitionKey)}',RowKey='${quote(entity.rowKey)}')`;
}
