/**
 * Owns: blobs in LMDB: what a write does to the row, the content and the event journal, in one change.
 * Must not: know HTTP.
 *
 * Invariants:
 * M1. Row, content references and event of a write are one transaction: a reader sees the blob before it or after it.
 * M2. The conditions of a write are checked inside that transaction, so of two writers with one ETag one is refused.
 * M3. A refused write leaves no file behind.
 */
import { StorageError } from "../http/storageError";
import { msOfTicks, type TickClock } from "../store/clock";
import type { ContentStore, ReceivedBody } from "../store/contentStore";
import type { Change } from "../store/groupCommit";
import { partsKey } from "../store/rowKey";
import type { StoreRows } from "../store/storeRows";
import type { EventJournal } from "../events/eventJournal";
import type { BlobHappening } from "../events/blobEvent";
import { blobNotFound, invalidBlobType } from "./blobError";
import {
  BLOB_ROW,
  etagOfTick,
  type BlobRow,
  type CopyRecord,
  type ContainerRow,
  type ContentHeaders,
  type Metadata,
} from "./blobRow";
import { checkConditions, type Conditions } from "./conditions";
import type { ContainerStore } from "./containerStore";

/** Which blob, who asks, under which conditions. */
export interface BlobCall {
  readonly container: string;
  readonly name: string;
  readonly conditions: Conditions;
  /** Whether the caller may replace an existing blob. */
  readonly mayReplace: boolean;
  readonly requestId: string;
  readonly clientRequestId: string | undefined;
}

export interface NewBlob {
  readonly metadata: Metadata;
  readonly headers: ContentHeaders;
}

export interface CopiedBlob {
  readonly metadata: Metadata;
  readonly copy: CopyRecord;
}

export interface BlobStoreParts {
  readonly rows: StoreRows;
  readonly contents: ContentStore;
  readonly containers: ContainerStore;
  readonly journal: EventJournal;
  readonly clock: TickClock;
}

export interface BlobStore {
  find(container: ContainerRow, name: string): BlobRow | undefined;
  /** Throws what would refuse a write now, before its body is read; the write itself checks again (M2). */
  precheck(call: BlobCall): void;
  putBlock(call: BlobCall, made: NewBlob, body: ReceivedBody): Promise<BlobRow>;
  createAppend(call: BlobCall, made: NewBlob): Promise<BlobRow>;
  /** Puts a received copy of `source` in place, with the type and headers of the source. */
  copy(call: BlobCall, source: BlobRow, made: CopiedBlob, body: ReceivedBody): Promise<BlobRow>;
  append(
    call: BlobCall,
    body: ReceivedBody,
    limits: AppendLimits,
  ): Promise<{ blob: BlobRow; offset: number }>;
  /** Replaces metadata or headers; a new ETag, the same content, no event. */
  update(call: BlobCall, what: { metadata: Metadata } | { headers: ContentHeaders }): Promise<BlobRow>;
  delete(call: BlobCall): Promise<void>;
}

export interface AppendLimits {
  readonly position: number | undefined;
  readonly maxSize: number | undefined;
}

const MAX_APPENDED_BLOCKS = 50_000;

export function openBlobStore(parts: BlobStoreParts): BlobStore {
  const { rows, contents, containers } = parts;

  function createAppend(call: BlobCall, made: NewBlob): Promise<BlobRow> {
    return rows.commits.commit((change) => {
      const content = contents.newContent(change);
      return replaceBlob(parts, change, call, "PutBlob", (stamp) => ({
        ...made,
        ...stamp,
        content,
        size: 0,
        type: "AppendBlob",
        appendedBlocks: 0,
      }));
    });
  }

  function putBlock(call: BlobCall, made: NewBlob, body: ReceivedBody): Promise<BlobRow> {
    return orDiscard(contents, body, () =>
      rows.commits.commit((change) => {
        const content = contents.newContent(change);
        contents.place(change, content, 0, body);
        return replaceBlob(parts, change, call, "PutBlob", (stamp) => ({
          ...made,
          ...stamp,
          content,
          size: body.size,
          type: "BlockBlob",
        }));
      }),
    );
  }

  function append(
    call: BlobCall,
    body: ReceivedBody,
    limits: AppendLimits,
  ): Promise<{ blob: BlobRow; offset: number }> {
    return orDiscard(contents, body, () =>
      rows.commits.commit((change) => {
        const stored = existing(parts, change, call);
        if (stored.blob.type !== "AppendBlob") throw invalidBlobType();
        checkAppend(stored.blob, body.size, limits);
        contents.place(change, stored.blob.content, stored.blob.size, body);
        const { size, appendedBlocks } = stored.blob;
        const grown = { ...stored.blob, size: size + body.size, appendedBlocks: appendedBlocks + 1 };
        return { blob: putRow(parts, change, stored.container, grown), offset: size };
      }),
    );
  }

  function copy(call: BlobCall, source: BlobRow, made: CopiedBlob, body: ReceivedBody): Promise<BlobRow> {
    return orDiscard(contents, body, () =>
      rows.commits.commit((change) => {
        const content = contents.newContent(change);
        contents.place(change, content, 0, body);
        return replaceBlob(parts, change, call, "CopyBlob", (stamp) => ({
          ...source,
          ...made,
          ...stamp,
          content,
          size: body.size,
        }));
      }),
    );
  }

  return {
    find: (container, name) => BLOB_ROW.find(rows.blobs.getBinary(partsKey(container.id, name))),
    precheck: (call) => {
      const container = containers.get(call.container);
      const stored = BLOB_ROW.find(rows.blobs.getBinary(partsKey(container.id, call.name)));
      checkReplace(call, stored);
    },
    putBlock,
    createAppend,
    copy,
    append,
    update: (call, what) =>
      rows.commits.commit((change) => {
        const { container, blob } = existing(parts, change, call);
        return putRow(parts, change, container, { ...blob, ...what });
      }),
    delete: (call) =>
      rows.commits.commit((change) => {
        const { container, blob } = existing(parts, change, call);
        change.remove(rows.blobs, partsKey(container.id, call.name));
        contents.release(change, blob.content);
        const at = msOfTicks(parts.clock());
        parts.journal.record(change, happening(call, "DeleteBlob", blob, at));
      }),
  };
}

