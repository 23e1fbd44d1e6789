/**
 * Owns: who is calling: every call is signed with the account key, directly or through a SAS. There is no anonymous
 * access and no other credential. Must not: know routes; it returns a grant, the route asks the grant.
 *
 * Invariants:
 * A1. Signatures are compared in constant time.
 * A2. A SAS parameter that changes what a SAS means and is not honoured here is refused, never ignored.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

import { authenticationFailed, notServed, StorageError } from "../http/storageError";
import { decodePath, headerOf, type StorageRequest } from "../http/storageRequest";
import { accountGrant, OWNER, serviceGrant, type Grant } from "./grant";
import {
  accountSasText,
  blobSasText,
  OLDEST_SAS_VERSION,
  sharedKeyLiteText,
  sharedKeyText,
  tableSasText,
  type SignedCall,
  type SignedService,
} from "./stringToSign";

export interface Account {
  readonly name: string;
  /** Decoded account key. */
  readonly key: Buffer;
}

/** How far the date of a Shared Key call may be off, in milliseconds. */
const CLOCK_SKEW_MS = 15 * 60_000;

export function authenticate(service: SignedService, account: Account, request: StorageRequest): Grant {
  const authorization = headerOf(request.headers, "authorization");
  if (authorization !== undefined) return checkSharedKey(service, account, request, authorization);
  if (request.query.has("sig")) return checkSas(service, account, request);
  throw new StorageError(
    401,
    "NoAuthenticationInformation",
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    { "www-authenticate": "SharedKey" },
  );
}

function checkSharedKey(
  service: SignedService,
  account: Account,
  request: StorageRequest,
  given: string,
): Grant {
  const parsed = /^(SharedKey|SharedKeyLite) ([^:]+):(\S+)$/.exec(given);
  if (parsed === null) {
    if (given.startsWith("Bearer ")) throw notServed("bearer tokens; sign with the account key or a SAS");
    throw new StorageError(
      400,
      "InvalidAuthenticationInfo",
      "Authentication information is not given in the correct format. Check the value of Authorization header.",
    );
  }
  const [, scheme, name, signature] = parsed;
  if (name !== account.name) throw authenticationFailed("The account name does not match.");
  checkDate(request);
  const call = signedCall(request);
  const text =
    scheme === "SharedKey"
      ? sharedKeyText(service, account.name, call)
      : sharedKeyLiteText(service, account.name, call);
  if (!matches(account, text, signature ?? "")) throw authenticationFailed("The signature does not match.");
  return OWNER;
}

function checkDate(request: StorageRequest): void {
  const text = headerOf(request.headers, "x-ms-date") ?? headerOf(request.headers, "date");
  const at = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(at)) throw authenticationFailed("The request carries no valid date.");
  if (Math.abs(request.receivedAt - at) > CLOCK_SKEW_MS)
    throw authenticationFailed(`The date in the request (${text ?? ""}) is more than 15 minutes off.`);
}

function signedCall(request: StorageRequest): SignedCall {
  return {
    method: request.method,
    rawPath: request.rawPath,
    query: request.query,
    header: (name) => headerOf(request.headers, name),
    msHeaders: Object.keys(request.headers).filter((name) => name.startsWith("x-ms-")),
  };
}

function checkSas(service: SignedService, account: Account, request: StorageRequest): Grant {
  const { query } = request;
  const version = query.get("sv") ?? "";
  if (!/^\d{4}-\d\d-\d\d$/.test(version)) throw authenticationFailed("sv is missing or malformed.");
  if (version < OLDEST_SAS_VERSION) throw notServed(`a SAS of version ${version}`);
  refuseUnservedSas(query);
  const grant = query.has("ss") ? accountSas(account, request) : serviceSas(service, account, request);
  checkWindow(request);
  checkProtocolAndAddress(request);
  return grant;
}

function refuseUnservedSas(query: StorageRequest["query"]): void {
  if (query.has("si")) throw notServed("a SAS that refers to a stored access policy (si)");
  if (query.has("skoid")) throw notServed("a user delegation SAS (skoid)");
  if (query.has("ses")) throw notServed("a SAS with an encryption scope (ses)");
  if (query.has("sdd")) throw notServed("a directory SAS (sdd)");
}

function accountSas(account: Account, request: StorageRequest): Grant {
  if (!matches(account, accountSasText(account.name, request.query), request.query.get("sig") ?? ""))
    throw authenticationFailed("The signature of the SAS does not match.");
  return accountGrant(request.query);
}

function serviceSas(service: SignedService, account: Account, request: StorageRequest): Grant {
  const candidates = service === "blob" ? blobResources(account, request) : [tableResource(account, request)];
  const signature = request.query.get("sig") ?? "";
  for (const resource of candidates) {
    const text =
      service === "blob" ? blobSasText(resource, request.query) : tableSasText(resource, request.query);
    if (matches(account, text, signature)) return serviceGrant(service, request.query);
  }
  throw authenticationFailed("The signature of the SAS does not match.");
}

function blobResources(account: Account, request: StorageRequest): readonly string[] {
  const kind = request.query.get("sr");
  const path = decodePath(request.resourcePath);
  const container = path.split("/")[0] ?? "";
  if (kind === "c") return [`/blob/${account.name}/${container}`];
  if (kind === "b") return [`/blob/${account.name}/${path}`];
  if (kind === "bs" || kind === "bv") throw notServed("snapshots and versions (sr=bs, sr=bv)");
  throw authenticationFailed("sr is mandatory and must be b or c.");
}

function tableResource(account: Account, request: StorageRequest): string {
  const table = decodePath(request.resourcePath).split("(")[0] ?? "";
  const named = table === "$batch" || table === "" ? (request.query.get("tn") ?? "") : table;
  return `/table/${account.name}/${named.toLowerCase()}`;
}

function checkWindow(request: StorageRequest): void {
  const expiry = instantOf(request, "se");
  if (expiry === undefined) throw authenticationFailed("se is mandatory.");
  if (request.receivedAt >= expiry) throw authenticationFailed("The SAS has expired.");
  const start = instantOf(request, "st");
  if (start !== undefined && request.receivedAt < start)
    throw authenticationFailed("The SAS is not valid yet.");
}

function instantOf(request: StorageRequest, name: string): number | undefined {
  const text = request.query.get(name);
  if (text === undefined || text === "") return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw authenticationFailed(`${name} is not a valid instant.`);
  return at;
}

function checkProtocolAndAddress(request: StorageRequest): void {
  const protocol = request.query.get("spr");
  if (protocol !== undefined && !protocol.split(",").includes("http"))
    throw new StorageError(
      403,
      "AuthorizationProtocolMismatch",
      "This request is not authorized to perform this operation using this protocol.",
    );
  const addresses = request.query.get("sip");
  if (addresses !== undefined && !isWithin(request.remoteAddress, addresses))
    throw new StorageError(
      403,
      "AuthorizationSourceIPMismatch",
      "This request is not authorized to perform this operation using this source IP.",
    );
}

function isWithin(address: string, range: string): boolean {
  const [from, to] = range.split("-");
  const at = addressNumber(address);
  return at >= addressNumber(from ?? "") && at <= addressNumber(to ?? from ?? "");
}

function addressNumber(address: string): number {
  const parts = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  return parts === null ? Number.NaN : parts.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A1; the lengths of the digests are equal by construction. */
function matches(account: Account, text: string, signature: string): boolean {
  const expected = createHmac("sha256", account.key).update(text, "utf8").digest();
  const given = Buffer.from(signature, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
