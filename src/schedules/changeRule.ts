/**
 * Which blob events a change schedule reacts to. Pure. Source: spec azureml-v1.md §5.6 and §6.4, design decision 8.
 *
 * Invariants:
 * 1. Only blobs directly in the watched folder fire, never those of a sub-folder, unless the filter says so.
 * 2. Whatever an event holds, reading it gives a value and never throws.
 * 3. One version of one blob has one name, however its ETag is quoted.
 */
import { parseInstant } from "../model/startTime";
import { isSystemContainer } from "../model/systemContainers";
import { findFilterReason, settleMsOf, type FilterReason } from "./changeFilter";
import type { BlobEvent, ChangeFilter } from "./schedules";

/** The part of an Event Grid event that a decision needs, checked. */
export interface BlobChange {
  readonly eventType: string;
  readonly api: string;
  readonly account: string;
  readonly container: string;
  /** Name of the blob, decoded. */
  readonly path: string;
  /** Normalised. */
  readonly etag: string;
  /** Milliseconds since 1970; null = the event does not say. */
  readonly changedAt: number | null;
  /** Empty = not known. */
  readonly blobType: string;
  /** Bytes; null = not known. */
  readonly size: number | null;
}

/** A place that is watched: what a datastore's name stood for when the schedule was saved. */
export interface Watch {
  readonly account: string;
  readonly container: string;
  /** Without outer slashes; empty = the container's root. */
  readonly folder: string;
}

/** What a schedule watches now, and since when: since it was created, enabled, or given this rule. */
export interface StandingWatch extends Watch {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Names its index row, so that who takes the row of an old watch away leaves that of a newer one. */
  readonly token: string;
}

export type ChangeDecision =
  | { readonly kind: "fire" }
  /** It fires if it is still the same after so many milliseconds. */
  | { readonly kind: "settle"; readonly settleMs: number }
  | { readonly kind: "ignore"; readonly reason: IgnoreReason };

export type IgnoreReason =
  | "not a created or replaced blob"
  | "file not yet closed"
  | "system container"
  | "other container"
  | "outside the watched folder"
  | FilterReason
  | "folder marker"
  | "changed before the schedule watched";

export type ParsedChange =
  { readonly ok: true; readonly change: BlobChange } | { readonly ok: false; readonly reason: string };

const subjectForm = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/([^]+)$/;
const urlForm = /^https?:\/\/([^/?#]+)\/([^]+)$/;
const longestPath = 1024;

export function decideChange(watch: StandingWatch, filter: ChangeFilter, change: BlobChange): ChangeDecision {
  const reason = findReasonToIgnore(watch, filter, change);
  if (reason !== undefined) return { kind: "ignore", reason };
  const settleMs = settleMsOf(filter, change.blobType);
  return settleMs === 0 ? { kind: "fire" } : { kind: "settle", settleMs };
}

function findReasonToIgnore(
  watch: StandingWatch,
  filter: ChangeFilter,
  change: BlobChange,
): IgnoreReason | undefined {
  if (change.eventType !== "Microsoft.Storage.BlobCreated") return "not a created or replaced blob";
  if (change.api === "CreateFile") return "file not yet closed";
  if (isSystemContainer(change.container)) return "system container";
  if (change.account !== watch.account || change.container !== watch.container) return "other container";
  if (change.path.endsWith("/")) return "folder marker";
  const prefix = watch.folder === "" ? "" : `${watch.folder}/`;
  if (!change.path.startsWith(prefix)) return "outside the watched folder";
  if (change.changedAt !== null && change.changedAt < watch.since)
    return "changed before the schedule watched";
  return findFilterReason(filter, { name: change.path.slice(prefix.length), size: change.size });
}

/** The folder that a blob lies in directly, then the folders around it up to the root, which is empty. */
export function foldersOf(path: string): readonly string[] {
  const segments = path.split("/").slice(0, -1);
  return [...segments.keys(), segments.length].reverse().map((count) => segments.slice(0, count).join("/"));
}

/** An ETag without its quotes and weakness mark: services and events quote the same version differently. */
export function normaliseEtag(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
}

/** A folder as the rule keeps it, or undefined when it could name no folder or lead out of the container. */
export function normaliseFolder(path: string): string | undefined {
  if (path.length > 2 * longestPath) return undefined;
  const folder = path.replace(/^\/+|\/+$/g, "");
  if (folder.length > longestPath || /[\\\p{Cc}]/u.test(folder)) return undefined;
  const segments = folder === "" ? [] : folder.split("/");
  return segments.some((segment) => ["", ".", ".."].includes(segment)) ? undefined : folder;
}

/** Takes nothing for granted, not even that texts are texts: events come from outside. */
export function parseBlobEvent(event: BlobEvent): ParsedChange {
  const refuse = (reason: string): ParsedChange => ({ ok: false, reason });
  const data = readTexts(event.data);
  const size = readSize(event.data);
  const { eventType = "", subject = "", eventTime } = readTexts(event);
  const [, container, subjectPath] = subjectForm.exec(subject) ?? [];
  if (container === undefined || subjectPath === undefined) return refuse("subject names no blob");
  const place = readUrl(data["url"] ?? "", container);
  if (place === undefined) return refuse("url names no blob of the subject's container");
  const path = agreeOnPath(subjectPath, place.path);
  if (path === undefined) return refuse("subject and url name different blobs");
  if (path.length > longestPath) return refuse("name of the blob is too long");
  const etag = normaliseEtag(data["eTag"] ?? "");
  if (!/^[\x21-\x7e]{0,128}$/.test(etag)) return refuse("ETag is none");
  if (etag === "" && eventType === "Microsoft.Storage.BlobCreated") return refuse("ETag is missing");
  const change = { eventType, api: data["api"] ?? "", account: place.account, container, path, etag };
  const blobType = data["blobType"] ?? "";
  return {
    ok: true,
    change: { ...change, blobType, size, changedAt: parseInstant(eventTime ?? "") ?? null },
  };
}

function readTexts(data: unknown): Readonly<Record<string, string>> {
  if (typeof data !== "object" || data === null) return {};
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function readSize(data: unknown): number | null {
  if (typeof data !== "object" || data === null || !("contentLength" in data)) return null;
  const { contentLength } = data;
  return typeof contentLength === "number" && contentLength >= 0 ? contentLength : null;
}

/** Host-style URLs carry the account in the host name, the path-style URLs of local storage as first segment. */
function readUrl(
  url: string,
  container: string,
): { readonly account: string; readonly path: string } | undefined {
  const [, host, rest] = urlForm.exec(url) ?? [];
  if (host === undefined || rest === undefined) return undefined;
  const hostStyle = /^([a-z0-9]{3,24})\.(?:blob|dfs)\./i.exec(host)?.[1];
  const afterAccount = hostStyle === undefined ? rest.slice(rest.indexOf("/") + 1) : rest;
  const account = hostStyle ?? rest.slice(0, Math.max(0, rest.indexOf("/")));
  if (account === "" || !afterAccount.startsWith(`${container}/`)) return undefined;
  return { account: account.toLowerCase(), path: afterAccount.slice(container.length + 1) };
}

/** Subjects come plain and URLs encoded; a sender that encodes both, or none, is understood as well. */
function agreeOnPath(subjectPath: string, urlPath: string): string | undefined {
  const decoded = decode(urlPath);
  if (decoded === subjectPath) return decoded;
  if (urlPath !== subjectPath) return undefined;
  return decoded ?? subjectPath;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
