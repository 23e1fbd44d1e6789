/** Owns: Get Blob and Get Blob Properties. Must not: store. */
import { createHash } from "node:crypto";

import { requireGrant } from "../auth/grant";
import { invalidHeader } from "../http/storageError";
import { headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { blobNotFound } from "./blobError";
import { conditionsOf } from "./blobHeaders";
import { blobHeaders, type BlobRow } from "./blobRow";
import type { AddressedCall, BlobRoutes } from "./blobService";
import { parseRange, type ReadRange } from "./byteRange";
import { checkConditions } from "./conditions";

export async function answerBlobRead(routes: BlobRoutes, call: AddressedCall): Promise<StorageReply> {
  const { request, grant, container, name } = call;
  requireGrant(grant, { service: "b", type: "o", anyOf: "r" });
  const blob = routes.blobs.find(routes.containers.get(container), name);
  if (blob === undefined) throw blobNotFound();
  checkConditions(conditionsOf(request), blob, "read");
  const headers = { ...blobHeaders(blob), ...sasOverrides(request) };
  if (request.method === "HEAD")
    return { status: 200, headers: { ...headers, "Content-Length": String(blob.size) } };
  return answerBytes(routes, request, blob, headers);
}

async function answerBytes(
  routes: BlobRoutes,
  request: StorageRequest,
  blob: BlobRow,
  headers: Record<string, string>,
): Promise<StorageReply> {
  const range = parseRange(
    headerOf(request.headers, "x-ms-range") ?? headerOf(request.headers, "range"),
    blob.size,
  );
  if (range === undefined) {
    if (asksForMd5(request)) throw invalidHeader(MD5_HEADER, "true");
    if (blob.size === 0) return { status: 200, headers, body: "" };
    const body = routes.contents.read(blob.content, 0, blob.size - 1);
    return { status: 200, headers: { ...headers, "Content-Length": String(blob.size) }, body };
  }
  const { "Content-MD5": md5, ...rest } = headers;
  const body = routes.contents.read(blob.content, range.start, range.end);
  const digested = asksForMd5(request) ? await withMd5(range, body) : undefined;
  return {
    status: 206,
    headers: {
      ...rest,
      ...(md5 !== undefined && { "x-ms-blob-content-md5": md5 }),
      "Content-Length": String(range.end - range.start + 1),
      "Content-Range": `bytes ${range.start}-${range.end}/${blob.size}`,
      ...digested?.headers,
    },
    body: digested?.body ?? body,
  };
}

const MD5_HEADER = "x-ms-range-get-content-md5";
/** Longest range whose MD5 can be asked for, in bytes. */
const MAX_MD5_RANGE = 4 * 1024 * 1024;

function asksForMd5(request: StorageRequest): boolean {
  return headerOf(request.headers, MD5_HEADER)?.toLowerCase() === "true";
}

/** The one read that is held as a whole: its MD5 goes out before its bytes. */
async function withMd5(
  range: ReadRange,
  bytes: AsyncIterable<Buffer>,
): Promise<{ headers: Record<string, string>; body: Buffer }> {
  if (range.end - range.start >= MAX_MD5_RANGE) throw invalidHeader(MD5_HEADER, "true");
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part);
  const body = Buffer.concat(parts);
  return { headers: { "Content-MD5": createHash("md5").update(body).digest("base64") }, body };
}

/** A SAS may fix response headers. */
function sasOverrides(request: StorageRequest): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [parameter, header] of OVERRIDES) {
    const value = request.query.get(parameter);
    if (value !== undefined && request.query.has("sig")) overrides[header] = value;
  }
  return overrides;
}

const OVERRIDES = [
  ["rscc", "Cache-Control"],
  ["rscd", "Content-Disposition"],
  ["rsce", "Content-Encoding"],
  ["rscl", "Content-Language"],
  ["rsct", "Content-Type"],
] as const;
