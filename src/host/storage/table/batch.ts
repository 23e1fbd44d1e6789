/**
 * Owns: the multipart form of an entity group transaction, in and out. Pure. Must not: apply changes.
 * Source: "Performing entity group transactions" of Azure's storage reference.
 */
import { invalidInput, notServed, StorageError } from "../http/storageError";

export interface BatchPart {
  readonly method: string;
  /** Absolute or relative URL as written. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Most changes that one transaction may hold. */
export const MAX_BATCH_PARTS = 100;

/** Cuts a batch body into its calls. */
export function parseBatch(contentType: string, body: string): readonly BatchPart[] {
  const outer = partsOf(body, boundaryOf(contentType));
  if (outer.length !== 1) throw invalidInput("A batch holds exactly one change set or one query.");
  const { headers, body: inner } = splitHead(outer[0] ?? "");
  const type = headers.get("content-type") ?? "";
  if (/^application\/http\b/i.test(type)) throw notServed("queries inside a batch");
  const parts = partsOf(inner, boundaryOf(type)).map(parsePart);
  if (parts.length === 0) throw invalidInput("The change set is empty.");
  if (parts.length > MAX_BATCH_PARTS)
    throw invalidInput("The batch request operation exceeds the maximum 100 changes per change set.");
  return parts;
}

function boundaryOf(contentType: string): string {
  const found = /^multipart\/mixed\s*;.*?boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw invalidInput("The content type must be multipart/mixed with a boundary.");
  return boundary;
}

function partsOf(body: string, boundary: string): readonly string[] {
  const pieces = `\r\n${body.replace(/\r?\n/g, "\r\n")}`.split(`\r\n--${boundary}`);
  const end = pieces.findIndex((piece, index) => index > 0 && piece.startsWith("--"));
  if (end < 0) throw invalidInput(`The multipart body is not closed by --${boundary}--.`);
  return pieces.slice(1, end).map((piece) => piece.replace(/^[ \t]*\r\n/, ""));
}

function splitHead(text: string): { headers: ReadonlyMap<string, string>; body: string } {
  const cut = text.indexOf("\r\n\r\n");
  const head = cut < 0 ? text : text.slice(0, cut);
  const headers = new Map<string, string>();
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: cut < 0 ? "" : text.slice(cut + 4) };
}

function parsePart(text: string): BatchPart {
  const call = splitHead(text).body.replace(/^(\r\n)+/, "");
  const end = call.indexOf("\r\n");
  const [, method, url] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(call.slice(0, end < 0 ? undefined : end)) ?? [];
  if (method === undefined || url === undefined)
    throw invalidInput("A part of the change set is not an HTTP call.");
  const { headers, body } = splitHead(call.slice(end + 2));
  return { method, url, headers, body: body.trim() };
}

export interface PartReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The multipart answer; a refused change set has one part, the refusal. */
export function renderBatch(id: string, parts: readonly PartReply[]): { contentType: string; body: string } {
  const changes = `changesetresponse_${id}`;
  const lines = [
    `--batchresponse_${id}`,
    `Content-Type: multipart/mixed; boundary=${changes}`,
    "",
    ...parts.flatMap((part) => renderPart(changes, part)),
    `--${changes}--`,
    `--batchresponse_${id}--`,
    "",
  ];
  return { contentType: `multipart/mixed; boundary=batchresponse_${id}`, body: lines.join("\r\n") };
}

const PHRASES: Readonly<Record<number, string>> = { 201: "Created", 204: "No Content" };

function renderPart(boundary: string, part: PartReply): readonly string[] {
  return [
    `--${boundary}`,
    "Content-Type: application/http",
    "Content-Transfer-Encoding: binary",
    "",
    `HTTP/1.1 ${part.status} ${PHRASES[part.status] ?? "Error"}`,
    ...Object.entries(part.headers).map(([name, value]) => `${name}: ${value}`),
    "",
    part.body,
  ];
}

/** Prefixes a refusal with the index of the change it belongs to, as Azure does. */
export function atIndex(index: number, error: StorageError): StorageError {
  return new StorageError(error.status, error.code, `${index}:${error.message}`, error.headers);
}
