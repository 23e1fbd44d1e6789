/**
 * Owns: the eight property types of Table storage: reading them from JSON, their limits, writing them back, comparing
 * them. Pure. Source: "Understanding the Table service data model" of Azure's storage reference.
 *
 * Invariants:
 * E1. A value read and written back has the same type and the same value.
 * E2. Values of different kinds are never equal, less or greater; the three number types are one kind.
 */
import { invalidInput, StorageError } from "../http/storageError";

/** A stored value. DateTime is ISO 8601 in UTC, Int64 decimal text, Binary base64, Double `NaN` and infinities text. */
export type EdmValue =
  | { readonly type: "String" | "DateTime" | "Guid" | "Binary" | "Int64"; readonly value: string }
  | { readonly type: "Int32"; readonly value: number }
  | { readonly type: "Double"; readonly value: number | "NaN" | "Infinity" | "-Infinity" }
  | { readonly type: "Boolean"; readonly value: boolean };

export type EdmType = EdmValue["type"];

const TYPES = new Set<string>([
  "String",
  "DateTime",
  "Guid",
  "Binary",
  "Int64",
  "Int32",
  "Double",
  "Boolean",
]);
const MAX_PROPERTY_BYTES = 64 * 1024;

/** Reads a JSON value with its optional `@odata.type`. Undefined for null, which means "no such property". */
export function parseEdm(name: string, value: unknown, annotation: unknown): EdmValue | undefined {
  if (value === null) return undefined;
  const parsed = annotation === undefined ? inferEdm(value) : annotatedEdm(value, annotation);
  if (parsed === undefined)
    throw invalidInput(
      `The value of the property ${name} is not a valid ${typeof annotation === "string" ? annotation : "primitive"}.`,
    );
  if (edmBytes(parsed) > MAX_PROPERTY_BYTES)
    throw new StorageError(
      400,
      "PropertyValueTooLarge",
      `The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is UTF-16 encoded and the maximum number of characters should be 32K or less.`,
    );
  return parsed;
}

/** Without an annotation an integral number that fits is an Int32, every other number a Double. */
function inferEdm(value: unknown): EdmValue | undefined {
  if (typeof value === "string") return { type: "String", value };
  if (typeof value === "boolean") return { type: "Boolean", value };
  if (typeof value !== "number") return undefined;
  return isInt32(value) ? { type: "Int32", value } : { type: "Double", value };
}

function annotatedEdm(value: unknown, annotation: unknown): EdmValue | undefined {
  const type = typeof annotation === "string" ? annotation.replace(/^Edm\./, "") : "";
  if (!TYPES.has(type)) return undefined;
  return READERS[type as EdmType](value);
}

const READERS: Readonly<Record<EdmType, (value: unknown) => EdmValue | undefined>> = {
  String: (value) => (typeof value === "string" ? { type: "String", value } : undefined),
  Boolean: (value) => {
    if (typeof value === "boolean") return { type: "Boolean", value };
    return value === "true" || value === "false" ? { type: "Boolean", value: value === "true" } : undefined;
  },
  Int32: (value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    return typeof number === "number" && isInt32(number) ? { type: "Int32", value: number } : undefined;
  },
  Int64: (value) => readInt64(value),
  Double: (value) => readDouble(value),
  DateTime: (value) => {
    const text = typeof value === "string" ? normaliseDateTime(value) : undefined;
    return text === undefined ? undefined : { type: "DateTime", value: text };
  },
  Guid: (value) =>
    typeof value === "string" && GUID.test(value) ? { type: "Guid", value: value.toLowerCase() } : undefined,
  Binary: (value) =>
    typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0
      ? { type: "Binary", value }
      : undefined,
};

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
}

function readInt64(value: unknown): EdmValue | undefined {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || !/^-?\d{1,19}$/.test(text)) return undefined;
  const number = BigInt(text);
  return BigInt.asIntN(64, number) === number ? { type: "Int64", value: number.toString() } : undefined;
}

function readDouble(value: unknown): EdmValue | undefined {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return { type: "Double", value };
  if (value === "INF" || value === "-INF")
    return { type: "Double", value: value === "INF" ? "Infinity" : "-Infinity" };
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number)
    ? { type: "Double", value: number }
    : undefined;
}

/** UTC, seven decimals at most, none when the fraction is zero; undefined when the text is no instant. */
export function normaliseDateTime(text: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?$/.exec(
    text.trim(),
  );
  if (parts === null) return undefined;
  const [, date, minutes, seconds, fraction, zone] = parts;
  const at = new Date(`${date ?? ""}T${minutes ?? ""}${seconds ?? ":00"}${zone ?? "Z"}`);
  if (Number.isNaN(at.getTime())) return undefined;
  const decimals = (fraction ?? "").replace(/0+$/, "");
  return `${at.toISOString().slice(0, 19)}${decimals === "" ? "" : `.${decimals}`}Z`;
}

/** Size that counts towards the limits: text two bytes a UTF-16 unit, binary its decoded length, others eight. */
export function edmBytes(value: EdmValue): number {
  if (value.type === "String") return value.value.length * 2;
  if (value.type === "Binary") return Buffer.byteLength(value.value, "base64");
  return 8;
}

/** Whether JSON alone does not tell the type, so that the answer must annotate it. */
export function needsAnnotation(value: EdmValue): boolean {
  if (value.type === "Double") return typeof value.value === "string" || Number.isInteger(value.value);
  return value.type !== "String" && value.type !== "Int32" && value.type !== "Boolean";
}

/** Negative, zero or positive as `left` is before, equal to or after `right`; undefined when they do not compare (E2). */
export function compareEdm(left: EdmValue, right: EdmValue): number | undefined {
  const kind = kindOf(left);
  if (kind !== kindOf(right)) return undefined;
  switch (kind) {
    case "number":
      return compareNumbers(left, right);
    case "DateTime":
      return order(instantKey(String(left.value)), instantKey(String(right.value)));
    case "Binary":
      return Buffer.compare(
        Buffer.from(String(left.value), "base64"),
        Buffer.from(String(right.value), "base64"),
      );
    case "Boolean":
      return Number(left.value) - Number(right.value);
    case "String":
    case "Guid":
      return order(String(left.value), String(right.value));
  }
}

function kindOf(value: EdmValue): "number" | "DateTime" | "Binary" | "Boolean" | "String" | "Guid" {
  if (value.type === "Int32" || value.type === "Int64" || value.type === "Double") return "number";
  return value.type;
}

function compareNumbers(left: EdmValue, right: EdmValue): number | undefined {
  const a = numberOf(left);
  const b = numberOf(right);
  if (a !== a || b !== b) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function numberOf(value: EdmValue): number | bigint {
  return value.type === "Int64" ? BigInt(value.value) : Number(value.value);
}

/** Makes normalised instants comparable as text. */
function instantKey(text: string): string {
  return `${text.slice(0, 19)}.${text.slice(20, -1).padEnd(7, "0")}`;
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
