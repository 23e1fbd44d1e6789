/** Owns: Get Blob and Get Blob Properties. Must not: store. */
import { requireGrant } from "../auth/grant";
import { headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { blobNotFound } from "./blobError";
import { conditionsOf } from "./blobHeaders";
import { blobHeaders, type BlobRow } from "./blobRow";
import type { AddressedCall, BlobRoutes } from "./blobService";
import { parseRange } from "./byteRange";
import { checkConditions } from "./conditions";

export function answerBlobRead(routes: BlobRoutes, call: AddressedCall): StorageReply {
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

function answerBytes(
  routes: BlobRoutes,
  request: StorageRequest,
  blob: BlobRow,
  headers: Record<string, string>,
): StorageReply {
  const range = parseRange(
    headerOf(request.headers, "x-ms-range") ?? headerOf(request.headers, "range"),
    blob.size,
  );
  if (range === undefined) {
    if (blob.size === 0) return { status: 200, headers, body: "" };
    const body = routes.contents.read(blob.content, 0, blob.size - 1);
    return { status: 200, headers: { ...headers, "Content-Length": String(blob.size) }, body };
  }
  const { "Content-MD5": md5, ...rest } = headers;
  return {
    status: 206,
    headers: {
      ...rest,
      ...(md5 !== undefined && { "x-ms-blob-content-md5": md5 }),
      "Content-Length": String(range.end - range.start + 1),
      "Content-Range": `bytes ${range.start}-${range.end}/${blob.size}`,
    },
    body: routes.contents.read(blob.content, range.start, range.end),
  };
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
