/**
 * Owns: the rows that say where the bytes of a content lie: chunks keyed (content, offset), inline or in a file, and the
 * owner of each file. Must not: read or write files.
 */
import type { ContentFile } from "./contentFile";
import { StoredDamage } from "./damage";
import type { Change } from "./groupCommit";
import { JsonRow } from "./jsonRow";
import { longBytes } from "./rowKey";
import { sealable } from "./sealedRows";
import type { StoreRows } from "./storeRows";

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

interface FileRow {
  readonly content: number;
  /** Bytes without checksums. */
  readonly size: number;
}

export const WHOLE: ByteRange = { start: 0, end: Number.MAX_SAFE_INTEGER };
const INLINE = 0;
const IN_FILE = Buffer.from([1]);
const CHUNK_ROW = new JsonRow<ContentFile>();
export const FILE_ROW = new JsonRow<FileRow>();

/** An inline chunk whose bytes are still to be written into its `bytes`; it can be put once. */
export interface InlineChunk {
  readonly bytes: Buffer;
  readonly value: Buffer;
}

export function inlineChunk(length: number): InlineChunk {
  const value = sealable(1 + length);
  value[0] = INLINE;
  return { bytes: value.subarray(1), value };
}

export function putInline(
  rows: StoreRows,
  change: Change,
  content: number,
  offset: number,
  chunk: InlineChunk,
): void {
  change.put(rows.chunks, chunkKey(content, offset), chunk.value);
}

export function putFile(
  rows: StoreRows,
  change: Change,
  content: number,
  offset: number,
  chunk: ContentFile,
): void {
  change.put(rows.chunks, chunkKey(content, offset), Buffer.concat([IN_FILE, CHUNK_ROW.encode(chunk)]));
  change.put(rows.files, Buffer.from(chunk.file), FILE_ROW.encode({ content, size: chunk.size }));
}

export function moveChunks(
  rows: StoreRows,
  change: Change,
  source: number,
  target: number,
  offset: number,
  range: ByteRange = WHOLE,
): void {
  const moved = change.range(rows.chunks, chunkKey(source, range.start), chunkKey(source, range.end));
  for (const { key, value } of moved) {
    const chunk = fileOf(value);
    const placed = offset + offsetIn(key) - range.start;
    if (chunk === undefined) change.put(rows.chunks, chunkKey(target, placed), value);
    else putFile(rows, change, target, placed, chunk);
  }
}

/** Removes chunk and file rows of a released content; with `last` everything else that names it. */
export function forget(
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

export function owns(rows: StoreRows, content: number, file: string): boolean {
  return FILE_ROW.find(rows.files.getBinary(Buffer.from(file)))?.content === content;
}

function chunkKey(content: number, offset: number): Buffer {
  return Buffer.concat([longBytes(content), longBytes(offset)]);
}

function offsetIn(key: Buffer): number {
  return Number(key.readBigUInt64BE(8));
}

export interface Chunk {
  readonly key: Buffer;
  readonly offset: number;
  readonly value: Buffer;
}

/** The chunks that start inside a range, read at once: an iterator left open would outlive its transaction. */
export function chunksIn(
  rows: StoreRows,
  content: number,
  range: ByteRange,
  limit = Number.MAX_SAFE_INTEGER,
): readonly Chunk[] {
  const query = { start: chunkKey(content, range.start), end: chunkKey(content, range.end), limit };
  return [...rows.chunks.getRange(query)].map(({ key, value }) => ({
    key: Buffer.from(key),
    offset: offsetIn(Buffer.from(key)),
    value: Buffer.from(value),
  }));
}

export function fileOf(value: Buffer): ContentFile | undefined {
  return value[0] === 1 ? CHUNK_ROW.find(value.subarray(1)) : undefined;
}

export type Part =
  | { readonly kind: "inline"; readonly bytes: Buffer }
  | { readonly kind: "file"; readonly stored: ContentFile; readonly start: number; readonly end: number };

/** The parts that cover `start` to `end`, found chunk by chunk so that no read transaction stays open meanwhile. */
export function* partsIn(rows: StoreRows, content: number, start: number, end: number): Generator<Part> {
  let position = start;
  while (position <= end) {
    const found = chunkAt(rows, content, position);
    if (found === undefined) throw new StoredDamage(`content ${content} has no bytes at ${position}`);
    const chunk = fileOf(found.value);
    const size = chunk?.size ?? found.value.length - 1;
    const from = position - found.offset;
    const to = Math.min(end - found.offset, size - 1);
    if (from > to) throw new StoredDamage(`content ${content} has no bytes at ${position}`);
    if (chunk === undefined) yield { kind: "inline", bytes: found.value.subarray(1 + from, 2 + to) };
    else yield { kind: "file", stored: chunk, start: from, end: to };
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
    return { offset: offsetIn(Buffer.from(key)), value: Buffer.from(value) };
  return undefined;
}
