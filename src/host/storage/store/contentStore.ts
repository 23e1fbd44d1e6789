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
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import type { FileShelf, IncomingFile } from "./durableFile";
import type { Change } from "./groupCommit";
import { longBytes } from "./rowKey";
import { JsonRow } from "./jsonRow";
import type { StoreRows } from "./storeRows";

/** Longest chunk kept inside LMDB, in bytes. */
export const INLINE_LIMIT = 64 * 1024;

const EMPTY = Buffer.alloc(0);
const WHOLE: ByteRange = { start: 0, end: Number.MAX_SAFE_INTEGER };
/** Chunks removed in one change. */
const COLLECT_STEP = 64;
const INLINE = Buffer.from([0]);
const IN_FILE = Buffer.from([1]);

/** A received body, durable if it is in a file, not yet named by any row. */
export interface ReceivedBody {
  readonly size: number;
  readonly md5: string;
  readonly where:
    | { readonly kind: "inline"; readonly bytes: Buffer }
    | { readonly kind: "file"; readonly file: IncomingFile };
}

interface FileChunk {
  readonly file: string;
  readonly size: number;
}

const CHUNK_ROW = new JsonRow<FileChunk>();

export interface ContentStore {
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
  /** C4 and the leftovers of C3; names a file that is missing or too short. */
  sweep(): Promise<readonly string[]>;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export function openContentStore(rows: StoreRows, shelf: FileShelf): ContentStore {
  const pins = new Map<number, number>();
  let collecting: Promise<void> | undefined;

  function pin(content: number): void {
    pins.set(content, (pins.get(content) ?? 0) + 1);
  }

  function unpin(content: number): void {
    const left = (pins.get(content) ?? 1) - 1;
    if (left > 0) pins.set(content, left);
    else if (pins.delete(content) && rows.garbage.getBinary(longBytes(content)) !== undefined) void collect();
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
        else yield* fileBytes(shelf.path(part.file), part.start, part.end);
      }
    } finally {
      unpin(content);
    }
  }

  return {
    receive: (body, limit, tooLarge) => receive(shelf, body, limit, tooLarge),
    discard: async (body) => {
      if (body.where.kind === "file") await body.where.file.discard();
    },
    newContent: (change) => rows.nextNumber(change, "content"),
    place: (change, content, offset, body) => place(rows, change, content, offset, body),
    move: (change, source, target, offset, range) => move(rows, change, source, target, offset, range),
    release: (change, content) => {
      change.put(rows.garbage, longBytes(content), EMPTY);
      change.afterCommit(() => setImmediate(() => void collect().catch(() => undefined)));
    },
    read,
    collect,
    sweep: async () => {
      await collect();
      const damaged: string[] = [];
      const stored = new Set(await shelf.list());
      for (const name of stored)
        if (rows.files.getBinary(Buffer.from(name)) === undefined) await shelf.remove(name);
      for (const key of rows.files.getKeys()) {
        const name = Buffer.from(key).toString();
        if (!stored.has(name)) damaged.push(`the content file ${name} is missing`);
      }
      return damaged;
    },
  };
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
        file = await shelf.create();
        for (const earlier of held.splice(0)) await file.write(earlier);
      }
    }
    if (file === undefined) return received(size, md5, { kind: "inline", bytes: Buffer.concat(held) });
    await file.publish();
    return received(size, md5, { kind: "file", file });
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

function received(size: number, md5: Hash, where: ReceivedBody["where"]): ReceivedBody {
  return { size, md5: md5.digest("base64"), where };
}

function place(rows: StoreRows, change: Change, content: number, offset: number, body: ReceivedBody): void {
  if (body.size === 0) return;
  if (body.where.kind === "inline") putInline(rows, change, content, offset, body.where.bytes);
  else putFile(rows, change, content, offset, { file: body.where.file.name, size: body.size });
}

function putInline(rows: StoreRows, change: Change, content: number, offset: number, bytes: Buffer): void {
  change.put(rows.chunks, chunkKey(content, offset), Buffer.concat([INLINE, bytes]));
}

