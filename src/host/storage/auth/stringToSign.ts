/**
 * Owns: the texts that Azure Storage signs: Shared Key and Shared Key Lite for both services, account SAS and service
 * SAS. Pure. Source: "Authorize with Shared Key", "Create an account SAS" and "Create a service SAS" of Azure's
 * storage reference; vectors in the unit test.
 */
import type { Query } from "../http/storageRequest";
import { compareHeaderNames } from "./headerOrder";

/** The parts of a call that a signature covers. */
export interface SignedCall {
  readonly method: string;
  readonly rawPath: string;
  readonly query: Query;
  header(name: string): string | undefined;
  /** Names of all `x-ms-` headers, lower-case. */
  readonly msHeaders: readonly string[];
}

export type SignedService = "blob" | "table";

const BLOB_HEADERS = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

export function sharedKeyText(service: SignedService, account: string, call: SignedCall): string {
  return service === "blob" ? blobKeyText(account, call) : tableKeyText(account, call);
}

export function sharedKeyLiteText(service: SignedService, account: string, call: SignedCall): string {
  if (service === "table") return `${dateOf(call)}\n${shortResource(account, call)}`;
  const lines = [call.method, value(call, "content-md5"), value(call, "content-type"), blobDate(call)];
  return `${lines.join("\n")}\n${canonicalHeaders(call)}${shortResource(account, call)}`;
}

function tableKeyText(account: string, call: SignedCall): string {
  const lines = [call.method, value(call, "content-md5"), value(call, "content-type"), dateOf(call)];
  return `${lines.join("\n")}\n${shortResource(account, call)}`;
}

function blobKeyText(account: string, call: SignedCall): string {
  const lines = BLOB_HEADERS.map((name) => {
    if (name === "date") return blobDate(call);
    const text = value(call, name);
    return name === "content-length" && text === "0" ? "" : text;
  });
  return `${[call.method, ...lines].join("\n")}\n${canonicalHeaders(call)}${longResource(account, call)}`;
}

function value(call: SignedCall, name: string): string {
  return call.header(name) ?? "";
}

/** Table signs the one date that counts; Blob leaves its line empty when x-ms-date stands among the headers. */
function dateOf(call: SignedCall): string {
  return call.header("x-ms-date") ?? value(call, "date");
}

function blobDate(call: SignedCall): string {
  return call.header("x-ms-date") === undefined ? value(call, "date") : "";
}

function canonicalHeaders(call: SignedCall): string {
  return [...call.msHeaders]
    .sort(compareHeaderNames)
    .map((name) => `${name}:${value(call, name).trim()}\n`)
    .join("");
}

function longResource(account: string, call: SignedCall): string {
  const parameters = [...call.query].sort(([left], [right]) => (left < right ? -1 : 1));
  return `/${account}${call.rawPath}${parameters.map(([name, text]) => `\n${name}:${text}`).join("")}`;
}

function shortResource(account: string, call: SignedCall): string {
  const comp = call.query.get("comp");
  return `/${account}${call.rawPath}${comp === undefined ? "" : `?comp=${comp}`}`;
}

/** `signedversion` from which a line for the encryption scope is signed. */
const WITH_ENCRYPTION_SCOPE = "2020-12-06";
/** `signedversion` from which the resource kind and the snapshot time are signed. */
const WITH_RESOURCE = "2018-11-09";
/** Oldest `signedversion` that is served. */
export const OLDEST_SAS_VERSION = "2015-04-05";

export function accountSasText(account: string, query: Query): string {
  const lines = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map((name) => query.get(name) ?? "");
  if ((query.get("sv") ?? "") >= WITH_ENCRYPTION_SCOPE) lines.push(query.get("ses") ?? "");
  return [account, ...lines, ""].join("\n");
}

/** `resource` is `/blob/account/container[/name]`, decoded. */
export function blobSasText(resource: string, query: Query): string {
  const version = query.get("sv") ?? "";
  const names = ["si", "sip", "spr", "sv"];
  if (version >= WITH_RESOURCE) names.push("sr", "snapshot");
  if (version >= WITH_ENCRYPTION_SCOPE) names.push("ses");
  names.push("rscc", "rscd", "rsce", "rscl", "rsct");
  return [
    ...["sp", "st", "se"].map((name) => query.get(name) ?? ""),
    resource,
    ...names.map((name) => query.get(name) ?? ""),
  ].join("\n");
}

/** `resource` is `/table/account/name`, the name in lower case. */
export function tableSasText(resource: string, query: Query): string {
  const names = ["si", "sip", "spr", "sv", "spk", "srk", "epk", "erk"];
  return [
    ...["sp", "st", "se"].map((name) => query.get(name) ?? ""),
    resource,
    ...names.map((name) => query.get(name) ?? ""),
  ].join("\n");
}
