/**
 * Owns: reading what a Blob call says in its headers. Pure.
 *
 * Invariants:
 * X1. An `x-ms-` header or query parameter that is not served is refused with 501, never ignored.
 */
import { invalidHeader, notServed, StorageError } from "../http/storageError";
import { headerOf, type StorageRequest } from "../http/storageRequest";
import type { ContentHeaders, Metadata } from "./blobRow";
import type { Conditions } from "./conditions";

const SERVED_HEADERS = new Set([
  ...[
    "x-ms-date",
    "x-ms-version",
    "x-ms-client-request-id",
    "x-ms-return-client-request-id",
    "x-ms-useragent",
  ],
  ...["x-ms-blob-type", "x-ms-blob-cache-control", "x-ms-blob-content-type", "x-ms-blob-content-encoding"],
  ...["x-ms-blob-content-language", "x-ms-blob-content-md5", "x-ms-blob-content-disposition", "x-ms-range"],
  ...["x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize", "x-ms-delete-snapshots"],
  ...["x-ms-copy-source", "x-ms-requires-sync", "x-ms-range-get-content-md5"],
  ...["x-ms-source-if-match", "x-ms-source-if-none-match"],
  ...["x-ms-source-if-modified-since", "x-ms-source-if-unmodified-since"],
]);

const SERVED_PARAMETERS = new Set([
  ...["restype", "comp", "timeout", "prefix", "delimiter", "marker", "maxresults", "include", "blockid"],
  ...["blocklisttype", "sv", "ss", "srt", "sp", "st", "se", "sip", "spr", "sig", "sr"],
  ...["rscc", "rscd", "rsce", "rscl", "rsct"],
]);

export function refuseUnserved(request: StorageRequest): void {
  for (const name of Object.keys(request.headers))
    if (name.startsWith("x-ms-") && !name.startsWith("x-ms-meta-") && !SERVED_HEADERS.has(name))
      throw notServed(`the header ${name} of the Blob service`);
  for (const name of request.query.keys())
    if (!SERVED_PARAMETERS.has(name)) throw notServed(`the query parameter ${name} of the Blob service`);
}

export function conditionsOf(request: StorageRequest): Conditions {
  return conditionsNamed(request, "");
}

/** What the source of a copy must meet. */
export function sourceConditionsOf(request: StorageRequest): Conditions {
  return conditionsNamed(request, "x-ms-source-");
}

function conditionsNamed(request: StorageRequest, prefix: "" | "x-ms-source-"): Conditions {
  return {
    ifMatch: headerOf(request.headers, `${prefix}if-match`),
    ifNoneMatch: headerOf(request.headers, `${prefix}if-none-match`),
    ifModifiedSince: dateOf(request, `${prefix}if-modified-since`),
    ifUnmodifiedSince: dateOf(request, `${prefix}if-unmodified-since`),
  };
}

function dateOf(request: StorageRequest, name: string): number | undefined {
  const text = headerOf(request.headers, name);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw invalidHeader(name, text);
  return at;
}

/** Metadata in the caller's casing. */
export function metadataOf(request: StorageRequest): Metadata {
  const metadata: Record<string, string> = {};
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const [header = "", value = ""] = request.rawHeaders.slice(index, index + 2);
    if (!header.toLowerCase().startsWith("x-ms-meta-")) continue;
    const name = header.slice("x-ms-meta-".length);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new StorageError(
        400,
        "InvalidMetadata",
        `The metadata name "${name}" is not a valid C# identifier.`,
      );
    metadata[name] = value;
  }
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes > 8 * 1024)
    throw new StorageError(
      400,
      "MetadataTooLarge",
      "The size of the specified metadata exceeds the limit of 8 KB.",
    );
  return metadata;
}

/**
 * The headers a blob is to store. Put Blob takes the plain headers where it lacks the `x-ms-blob-` ones; the calls whose
 * body is not the blob (Put Block List, Set Blob Properties) do not.
 */
export function contentHeadersOf(request: StorageRequest, bodyIsBlob: boolean): ContentHeaders {
  const text = (name: string): string | undefined => {
    const plain = name === "cache-control" || !bodyIsBlob ? undefined : headerOf(request.headers, name);
    return headerOf(request.headers, `x-ms-blob-${name}`) ?? plain;
  };
  const [contentEncoding, contentLanguage] = [text("content-encoding"), text("content-language")];
  const [contentDisposition, cacheControl] = [text("content-disposition"), text("cache-control")];
  const contentMd5 = headerOf(request.headers, "x-ms-blob-content-md5");
  return {
    contentType: text("content-type") ?? "application/octet-stream",
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(contentLanguage !== undefined && { contentLanguage }),
    ...(contentDisposition !== undefined && { contentDisposition }),
    ...(cacheControl !== undefined && { cacheControl }),
    ...(contentMd5 !== undefined && { contentMd5 }),
  };
}

/** A header that holds a whole number of bytes. */
export function bytesHeader(request: StorageRequest, name: string): number | undefined {
  const text = headerOf(request.headers, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidHeader(name, text);
  return Number(text);
}