function putFile(rows: StoreRows, change: Change, content: number, offset: number, chunk: FileChunk): void {
  change.put(rows.chunks, chunkKey(content, offset), Buffer.concat([IN_FILE, CHUNK_ROW.encode(chunk)]));
  change.put(rows.files, Buffer.from(chunk.file), longBytes(content));
}

function move(
  rows: StoreRows,
  change: Change,
  source: number,
  target: number,
  offset: number,
  range: ByteRange = WHOLE,
): void {
  for (const { offset: at, value } of chunksIn(rows, source, range)) {
    const chunk = fileOf(value);
    const placed = offset + at - range.start;
    if (chunk === undefined) change.put(rows.chunks, chunkKey(target, placed), value);
    else putFile(rows, change, target, placed, chunk);
  }
}

/** Removes chunk and file rows of a released content; with `last` everything else that names it. */
function forget(
  rows: StoreRows,
  change: Change,
  content: number,
  keys: readonly Buffer[],
  last: boolean,
): void {
  for (const key of keys) {
    change.remove(rows.chunks, key);
    change.remove(rows.files, key);
  }
  if (!last) return;
  change.remove(rows.blockLists, longBytes(content));
  change.remove(rows.garbage, longBytes(content));
}

function owns(rows: StoreRows, content: number, file: string): boolean {
  const owner = rows.files.getBinary(Buffer.from(file));
  return owner !== undefined && Number(owner.readBigUInt64BE()) === content;
}

function chunkKey(content: number, offset: number): Buffer {
  return Buffer.concat([longBytes(content), longBytes(offset)]);
}

interface Chunk {
  readonly key: Buffer;
  readonly offset: number;
  readonly value: Buffer;
}

/** The chunks that start inside a range, read at once: an iterator left open would outlive its transaction. */
function chunksIn(
  rows: StoreRows,
  content: number,
  range: ByteRange,
  limit = Number.MAX_SAFE_INTEGER,
): readonly Chunk[] {
  const query = { start: chunkKey(content, range.start), end: chunkKey(content, range.end), limit };
  return [...rows.chunks.getRange(query)].map(({ key, value }) => ({
    key: Buffer.from(key),
    offset: Number(Buffer.from(key).readBigUInt64BE(8)),
    value: Buffer.from(value),
  }));
}

function fileOf(value: Buffer): FileChunk | undefined {
  return value[0] === 1 ? CHUNK_ROW.find(value.subarray(1)) : undefined;
}

type Part =
  | { readonly kind: "inline"; readonly bytes: Buffer }
  | { readonly kind: "file"; readonly file: string; readonly start: number; readonly end: number };

/** The parts that cover `start` to `end`, found chunk by chunk so that no read transaction stays open meanwhile. */
function* partsIn(rows: StoreRows, content: number, start: number, end: number): Generator<Part> {
  let position = start;
  while (position <= end) {
    const found = chunkAt(rows, content, position);
    if (found === undefined) throw new Error(`Content ${content} has no bytes at ${position}.`);
    const chunk = fileOf(found.value);
    const size = chunk?.size ?? found.value.length - 1;
    const from = position - found.offset;
    const to = Math.min(end - found.offset, size - 1);
    if (from > to) throw new Error(`Content ${content} has no bytes at ${position}.`);
    if (chunk === undefined) yield { kind: "inline", bytes: found.value.subarray(1 + from, 2 + to) };
    else yield { kind: "file", file: chunk.file, start: from, end: to };
    position = found.offset + to + 1;
  }
}

function chunkAt(
  rows: StoreRows,
  content: number,
  position: number,
): { offset: number; value: Buffer } | undefined {
  const range = { start: chunkKey(content, position), end: longBytes(content), reverse: true, limit: 1 };
  for (const { key, value } of rows.chunks.getRange(range))
    return { offset: Number(Buffer.from(key).readBigUInt64BE(8)), value: Buffer.from(value) };
  return undefined;
}

async function* fileBytes(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  let left = end - start + 1;
  for await (const bytes of createReadStream(path, { start, end, highWaterMark: 256 * 1024 })) {
    left -= (bytes as Buffer).length;
    yield bytes as Buffer;
  }
  if (left > 0) throw new Error(`${path} is ${left} bytes too short (${(await stat(path)).size}).`);
}
