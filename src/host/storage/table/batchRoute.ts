/**
 * Owns: answering `$batch`: an entity group transaction. Must not: parse multipart; batch.ts does.
 *
 * Invariants:
 * B1. All changes of a batch take place, or none; a refusal names the index of the change that caused it.
 * B2. One table, one partition, at most 100 changes, at most one change for an entity.
 */
import { randomUUID } from "node:crypto";

import type { Grant } from "../auth/grant";
import { invalidInput, StorageError } from "../http/storageError";
import { decodePath, headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { atIndex, parseBatch, renderBatch, type BatchPart, type PartReply } from "./batch";
import { requireChange } from "./changeGrant";
import { entityPath, etagOf, type Entity } from "./entity";
import { renderTableError } from "./tableError";
import { parseAddress, parseChange, type TableChange } from "./tableChange";
import type { TableRoutes } from "./tableService";
import { FailedChange, type TableRow } from "./tableStore";

export async function answerBatch(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  body: string,
): Promise<StorageReply> {
  if (request.method !== "POST") throw invalidInput("A batch is posted.");
  const parts = await applyBatch(routes, request, grant, body);
  const { contentType, body: text } = renderBatch(randomUUID(), parts);
  return { status: 202, headers: { "Content-Type": contentType }, body: text };
}

async function applyBatch(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  body: string,
): Promise<readonly PartReply[]> {
  try {
    const parts = parseBatch(headerOf(request.headers, "content-type") ?? "", body);
    const changes = parts.map((part, index) => parseIndexed(routes, request, grant, part, index));
    checkTogether(changes);
    const table = routes.store.getTable(changes[0]?.table ?? "");
    const entities = await routes.store.apply(
      table,
      changes.map(({ change }) => change),
    );
    return entities.map((entity) => changeReply(routes, table, entity));
  } catch (error) {
    if (error instanceof FailedChange) return [refusal(atIndex(error.index, error.refusal), request)];
    if (error instanceof StorageError) return [refusal(error, request)];
    throw error;
  }
}

interface Addressed {
  readonly table: string;
  readonly change: TableChange;
}

function parseIndexed(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  part: BatchPart,
  index: number,
): Addressed {
  try {
    const address = parseAddress(pathOf(part.url, routes.account));
    if (address === undefined)
      throw invalidInput(`The address "${part.url.slice(0, 200)}" is not understood.`);
    const change = parseChange(part.method, address, part.headers.get("if-match"), part.body);
    requireChange(grant, change);
    requireTable(request, grant, address.table);
    return { table: address.table, change };
  } catch (error) {
    throw error instanceof StorageError ? atIndex(index, error) : error;
  }
}

/** The SAS of one table signs the batch by `tn`; its changes must not reach another table. */
function requireTable(request: StorageRequest, grant: Grant, table: string): void {
  if (grant.kind === "service" && table.toLowerCase() !== (request.query.get("tn") ?? "").toLowerCase())
    throw new StorageError(
      403,
      "AuthorizationFailure",
      "This request is not authorized to perform this operation.",
    );
}

function pathOf(url: string, account: string): string {
  const path = url.replace(/^https?:\/\/[^/]*/i, "").replace(/[?#].*$/s, "");
  const below = path.startsWith(`/${account}/`) ? path.slice(account.length + 2) : path.replace(/^\//, "");
  return decodePath(below);
}

function checkTogether(changes: readonly Addressed[]): void {
  const seen = new Set<string>();
  for (const [index, { table, change }] of changes.entries()) {
    if (table.toLowerCase() !== changes[0]?.table.toLowerCase())
      throw atIndex(index, invalidInput("All changes of a batch must be on one table."));
    if (change.partitionKey !== changes[0].change.partitionKey) throw atIndex(index, differentPartition());
    if (seen.has(change.rowKey)) throw atIndex(index, duplicateRow());
    seen.add(change.rowKey);
  }
}

function differentPartition(): StorageError {
  return new StorageError(
    400,
    "CommandsInBatchActOnDifferentPartitions",
    "All commands in a batch must operate on same entity group.",
  );
}

function duplicateRow(): StorageError {
  return new StorageError(
    400,
    "InvalidDuplicateRow",
    "The batch request contains multiple changes with same row key. An entity can appear only once in a batch request.",
  );
}

function changeReply(routes: TableRoutes, table: TableRow, entity: Entity | undefined): PartReply {
  const headers = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    DataServiceVersion: "3.0;",
  };
  if (entity === undefined) return { status: 204, headers, body: "" };
  const id = `${routes.endpoint()}/${entityPath(table.name, entity)}`;
  return {
    status: 204,
    headers: {
      ...headers,
      "Preference-Applied": "return-no-content",
      Location: id,
      DataServiceId: id,
      ETag: etagOf(entity),
    },
    body: "",
  };
}

function refusal(error: StorageError, request: StorageRequest): PartReply {
  const { contentType, body } = renderTableError(error, {
    requestId: request.requestId,
    at: request.receivedAt,
  });
  return {
    status: error.status,
    headers: { "Content-Type": contentType, "x-ms-error-code": error.code, DataServiceVersion: "3.0;" },
    body,
  };
}
