/**
 * Owns: the bytes of blobs and staged blocks: where they lie, how they become durable, how they are read and removed.
 * Must not: know blob names or conditions.
 *
 * A content is a number; its bytes are chunks keyed (content, offset). A chunk of up to INLINE_LIMIT bytes lies in
 * LMDB, a longer one in a file.
 *
 * Invariants:
 * C1. Bytes are durable before the row that names them is committed: inline ones travel in the same transaction,
 *     files are published (durableFile.ts) first.
 * C2. Memory is constant: a body is held only up to INLINE_LIMIT bytes, beyond that it goes straight to a file.
 * C3. A content that lost its row gets a garbage row in the same transaction; its files and chunks are removed later,
 *     never while a reader holds the content, and again after a crash.
 * C4. A file without an owner row is an orphan of a crash between publish and commit; it is removed at open.
 * C5. Damaged bytes are never given out: a file's blocks (contentFile.ts) and inline chunks (sealedRows.ts) carry
 *     checksums. A missing file or one of a wrong length is found at open already.
 */
import { createHash, type Hash } from "node:crypto";

import {
  chunksIn,
  FILE_ROW,
  fileOf,
  forget,
  inlineChunk,
  moveChunks,
  owns,
  partsIn,
  putFile,
  putInline,
  WHOLE,
  type ByteRange,
  type InlineChunk,
} from "./contentChunks";
import { createContentFile, findLengthDamage, readContentFile } from "./contentFile";
import { StoredDamage } from "./damage";
import type { FileShelf, IncomingFile } from "./durableFile";
import type { Change } from "./groupCommit";
import { longBytes } from "./rowKey";
import type { StoreRows } from "./storeRows";

/** Longest chunk kept inside LMDB, in bytes. */
export const INLINE_LIMIT = 64 * 1024;

const EMPTY = Buffer.alloc(0);
/** Chunks removed in one change. */
const COLLECT_STEP = 64;

/** A received body, durable if it is in a file, not yet named by any row. */
export interface ReceivedBody {
  readonly size: number;
  readonly md5: string;
  readonly where:
    | { readonly kind: "inline"; readonly chunk: InlineChunk }
    | { readonly kind: "file"; readonly file: IncomingFile };
}

/** A body that hands its pieces over as they arrive. */
export interface ArrivingBody {
  each(take: (bytes: Buffer) => void): Promise<void>;
}

/** A content whose bytes cannot be read as they were stored. */
export interface DamagedContent {
  readonly content: number;
  readonly why: string;
}

/** What is told about damage while the store is open. */
export interface ContentWatcher {
  found(damaged: DamagedContent): void;
  /** The content was removed. */
  gone(content: number): void;
}

export interface ContentStore {
  /** Reads a body of `length` bytes, INLINE_LIMIT at most, into its place. */
  receiveInline(body: ArrivingBody, length: number): Promise<ReceivedBody>;
  /** Reads a whole body (C2). `limit` bytes at most; more rejects with what `tooLarge` gives. */
  receive(body: AsyncIterable<Buffer>, limit: number, tooLarge: () => Error): Promise<ReceivedBody>;
  /** Removes the file of a body that no row will name. */
  discard(body: ReceivedBody): Promise<void>;
  newContent(change: Change): number;
  /** Places a received body at an offset of a content. */
  place(change: Change, content: number, offset: number, body: ReceivedBody): void;
  /** Gives the chunks of `source` (bytes copied, files handed over) to `target` from `offset` on. */
  move(change: Change, source: number, target: number, offset: number, range?: ByteRange): void;
  /** Marks a content as no longer named by any row (C3). */
  release(change: Change, content: number): void;
  /** Bytes `start` to `end` (inclusive), pinned against removal until the iteration ends. */
  read(content: number, start: number, end: number): AsyncIterable<Buffer>;
  /** Removes what is garbage and unpinned. */
  collect(): Promise<void>;
  /** C4 and the leftovers of C3; gives the contents whose files are missing or of a wrong length (C5). */
  sweep(): Promise<readonly DamagedContent[]>;
}

