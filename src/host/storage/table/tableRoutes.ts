/**
 * Owns: the routes of the Table service: which call is which operation, what it needs, what it answers.
 * Must not: store; tableStore.ts does.
 */
import { coversKey, requireGrant, type Grant } from "../auth/grant";
import { invalidInput, notServed, permissionMismatch, StorageError } from "../http/storageError";
import { readBody } from "../http/requestBody";
import { decodePath, headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { checkParameters, formatOf, selectOf, topOf } from "./queryOptions";
import { answerBatch } from "./batchRoute";
import { entityPath, etagOf, renderEntity, type Entity } from "./entity";
import { parseFilter } from "./filter";
import { requireChange } from "./changeGrant";
import { parseAddress, parseChange, type EntityAddress, type TableChange } from "./tableChange";
import type { TableRoutes } from "./tableService";
import { FailedChange, type TableRow } from "./tableStore";
import { continuation, readContinuation } from "./continuation";
import { answerTables } from "./tablesRoute";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function routeTable(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
): Promise<StorageReply> {
  checkParameters(request);
  const path = decodePath(request.resourcePath);
  if (path === "") throw notServed(`${request.method} on the account of the Table service`);
  if (path === "$batch") return answerBatch(routes, request, grant, await readText(request));
  if (/^Tables\b/i.test(path)) return answerTables(routes, request, grant, path, await readText(request));
  if (path === "$metadata") throw notServed("the metadata document of the Table service");
  const address = parseAddress(path);
  if (address === undefined) throw invalidInput(`The address "${path.slice(0, 200)}" is not understood.`);
  if (request.query.has("comp")) throw notServed(`comp=${request.query.get("comp") ?? ""} of a table`);
  if (request.method === "GET") return answerRead(routes, request, grant, address);
  const change = parseChange(
    request.method,
    address,
    headerOf(request.headers, "if-match"),
    await readText(request),
  );
  requireChange(grant, change);
  return answerChange(routes, request, routes.store.getTable(address.table), change);
}

async function readText(request: StorageRequest): Promise<string> {
  return (await readBody(request.body, MAX_BODY_BYTES)).toString("utf8");
}

async function answerChange(
  routes: TableRoutes,
  request: StorageRequest,
  table: TableRow,
  change: TableChange,
): Promise<StorageReply> {
  const entity = await applyOne(routes, table, change);
  if (entity === undefined) return { status: 204 };
  if (change.kind !== "insert") return { status: 204, headers: { ETag: etagOf(entity) } };
  const headers = {
    ETag: etagOf(entity),
    Location: `${routes.endpoint()}/${entityPath(table.name, entity)}`,
  };
  if (/return-no-content/i.test(headerOf(request.headers, "prefer") ?? ""))
    return { status: 204, headers: { ...headers, "Preference-Applied": "return-no-content" } };
  const reply = entityReply(routes, request, table, entity, 201);
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

async function applyOne(
  routes: TableRoutes,
  table: TableRow,
  change: TableChange,
): Promise<Entity | undefined> {
  try {
    return (await routes.store.apply(table, [change]))[0];
  } catch (error) {
    throw error instanceof FailedChange ? error.refusal : error;
  }
}

function answerRead(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  address: EntityAddress,
): StorageReply {
  requireGrant(grant, { service: "t", type: "o", anyOf: "r" });
  const table = routes.store.getTable(address.table);
  if (address.key === undefined) return answerQuery(routes, request, grant, table);
  const { partitionKey, rowKey } = address.key;
  if (!coversKey(grant, partitionKey, rowKey)) throw permissionMismatch();
  const entity = routes.store.findEntity(table, partitionKey, rowKey);
  if (entity === undefined)
    throw new StorageError(404, "ResourceNotFound", "The specified resource does not exist.");
  return entityReply(routes, request, table, entity, 200);
}

function answerQuery(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  table: TableRow,
): StorageReply {
  const format = formatOf(request);
  const shown = { ...shownFor(routes, table), level: format.level, select: selectOf(request) };
  const page = routes.store.query(table, {
    filter: parseFilter(request.query.get("$filter") ?? ""),
    limit: topOf(request),
    from: readContinuation(request.query),
    visible: (entity) => coversKey(grant, entity.partitionKey, entity.rowKey),
  });
  const metadata = format.level === "nometadata" ? {} : { "odata.metadata": metadataUrl(routes, table) };
  const body = { ...metadata, value: page.entities.map((entity) => renderEntity(entity, shown)) };
  return {
    status: 200,
    headers: { "Content-Type": format.contentType, ...(page.next && continuation(page.next)) },
    body: JSON.stringify(body),
  };
}

function entityReply(
  routes: TableRoutes,
  request: StorageRequest,
  table: TableRow,
  entity: Entity,
  status: number,
): StorageReply {
  const format = formatOf(request);
  const shown = { ...shownFor(routes, table), level: format.level, select: selectOf(request) };
  const metadata =
    format.level === "nometadata" ? {} : { "odata.metadata": `${metadataUrl(routes, table)}/@Element` };
  return {
    status,
    headers: { "Content-Type": format.contentType, ETag: etagOf(entity) },
    body: JSON.stringify({ ...metadata, ...renderEntity(entity, shown) }),
  };
}

function shownFor(
  routes: TableRoutes,
  table: TableRow,
): { table: string; account: string; endpoint: string } {
  return { table: table.name, account: routes.account, endpoint: routes.endpoint() };
}

function metadataUrl(routes: TableRoutes, table: TableRow): string {
  return `${routes.endpoint()}/$metadata#${table.name}`;
}
