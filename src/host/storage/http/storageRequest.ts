/**
 * Owns: what one call looks like once its envelope is parsed, and what an answer looks like before it is sent.
 * Must not: know Table or Blob routes.
 */
import type { IncomingHttpHeaders } from "node:http";

import type { RequestBody } from "./requestBody";
import { StorageError } from "./storageError";

export interface StorageRequest {
  readonly method: string;
  /** Path as received, percent-encoded, with the account. */
  readonly rawPath: string;
  /** Path below the account, percent-encoded, without its first slash. */
  readonly resourcePath: string;
  readonly query: Query;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, in the caller's casing. */
  readonly rawHeaders: readonly string[];
  readonly body: RequestBody;
  readonly requestId: string;
  readonly clientRequestId: string | undefined;
  readonly remoteAddress: string;
  readonly receivedAt: number;
}

export interface StorageReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
}

/** Query parameters by lower-case name, decoded. */
export type Query = ReadonlyMap<string, string>;

/** A plus sign means a space, except in `sig`, which people paste unencoded. */
export function parseQuery(text: string): Query {
  const query = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const cut = pair.indexOf("=");
    const name = decodePart(cut < 0 ? pair : pair.slice(0, cut)).toLowerCase();
    const raw = cut < 0 ? "" : pair.slice(cut + 1);
    if (query.has(name)) throw badQuery(`The query parameter ${name} is given twice.`);
    query.set(name, decodePart(name === "sig" ? raw : raw.replaceAll("+", " ")));
  }
  return query;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badQuery("The URI is not percent-encoded correctly.");
  }
}

function badQuery(message: string): StorageError {
  return new StorageError(400, "InvalidUri", message);
}

/** Decodes one path part or refuses the call. */
export function decodePath(text: string): string {
  return decodePart(text);
}

/** A header as one string; several of the same name are joined as HTTP says. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}