type Stamp = Pick<BlobRow, "name" | "etag" | "createdAt" | "modifiedAt">;

/** Puts a new blob in the place of whatever is there, and raises its event. */
export function replaceBlob(
  parts: BlobStoreParts,
  change: Change,
  call: BlobCall,
  api: BlobHappening["api"],
  make: (stamp: Stamp) => BlobRow,
): BlobRow {
  const container = parts.containers.getIn(change, call.container);
  const key = partsKey(container.id, call.name);
  const stored = BLOB_ROW.find(change.get(parts.rows.blobs, key));
  checkReplace(call, stored);
  const tick = parts.clock();
  const at = msOfTicks(tick);
  const blob = make({ name: call.name, etag: etagOfTick(tick), createdAt: at, modifiedAt: at });
  change.put(parts.rows.blobs, key, BLOB_ROW.encode(blob));
  if (stored !== undefined) parts.contents.release(change, stored.content);
  parts.journal.record(change, happening(call, api, blob, at));
  return blob;
}

function checkReplace(call: BlobCall, stored: BlobRow | undefined): void {
  checkConditions(call.conditions, stored, "write");
  if (stored !== undefined && !call.mayReplace)
    throw new StorageError(
      403,
      "UnauthorizedBlobOverwrite",
      "This request is not authorized to perform blob overwrites.",
    );
}

function existing(
  parts: BlobStoreParts,
  change: Change,
  call: BlobCall,
): { container: ContainerRow; blob: BlobRow } {
  const container = parts.containers.getIn(change, call.container);
  const blob = BLOB_ROW.find(change.get(parts.rows.blobs, partsKey(container.id, call.name)));
  if (blob === undefined) throw blobNotFound();
  checkConditions(call.conditions, blob, "write");
  return { container, blob };
}

function putRow(parts: BlobStoreParts, change: Change, container: ContainerRow, blob: BlobRow): BlobRow {
  const tick = parts.clock();
  const updated = { ...blob, etag: etagOfTick(tick), modifiedAt: msOfTicks(tick) };
  change.put(parts.rows.blobs, partsKey(container.id, blob.name), BLOB_ROW.encode(updated));
  return updated;
}

function checkAppend(
  blob: { size: number; appendedBlocks: number },
  added: number,
  limits: AppendLimits,
): void {
  if (limits.position !== undefined && limits.position !== blob.size)
    throw new StorageError(
      412,
      "AppendPositionConditionNotMet",
      "The append position condition specified was not met.",
    );
  if (limits.maxSize !== undefined && blob.size + added > limits.maxSize)
    throw new StorageError(
      412,
      "MaxBlobSizeConditionNotMet",
      "The max blob size condition specified was not met.",
    );
  if (blob.appendedBlocks >= MAX_APPENDED_BLOCKS)
    throw new StorageError(
      409,
      "BlockCountExceedsLimit",
      "The committed block count cannot exceed 50,000 blocks.",
    );
}

function happening(call: BlobCall, api: BlobHappening["api"], blob: BlobRow, at: number): BlobHappening {
  return {
    kind: api === "DeleteBlob" ? "deleted" : "created",
    api,
    container: call.container,
    name: call.name,
    etag: blob.etag,
    contentType: blob.headers.contentType,
    size: blob.size,
    blobType: blob.type,
    requestId: call.requestId,
    clientRequestId: call.clientRequestId,
    at,
  };
}

/** M3. */
export async function orDiscard<T>(
  contents: ContentStore,
  body: ReceivedBody,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await contents.discard(body);
    throw error;
  }
}
