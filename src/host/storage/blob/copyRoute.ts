/**
 * Owns: Copy Blob and Copy Blob From URL, within the account. Both are done when they are answered.
 * Must not: store, nor fetch from anywhere else.
 */
import { randomUUID } from "node:crypto";

import { allows } from "../auth/grant";
import { pathBelowAccount } from "../http/accountPath";
import { isLoopbackName } from "../http/loopbackGuard";
import { invalidHeader, notServed, StorageError } from "../http/storageError";
import { decodePath, parseQuery, type StorageReply, type StorageRequest } from "../http/storageRequest";
import type { ReceivedBody } from "../store/contentStore";
import { blobNotFound } from "./blobError";
import { metadataOf, sourceConditionsOf } from "./blobHeaders";
import { versionHeaders, type BlobRow } from "./blobRow";
import type { AddressedCall, BlobRoutes } from "./blobService";
import type { BlobCall } from "./blobStore";
import { checkConditions } from "./conditions";

export async function copyBlob(
  routes: BlobRoutes,
  call: AddressedCall,
  target: BlobCall,
  sourceUrl: string,
): Promise<StorageReply> {
  routes.blobs.precheck(target);
  const source = findSource(routes, call, sourceUrl);
  checkConditions(sourceConditionsOf(call.request), source, "copy");
  const given = metadataOf(call.request);
  const made = {
    metadata: Object.keys(given).length > 0 ? given : source.metadata,
    copy: { id: randomUUID(), source: sourceUrl.replace(/\?.*$/s, "") },
  };
  const blob = await routes.blobs.copy(target, source, made, await receiveSource(routes, source));
  return {
    status: 202,
    headers: { ...versionHeaders(blob), "x-ms-copy-id": made.copy.id, "x-ms-copy-status": "success" },
  };
}

function findSource(routes: BlobRoutes, call: AddressedCall, sourceUrl: string): BlobRow {
  const { resourcePath, query } = readSourceUrl(routes, sourceUrl);
  const path = decodePath(resourcePath);
  const cut = path.indexOf("/");
  if (cut < 0) throw invalidHeader("x-ms-copy-source", sourceUrl.replace(/\?.*$/s, ""));
  authoriseSource(routes, call, { ...call.request, ...sourceRequest(routes, resourcePath), query });
  const blob = routes.blobs.find(routes.containers.get(path.slice(0, cut)), path.slice(cut + 1));
  if (blob === undefined) throw blobNotFound();
  return blob;
}

function readSourceUrl(
  routes: BlobRoutes,
  sourceUrl: string,
): { resourcePath: string; query: StorageRequest["query"] } {
  const endpoint = new URL(routes.endpoint());
  const [, hostname = "", port = "80", path = "", query = ""] =
    /^http:\/\/([^/:?#]+)(?::(\d+))?(\/[^?#]*)(?:\?([^#]*))?$/i.exec(sourceUrl) ?? [];
  const isHere = port === endpoint.port && isLoopbackName(hostname);
  const resourcePath = pathBelowAccount(hostname, path, endpoint.pathname.slice(1), "blob");
  if (!isHere || resourcePath === undefined) throw notServed("copying from another account");
  return { resourcePath, query: parseQuery(query) };
}

function sourceRequest(
  routes: BlobRoutes,
  resourcePath: string,
): Pick<StorageRequest, "rawPath" | "resourcePath" | "headers"> {
  return { rawPath: `${new URL(routes.endpoint()).pathname}/${resourcePath}`, resourcePath, headers: {} };
}

/** The account key opens every source of the account; anybody else needs a SAS in the source's URL. */
function authoriseSource(routes: BlobRoutes, call: AddressedCall, source: StorageRequest): void {
  const grant = source.query.has("sig") ? routes.authenticate(source) : call.grant;
  const covers =
    grant === call.grant ? grant.kind === "owner" : allows(grant, "r") && grant.resourceTypes.includes("o");
  if (!covers)
    throw new StorageError(
      403,
      "CannotVerifyCopySource",
      "This request is not authorized to read the copy source.",
    );
}

async function receiveSource(routes: BlobRoutes, source: BlobRow): Promise<ReceivedBody> {
  const bytes = routes.contents.read(source.content, 0, source.size - 1);
  return routes.contents.receive(bytes, source.size, () => new Error("The copy source grew."));
}
