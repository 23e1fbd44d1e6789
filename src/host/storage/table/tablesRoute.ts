/** Owns: creating, listing and deleting tables. Must not: touch entities. */
import { requireGrant, type Grant } from "../auth/grant";
import { invalidInput, notServed, StorageError } from "../http/storageError";
import { headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { decodeToken, encodeToken } from "./continuation";
import type { EdmValue } from "./edm";
import { matchesFilter, parseFilter } from "./filter";
import { formatOf, topOf, type AnswerFormat } from "./queryOptions";
import type { TableRoutes } from "./tableService";
import type { TableRow } from "./tableStore";

export async function answerTables(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  path: string,
  body: string,
): Promise<StorageReply> {
  const named = /^Tables(?:\(\))?$|^Tables\('((?:[^']|'')*)'\)$/i.exec(path);
  if (named === null) throw invalidInput(`The address "${path.slice(0, 200)}" is not understood.`);
  const name = named[1];
  if (request.method === "POST" && name === undefined) return createTable(routes, request, grant, body);
  if (request.method === "GET" && name === undefined) return listTables(routes, request, grant);
  if (request.method !== "DELETE" || name === undefined) throw notServed(`${request.method} on ${path}`);
  requireGrant(grant, { service: "t", type: "c", anyOf: "d", accountOnly: true });
  await routes.store.deleteTable(name);
  return { status: 204 };
}

async function createTable(
  routes: TableRoutes,
  request: StorageRequest,
  grant: Grant,
  body: string,
): Promise<StorageReply> {
  requireGrant(grant, { service: "t", type: "c", anyOf: "cw", accountOnly: true });
  const name = tableNameIn(body);
  await routes.store.createTable(name);
  const headers = { Location: `${routes.endpoint()}/Tables('${name}')` };
  if (/return-no-content/i.test(headerOf(request.headers, "prefer") ?? ""))
    return { status: 204, headers: { ...headers, "Preference-Applied": "return-no-content" } };
  const format = formatOf(request);
  const shown = {
    ...metadata(routes, format, "$metadata#Tables/@Element"),
    ...renderTable(routes, format, name),
  };
  return {
    status: 201,
    headers: { ...headers, "Content-Type": format.contentType },
    body: JSON.stringify(shown),
  };
}

function tableNameIn(body: string): string {
  let name: unknown;
  try {
    name = (JSON.parse(body) as { TableName?: unknown } | null)?.TableName;
  } catch {
    throw invalidInput("The body is not valid JSON.");
  }
  if (typeof name !== "string")
    throw new StorageError(
      400,
      "PropertiesNeedValue",
      "The values are not specified for all properties in the entity.",
    );
  if (name.length < 3 || name.length > 63)
    throw new StorageError(
      400,
      "OutOfRangeInput",
      "The specified resource name length is not within the permissible limits.",
    );
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || name.toLowerCase() === "tables")
    throw new StorageError(
      400,
      "InvalidResourceName",
      "The specified resource name contains invalid characters.",
    );
  return name;
}

function listTables(routes: TableRoutes, request: StorageRequest, grant: Grant): StorageReply {
  requireGrant(grant, { service: "t", type: "c", anyOf: "l", accountOnly: true });
  const format = formatOf(request);
  const matches = tableFilter(request.query.get("$filter") ?? "");
  const token = request.query.get("nexttablename");
  const from = token === undefined ? undefined : decodeToken("NextTableName", token);
  const top = topOf(request);
  const found = routes.store.listTables(from, Number.MAX_SAFE_INTEGER).filter(matches);
  const next = found[top];
  return {
    status: 200,
    headers: {
      "Content-Type": format.contentType,
      ...(next && { "x-ms-continuation-NextTableName": encodeToken(next.name.toLowerCase()) }),
    },
    body: JSON.stringify({
      ...metadata(routes, format, "$metadata#Tables"),
      value: found.slice(0, top).map((table) => renderTable(routes, format, table.name)),
    }),
  };
}

/** A table is asked as an entity with the one property TableName. */
function tableFilter(text: string): (table: TableRow) => boolean {
  const filter = parseFilter(text);
  if (filter === undefined) return () => true;
  return (table) => {
    const value: EdmValue = { type: "String", value: table.name };
    return matchesFilter(filter, {
      partitionKey: "",
      rowKey: "",
      timestamp: "",
      properties: { TableName: value },
    });
  };
}

function metadata(routes: TableRoutes, format: AnswerFormat, path: string): Record<string, string> {
  return format.level === "nometadata" ? {} : { "odata.metadata": `${routes.endpoint()}/${path}` };
}

function renderTable(routes: TableRoutes, format: AnswerFormat, name: string): Record<string, string> {
  if (format.level !== "fullmetadata") return { TableName: name };
  const link = `Tables('${name}')`;
  return {
    "odata.type": `${routes.account}.Tables`,
    "odata.id": `${routes.endpoint()}/${link}`,
    "odata.editLink": link,
    TableName: name,
  };
}
