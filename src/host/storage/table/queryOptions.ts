/**
 * Owns: reading the query options and the answer format of a Table call. Pure.
 *
 * Invariants:
 * Q1. A query parameter or format that is not served is refused, never ignored.
 */
import { invalidQueryValue, notServed, StorageError } from "../http/storageError";
import { headerOf, type StorageRequest } from "../http/storageRequest";
import type { MetadataLevel } from "./entity";

const SERVED = new Set([
  ...["$filter", "$select", "$top", "$format", "timeout", "comp", "restype"],
  ...["nextpartitionkey", "nextrowkey", "nexttablename"],
  ...["sv", "ss", "srt", "sp", "st", "se", "sip", "spr", "sig", "tn", "spk", "srk", "epk", "erk"],
]);

const MAX_PAGE = 1_000;

export function checkParameters(request: StorageRequest): void {
  for (const name of request.query.keys())
    if (!SERVED.has(name)) throw notServed(`the query parameter ${name} of the Table service`);
}

/** Entities to return at most; 1,000 when the caller names none. */
export function topOf(request: StorageRequest): number {
  const text = request.query.get("$top");
  if (text === undefined) return MAX_PAGE;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1 || top > MAX_PAGE) throw invalidQueryValue("$top", text);
  return top;
}

export function selectOf(request: StorageRequest): ReadonlySet<string> | undefined {
  const names = (request.query.get("$select") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names.length === 0 || names.includes("*") ? undefined : new Set(names);
}

export interface AnswerFormat {
  readonly level: MetadataLevel;
  readonly contentType: string;
}

/** `$format` wins over `Accept`; without either, minimal metadata. Atom is not served. */
export function formatOf(request: StorageRequest): AnswerFormat {
  const wanted = (request.query.get("$format") ?? headerOf(request.headers, "accept") ?? "").toLowerCase();
  if (/atom|application\/xml/.test(wanted) && !wanted.includes("json"))
    throw new StorageError(415, "AtomFormatNotSupported", "Atom format is not supported.");
  const level = levelIn(wanted);
  return { level, contentType: `application/json;odata=${level};streaming=true;charset=utf-8` };
}

function levelIn(wanted: string): MetadataLevel {
  if (wanted.includes("odata=fullmetadata")) return "fullmetadata";
  if (wanted.includes("odata=nometadata")) return "nometadata";
  return "minimalmetadata";
}
