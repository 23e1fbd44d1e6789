/** Owns: the calls on containers and the lists. Must not: store. */
import { requireGrant, type Grant, type Needed } from "../auth/grant";
import { invalidQueryValue, notServed } from "../http/storageError";
import { type StorageReply, type StorageRequest } from "../http/storageRequest";
import { conditionsOf, metadataOf } from "./blobHeaders";
import { metadataHeaders, versionHeaders } from "./blobRow";
import type { AddressedCall, BlobRoutes } from "./blobService";
import { checkConditions } from "./conditions";
import { listBlobs } from "./listing";
import { blobListXml, containerListXml, decodeMarker, type ListShown } from "./listingXml";

const XML = { "Content-Type": "application/xml" };
const MAX_RESULTS = 5_000;
/** What a list may be asked to include; those but `metadata` and `copy` name features without which nothing is left out. */
const INCLUDABLE = new Set([
  ...["metadata", "snapshots", "versions", "deleted", "deletedwithversions", "copy", "tags"],
  ...["immutabilitypolicy", "legalhold", "permissions", "system"],
]);

export async function answerContainer(
  routes: BlobRoutes,
  call: AddressedCall,
  operation: string,
): Promise<StorageReply> {
  const { request, grant, container } = call;
  if (request.query.get("restype") !== "container")
    throw notServed(`${operation} on a container without restype=container`);
  switch (operation) {
    case "PUT": {
      requireGrant(grant, { ...CONTAINER, anyOf: "cw" });
      const made = await routes.containers.create(container, metadataOf(request));
      return { status: 201, headers: versionHeaders(made) };
    }
    case "DELETE":
      requireGrant(grant, { ...CONTAINER, anyOf: "d" });
      await routes.containers.delete(container, conditionsOf(request));
      return { status: 202 };
    case "GET":
    case "HEAD":
      return answerProperties(routes, call);
    case "PUT metadata": {
      requireGrant(grant, { ...CONTAINER, anyOf: "w" });
      const conditions = { ...conditionsOf(request) };
      return {
        status: 200,
        headers: versionHeaders(
          await routes.containers.setMetadata(container, metadataOf(request), conditions),
        ),
      };
    }
    case "GET list":
      return answerBlobList(routes, call);
    default:
      throw notServed(`${operation} on a container`);
  }
}

const CONTAINER: Omit<Needed, "anyOf"> = { service: "b", type: "c", accountOnly: true };

function answerProperties(routes: BlobRoutes, { request, grant, container }: AddressedCall): StorageReply {
  requireGrant(grant, { ...CONTAINER, anyOf: "r" });
  const row = routes.containers.get(container);
  checkConditions(conditionsOf(request), row, "read");
  return {
    status: 200,
    headers: {
      ...versionHeaders(row),
      ...metadataHeaders(row.metadata),
      "x-ms-lease-status": "unlocked",
      "x-ms-lease-state": "available",
      "x-ms-has-immutability-policy": "false",
      "x-ms-has-legal-hold": "false",
    },
  };
}

function answerBlobList(routes: BlobRoutes, { request, grant, container }: AddressedCall): StorageReply {
  requireGrant(grant, { service: "b", type: "c", anyOf: "l" });
  const shown = listShown(routes, request);
  const query = {
    prefix: request.query.get("prefix") ?? "",
    delimiter: request.query.get("delimiter") ?? "",
    from: startOf(request),
    limit: shown.maxResults ?? MAX_RESULTS,
  };
  const row = routes.containers.get(container);
  return {
    status: 200,
    headers: XML,
    body: blobListXml(row, query, listBlobs(routes.rows, row, query), shown),
  };
}

export function answerContainerList(routes: BlobRoutes, request: StorageRequest, grant: Grant): StorageReply {
  requireGrant(grant, { service: "b", type: "s", anyOf: "l", accountOnly: true });
  const shown = listShown(routes, request);
  const prefix = request.query.get("prefix") ?? "";
  const limit = shown.maxResults ?? MAX_RESULTS;
  const found = routes.containers.list(prefix, startOf(request), limit + 1);
  const list = { containers: found.slice(0, limit), next: found[limit]?.name, prefix };
  return { status: 200, headers: XML, body: containerListXml(list, shown) };
}

function startOf(request: StorageRequest): string {
  const marker = request.query.get("marker") ?? "";
  const from = decodeMarker(marker);
  if (from === undefined) throw invalidQueryValue("marker", marker);
  return from;
}

function listShown(routes: BlobRoutes, request: StorageRequest): ListShown {
  const include = (request.query.get("include") ?? "")
    .toLowerCase()
    .split(",")
    .filter((name) => name !== "");
  for (const name of include) if (!INCLUDABLE.has(name)) throw notServed(`include=${name} of a list`);
  return {
    endpoint: routes.endpoint(),
    marker: request.query.get("marker") ?? "",
    maxResults: maxResultsOf(request),
    withMetadata: include.includes("metadata"),
    withCopy: include.includes("copy"),
  };
}

function maxResultsOf(request: StorageRequest): number | undefined {
  const text = request.query.get("maxresults");
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) < 1) throw invalidQueryValue("maxresults", text);
  return Math.min(Number(text), MAX_RESULTS);
}
