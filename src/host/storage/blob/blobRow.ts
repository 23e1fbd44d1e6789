/**
 * Owns: the stored form of containers and blobs, and the headers that show it. Pure.
 *
 * Invariants:
 * S1. An ETag is never given twice for one blob: it is the tick of the change (clock.ts), as in Azure.
 */

import { JsonRow } from "../store/jsonRow";

export interface ContainerRow {
  readonly id: number;
  readonly name: string;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly metadata: Metadata;
}

export type Metadata = Readonly<Record<string, string>>;

/** HTTP headers that a blob stores and gives back; an absent one is not sent. */
export interface ContentHeaders {
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly contentDisposition?: string;
  readonly cacheControl?: string;
  /** Base64. */
  readonly contentMd5?: string;
}

interface BlobCommon {
  readonly name: string;
  readonly content: number;
  /** Bytes. */
  readonly size: number;
  /** Unquoted, `0x…`. */
  readonly etag: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly metadata: Metadata;
  readonly headers: ContentHeaders;
  /** How the blob came here, when by copying. */
  readonly copy?: CopyRecord;
}

export interface CopyRecord {
  readonly id: string;
  /** Source URL without its query, which may hold a signature. */
  readonly source: string;
}

export type BlobRow =
  | (BlobCommon & { readonly type: "BlockBlob" })
  | (BlobCommon & { readonly type: "AppendBlob"; readonly appendedBlocks: number });

export interface StagedBlock {
  readonly content: number;
  readonly size: number;
  readonly stagedAt: number;
}

export interface CommittedBlock {
  /** Base64 id as the caller gave it. */
  readonly id: string;
  readonly size: number;
}

export const CONTAINER_ROW = new JsonRow<ContainerRow>();
export const BLOB_ROW = new JsonRow<BlobRow>();
export const STAGED_ROW = new JsonRow<StagedBlock>();
/** What blobs and staged blocks have in common: a content to release. */
export const HELD_ROW = new JsonRow<{ readonly content: number }>();

export function etagOfTick(tick: bigint): string {
  return `0x${tick.toString(16).toUpperCase()}`;
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

export function httpDate(at: number): string {
  return new Date(at).toUTCString();
}

export function metadataHeaders(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]));
}

/** ETag and Last-Modified of anything that has them. */
export function versionHeaders(row: { etag: string; modifiedAt: number }): Record<string, string> {
  return { ETag: quoted(row.etag), "Last-Modified": httpDate(row.modifiedAt) };
}

function copyHeaders(copy: CopyRecord, blob: BlobRow): Record<string, string> {
  return {
    "x-ms-copy-id": copy.id,
    "x-ms-copy-source": copy.source,
    "x-ms-copy-status": "success",
    "x-ms-copy-progress": `${blob.size}/${blob.size}`,
    "x-ms-copy-completion-time": httpDate(blob.createdAt),
  };
}

/** Everything that Get Blob and Get Blob Properties say about a blob, without its length. */
export function blobHeaders(blob: BlobRow): Record<string, string> {
  const { headers } = blob;
  return {
    ...versionHeaders(blob),
    ...metadataHeaders(blob.metadata),
    "Content-Type": headers.contentType,
    ...(headers.contentEncoding !== undefined && { "Content-Encoding": headers.contentEncoding }),
    ...(headers.contentLanguage !== undefined && { "Content-Language": headers.contentLanguage }),
    ...(headers.contentDisposition !== undefined && { "Content-Disposition": headers.contentDisposition }),
    ...(headers.cacheControl !== undefined && { "Cache-Control": headers.cacheControl }),
    ...(headers.contentMd5 !== undefined && { "Content-MD5": headers.contentMd5 }),
    ...(blob.type === "AppendBlob" && { "x-ms-blob-committed-block-count": String(blob.appendedBlocks) }),
    ...(blob.copy !== undefined && copyHeaders(blob.copy, blob)),
    "Accept-Ranges": "bytes",
    "x-ms-blob-type": blob.type,
    "x-ms-creation-time": httpDate(blob.createdAt),
    "x-ms-lease-status": "unlocked",
    "x-ms-lease-state": "available",
    "x-ms-server-encrypted": "false",
  };
}