export function openContentStore(rows: StoreRows, shelf: FileShelf, watcher: ContentWatcher): ContentStore {
  const pins = new Map<number, number>();
  let collecting: Promise<void> | undefined;

  function pin(content: number): void {
    pins.set(content, (pins.get(content) ?? 0) + 1);
  }

  function unpin(content: number): void {
    const left = (pins.get(content) ?? 1) - 1;
    if (left > 0) pins.set(content, left);
    else if (pins.delete(content) && rows.garbage.getBinary(longBytes(content)) !== undefined)
      collect().catch(() => undefined);
  }

  async function collectOne(content: number): Promise<void> {
    for (let from = 0, done = false; !done;) {
      const step = chunksIn(rows, content, { start: from, end: WHOLE.end }, COLLECT_STEP);
      const owned = step.map(({ key }) => key);
      for (const { value } of step) {
        const chunk = fileOf(value);
        if (chunk === undefined || !owns(rows, content, chunk.file)) continue;
        await shelf.remove(chunk.file);
        owned.push(Buffer.from(chunk.file));
      }
      done = step.length < COLLECT_STEP;
      from = (step.at(-1)?.offset ?? 0) + 1;
      await rows.commits.commit((change) => forget(rows, change, content, owned, done));
    }
    watcher.gone(content);
  }

  async function collectAll(): Promise<void> {
    const contents = [...rows.garbage.getKeys()].map((key) => Number(Buffer.from(key).readBigUInt64BE()));
    for (const content of contents) if (!pins.has(content)) await collectOne(content);
  }

  async function collect(): Promise<void> {
    while (collecting !== undefined) await collecting;
    collecting = collectAll().finally(() => (collecting = undefined));
    await collecting;
  }

  async function* read(content: number, start: number, end: number): AsyncGenerator<Buffer> {
    pin(content);
    try {
      for (const part of partsIn(rows, content, start, end)) {
        if (part.kind === "inline") yield part.bytes;
        else yield* readContentFile(shelf.path(part.stored.file), part.stored, part.start, part.end);
      }
    } catch (error) {
      if (error instanceof StoredDamage) watcher.found({ content, why: error.message });
      throw error;
    } finally {
      unpin(content);
    }
  }

  return {
    receiveInline,
    receive: (body, limit, tooLarge) => receive(shelf, body, limit, tooLarge),
    discard: async (body) => {
      if (body.where.kind === "file") await body.where.file.discard();
    },
    newContent: (change) => rows.nextNumber(change, "content"),
    place: (change, content, offset, body) => place(rows, change, content, offset, body),
    move: (change, source, target, offset, range) => moveChunks(rows, change, source, target, offset, range),
    release: (change, content) => {
      change.put(rows.garbage, longBytes(content), EMPTY);
      change.afterCommit(() => setImmediate(() => void collect().catch(() => undefined)));
    },
    read,
    collect,
    sweep: async () => {
      await collect();
      for (const name of await shelf.list())
        if (rows.files.getBinary(Buffer.from(name)) === undefined) await shelf.remove(name);
      return damagedFiles(rows, shelf);
    },
  };
}

function damagedFiles(rows: StoreRows, shelf: FileShelf): readonly DamagedContent[] {
  const damaged: DamagedContent[] = [];
  for (const { key, value } of rows.files.getRange({})) {
    const file = Buffer.from(key).toString();
    const { content, size } = FILE_ROW.decode(value);
    const why = findLengthDamage(shelf.path(file), { file, size });
    if (why !== undefined) damaged.push({ content, why });
  }
  return damaged;
}

async function receiveInline(body: ArrivingBody, length: number): Promise<ReceivedBody> {
  const md5 = createHash("md5");
  const chunk = inlineChunk(length);
  let size = 0;
  await body.each((bytes) => {
    if (size + bytes.length > length) throw new RangeError(`A body of ${length} bytes is longer.`);
    md5.update(bytes);
    bytes.copy(chunk.bytes, size);
    size += bytes.length;
  });
  if (size < length) throw new RangeError(`A body of ${length} bytes ended after ${size}.`);
  return received(size, md5, { kind: "inline", chunk });
}

async function receive(
  shelf: FileShelf,
  body: AsyncIterable<Buffer>,
  limit: number,
  tooLarge: () => Error,
): Promise<ReceivedBody> {
  const md5 = createHash("md5");
  const held: Buffer[] = [];
  let size = 0;
  let file: IncomingFile | undefined;
  try {
    for await (const bytes of body) {
      size += bytes.length;
      if (size > limit) throw tooLarge();
      md5.update(bytes);
      if (file === undefined) held.push(bytes);
      if (file !== undefined) await file.write(bytes);
      else if (size > INLINE_LIMIT) {
        file = await createContentFile(shelf);
        for (const earlier of held.splice(0)) await file.write(earlier);
      }
    }
    if (file === undefined) return received(size, md5, { kind: "inline", chunk: chunkOf(held, size) });
    await file.publish();
    return received(size, md5, { kind: "file", file });
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

function chunkOf(parts: readonly Buffer[], size: number): InlineChunk {
  const chunk = inlineChunk(size);
  let offset = 0;
  for (const part of parts) offset += part.copy(chunk.bytes, offset);
  return chunk;
}

function received(size: number, md5: Hash, where: ReceivedBody["where"]): ReceivedBody {
  return { size, md5: md5.digest("base64"), where };
}

function place(rows: StoreRows, change: Change, content: number, offset: number, body: ReceivedBody): void {
  if (body.size === 0) return;
  if (body.where.kind === "inline") putInline(rows, change, content, offset, body.where.chunk);
  else putFile(rows, change, content, offset, { file: body.where.file.name, size: body.size });
}
