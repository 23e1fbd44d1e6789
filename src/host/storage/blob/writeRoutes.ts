/** Owns: the calls that write or delete a blob, blocks apart. Must not: store. */
import { allows, requireGrant } from "../auth/grant";
import { invalidHeader, missingHeader, notServed, StorageError } from "../http/storageError";
import { headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { INLINE_LIMIT, type ReceivedBody } from "../store/contentStore";
import { bodyTooLarge, md5Mismatch } from "./blobError";
import { bytesHeader, conditionsOf, contentHeadersOf, metadataOf } from "./blobHeaders";
import { versionHeaders } from "./blobRow";
import { copyBlob } from "./copyRoute";
import type { AddressedCall, BlobRoutes } from "./blobService";
import type { BlobCall, NewBlob } from "./blobStore";

const MAX_PUT_BYTES = 5_000 * 1024 * 1024;
const MAX_APPEND_BYTES = 100 * 1024 * 1024;

export async function answerBlobWrite(
  routes: BlobRoutes,
  call: AddressedCall,
  operation: "PUT" | "PUT appendblock" | "PUT metadata" | "PUT properties" | "DELETE",
): Promise<StorageReply> {
  switch (operation) {
    case "PUT":
      return putBlob(routes, call);
    case "PUT appendblock":
      return appendBlock(routes, call);
    case "PUT metadata":
      requireGrant(call.grant, { service: "b", type: "o", anyOf: "w" });
      return updated(await routes.blobs.update(blobCall(call), { metadata: metadataOf(call.request) }));
    case "PUT properties":
      requireGrant(call.grant, { service: "b", type: "o", anyOf: "w" });
      return updated(
        await routes.blobs.update(blobCall(call), { headers: contentHeadersOf(call.request, false) }),
      );
    case "DELETE":
      return deleteBlob(routes, call);
  }
}

/** What the store needs to know about a call. */
export function blobCall({ request, grant, container, name }: AddressedCall): BlobCall {
  return {
    container,
    name,
    conditions: conditionsOf(request),
    mayReplace: allows(grant, "w"),
    requestId: request.requestId,
    clientRequestId: request.clientRequestId,
  };
}

async function putBlob(routes: BlobRoutes, call: AddressedCall): Promise<StorageReply> {
  const { request, grant } = call;
  requireGrant(grant, { service: "b", type: "o", anyOf: "cw" });
  const source = headerOf(request.headers, "x-ms-copy-source");
  const type = headerOf(request.headers, "x-ms-blob-type");
  if (source !== undefined && type !== undefined) throw notServed("Put Blob From URL");
  if (source !== undefined) return copyBlob(routes, call, blobCall(call), source);
  if (type === undefined) throw missingHeader("x-ms-blob-type");
  const made = { metadata: metadataOf(request), headers: contentHeadersOf(request, true) };
  if (type === "AppendBlob") return createAppend(routes, call, made);
  if (type !== "BlockBlob")
    throw type === "PageBlob" ? notServed("page blobs") : invalidHeader("x-ms-blob-type", type);
  if ((bytesHeader(request, "content-length") ?? 0) > INLINE_LIMIT) routes.blobs.precheck(blobCall(call));
  const body = await receiveBody(routes, request, MAX_PUT_BYTES);
  await checkMd5(routes, body, made.headers.contentMd5);
  const headers = { ...made.headers, contentMd5: body.md5 };
  const blob = await routes.blobs.putBlock(blobCall(call), { ...made, headers }, body);
  return written(blob, { "Content-MD5": body.md5 });
}

async function createAppend(routes: BlobRoutes, call: AddressedCall, made: NewBlob): Promise<StorageReply> {
  if (bytesHeader(call.request, "content-length") !== 0)
    throw invalidHeader("Content-Length", headerOf(call.request.headers, "content-length") ?? "");
  return written(await routes.blobs.createAppend(blobCall(call), made), {});
}

async function appendBlock(routes: BlobRoutes, call: AddressedCall): Promise<StorageReply> {
  const { request, grant } = call;
  requireGrant(grant, { service: "b", type: "o", anyOf: "aw" });
  const body = await receiveBody(routes, request, MAX_APPEND_BYTES);
  if (body.size === 0) throw invalidHeader("Content-Length", "0");
  const { blob, offset } = await routes.blobs.append(blobCall(call), body, {
    position: bytesHeader(request, "x-ms-blob-condition-appendpos"),
    maxSize: bytesHeader(request, "x-ms-blob-condition-maxsize"),
  });
  return written(blob, {
    "Content-MD5": body.md5,
    "x-ms-blob-append-offset": String(offset),
    "x-ms-blob-committed-block-count": blob.type === "AppendBlob" ? String(blob.appendedBlocks) : "0",
  });
}

async function deleteBlob(routes: BlobRoutes, call: AddressedCall): Promise<StorageReply> {
  requireGrant(call.grant, { service: "b", type: "o", anyOf: "d" });
  const snapshots = headerOf(call.request.headers, "x-ms-delete-snapshots");
  if (snapshots !== undefined && snapshots !== "include")
    throw notServed(`x-ms-delete-snapshots: ${snapshots}`);
  await routes.blobs.delete(blobCall(call));
  return { status: 202, headers: { "x-ms-delete-type-permanent": "true" } };
}

/** Receives a body whose length must be announced, and checks its Content-MD5. */
export async function receiveBody(
  routes: BlobRoutes,
  request: StorageRequest,
  limit: number,
): Promise<ReceivedBody> {
  const length = bytesHeader(request, "content-length");
  if (length === undefined)
    throw new StorageError(411, "MissingContentLengthHeader", "The Content-Length header was not specified.");
  if (length > limit) throw bodyTooLarge(limit);
  checkMd5Form(request);
  const body =
    length <= INLINE_LIMIT
      ? await routes.contents.receiveInline(request.body, length)
      : await routes.contents.receive(request.body, limit, () => bodyTooLarge(limit));
  await checkMd5(routes, body, headerOf(request.headers, "content-md5"));
  return body;
}

/** A claimed MD5 must be one before the body is read. */
function checkMd5Form(request: StorageRequest): void {
  for (const name of ["content-md5", "x-ms-blob-content-md5"]) {
    const claimed = headerOf(request.headers, name);
    if (claimed !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(claimed))
      throw new StorageError(
        400,
        "InvalidMd5",
        "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded.",
      );
  }
}

async function checkMd5(routes: BlobRoutes, body: ReceivedBody, claimed: string | undefined): Promise<void> {
  if (claimed === undefined || claimed === body.md5) return;
  await routes.contents.discard(body);
  throw md5Mismatch();
}

function updated(row: { etag: string; modifiedAt: number }): StorageReply {
  return { status: 200, headers: versionHeaders(row) };
}

export function written(
  row: { etag: string; modifiedAt: number },
  more: Record<string, string>,
): StorageReply {
  return {
    status: 201,
    headers: { ...versionHeaders(row), ...more, "x-ms-request-server-encrypted": "false" },
  };
}
