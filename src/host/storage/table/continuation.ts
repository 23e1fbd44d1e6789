/** Owns: the opaque text of continuation tokens, in headers and query parameters. Pure. */
import { invalidQueryValue } from "../http/storageError";
import type { Query } from "../http/storageRequest";

interface Position {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export function continuation(next: Position): Record<string, string> {
  return {
    "x-ms-continuation-NextPartitionKey": encodeToken(next.partitionKey),
    "x-ms-continuation-NextRowKey": encodeToken(next.rowKey),
  };
}

export function readContinuation(query: Query): Position | undefined {
  const partitionKey = query.get("nextpartitionkey");
  const rowKey = query.get("nextrowkey");
  if (partitionKey === undefined && rowKey === undefined) return undefined;
  return {
    partitionKey: decodeToken("NextPartitionKey", partitionKey ?? ""),
    rowKey: decodeToken("NextRowKey", rowKey ?? ""),
  };
}

export function encodeToken(text: string): string {
  return `1!${Buffer.from(text, "utf16le").toString("base64url")}`;
}

export function decodeToken(name: string, token: string): string {
  if (token === "") return "";
  if (!/^1![A-Za-z0-9_-]*$/.test(token)) throw invalidQueryValue(name, token);
  return Buffer.from(token.slice(2), "base64url").toString("utf16le");
}
