/** Owns: Put Block, Put Block List, Get Block List. Must not: store. */
import { requireGrant } from "../auth/grant";
import { invalidQueryValue, StorageError } from "../http/storageError";
import { readBody } from "../http/requestBody";
import { headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import { parseFlatList } from "../http/xml";
import { blobNotFound, md5Mismatch } from "./blobError";
import { conditionsOf, contentHeadersOf, metadataOf } from "./blobHeaders";
import { versionHeaders } from "./blobRow";
import type { AddressedCall, BlobRoutes } from "./blobService";
import type { ListedBlock } from "./blockStore";
import { checkConditions } from "./conditions";
import { blockListXml } from "./listingXml";
import { blobCall, receiveBody, written } from "./writeRoutes";
import { createHash } from "node:crypto";

const MAX_BLOCK_BYTES = 4_000 * 1024 * 1024;
const MAX_BLOCKS = 50_000;
const MAX_LIST_BYTES = 8 * 1024 * 1024;

export async function answerBlockWrite(
  routes: BlobRoutes,
  call: AddressedCall,
  operation: "PUT block" | "PUT blocklist",
): Promise<StorageReply> {
  requireGrant(call.grant, { service: "b", type: "o", anyOf: operation === "PUT block" ? "w" : "cw" });
  return operation === "PUT block" ? putBlock(routes, call) : putBlockList(routes, call);
}

async function putBlock(
  routes: BlobRoutes,
  { request, container, name }: AddressedCall,
): Promise<StorageReply> {
  const id = blockIdOf(request.query.get("blockid") ?? "");
  routes.containers.get(container);
  const body = await receiveBody(routes, request, MAX_BLOCK_BYTES);
  await routes.blocks.stage(container, name, id, body);
  return { status: 201, headers: { "Content-MD5": body.md5, "x-ms-request-server-encrypted": "false" } };
}

function blockIdOf(id: string): string {
  const length = Buffer.byteLength(id, "base64");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(id) || length === 0 || length > 64)
    throw invalidQueryValue("blockid", id);
  return id;
}

async function putBlockList(routes: BlobRoutes, call: AddressedCall): Promise<StorageReply> {
  const { request } = call;
  const body = await readBody(request.body, MAX_LIST_BYTES);
  const claimed = headerOf(request.headers, "content-md5");
  if (claimed !== undefined && claimed !== createHash("md5").update(body).digest("base64"))
    throw md5Mismatch();
  const made = { metadata: metadataOf(request), headers: contentHeadersOf(request, false) };
  const blob = await routes.blocks.commit(blobCall(call), made, parseBlockList(body.toString("utf8")));
  return written(blob, {});
}

function parseBlockList(xml: string): readonly ListedBlock[] {
  const found = parseFlatList(xml, "BlockList");
  if (found === undefined)
    throw new StorageError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.");
  if (found.length > MAX_BLOCKS)
    throw new StorageError(
      400,
      "BlockListTooLong",
      "The block list may not contain more than 50,000 blocks.",
    );
  return found.map(({ name, text }) => {
    if (name === "Latest" || name === "Committed" || name === "Uncommitted") return { from: name, id: text };
    throw new StorageError(400, "InvalidXmlNodeValue", `The XML element ${name} is not one of a block list.`);
  });
}

export function answerBlockRead(routes: BlobRoutes, call: AddressedCall): StorageReply {
  const { request, grant, container, name } = call;
  requireGrant(grant, { service: "b", type: "o", anyOf: "r" });
  const kind = kindOf(request);
  const row = routes.containers.get(container);
  const blob = routes.blobs.find(row, name);
  const staged = routes.blocks.staged(row, name);
  if (blob === undefined && staged.length === 0) throw blobNotFound();
  if (blob !== undefined) checkConditions(conditionsOf(request), blob, "read");
  const committed = blob === undefined ? [] : routes.blocks.committed(blob);
  const body = blockListXml({
    committed: kind === "uncommitted" ? undefined : committed,
    uncommitted: kind === "committed" ? undefined : staged,
  });
  const version =
    blob === undefined ? {} : { ...versionHeaders(blob), "x-ms-blob-content-length": String(blob.size) };
  return { status: 200, headers: { ...version, "Content-Type": "application/xml" }, body };
}

function kindOf(request: StorageRequest): "all" | "committed" | "uncommitted" {
  const kind = (request.query.get("blocklisttype") ?? "committed").toLowerCase();
  if (kind === "all" || kind === "committed" || kind === "uncommitted") return kind;
  throw invalidQueryValue("blocklisttype", kind);
}
