/**
 * Owns: the fixed places of LMDB's meta pages and tree records. Pure but for the read of the two meta pages.
 */
import { readSync } from "node:fs";

/** Bytes before the contents of a page: its number, transaction, kind and free space. */
export const HEADER_BYTES = 24;
export const TREE_BYTES = 48;
/** Root of a tree without pages. */
export const NO_PAGE = 2 ** 64;

const MAGIC = 0xbeefc0de;
/** Behind the header follow magic, version, address, map size and two tree records. */
const AT = { magic: 24, free: 48, main: 96, lastPage: 144, transaction: 152 } as const;
export const META_BYTES = 160;

export interface Tree {
  readonly flags: number;
  /** Levels, leaves included. */
  readonly depth: number;
  readonly entries: number;
  readonly root: number;
}

export interface Meta {
  readonly pageSize: number;
  readonly transaction: bigint;
  readonly free: Tree;
  readonly main: Tree;
  /** Highest page ever used. */
  readonly lastPage: number;
}

export function readTree(bytes: Buffer, at: number): Tree {
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    entries: Number(bytes.readBigUInt64LE(at + 32)),
    root: Number(bytes.readBigUInt64LE(at + 40)),
  };
}

/** Undefined when the bytes are no meta page. */
export function parseMeta(bytes: Buffer): Meta | undefined {
  if (bytes.length < META_BYTES || bytes.readUInt32LE(AT.magic) !== MAGIC) return undefined;
  const pageSize = bytes.readUInt32LE(AT.free);
  if (pageSize < 256 || pageSize > 65_536) return undefined;
  return {
    pageSize,
    transaction: bytes.readBigUInt64LE(AT.transaction),
    free: readTree(bytes, AT.free),
    main: readTree(bytes, AT.main),
    lastPage: Number(bytes.readBigUInt64LE(AT.lastPage)),
  };
}

/** The meta page that LMDB will follow; undefined when one of the two cannot be read. */
export function newestMeta(file: number): Meta | undefined {
  const [first, second] = readMetas(file);
  if (first === undefined || second === undefined) return undefined;
  return second.transaction > first.transaction ? second : first;
}

/**
 * Whether the two meta pages are those of two transactions in a row, each in its own place. A turned bit in a number
 * would make LMDB follow the older one, and lose the last transaction in silence.
 */
export function areMetasInOrder(file: number): boolean {
  const [even, odd] = readMetas(file);
  if (even === undefined || odd === undefined) return false;
  const isFresh = even.transaction === 0n && odd.transaction === 0n;
  const [low, high] = even.transaction < odd.transaction ? [even, odd] : [odd, even];
  const isPair = even.transaction % 2n === 0n && high.transaction - low.transaction === 1n;
  return (isFresh || isPair) && even.pageSize === odd.pageSize && even.free.flags === odd.free.flags;
}

function readMetas(file: number): readonly [Meta | undefined, Meta | undefined] {
  const first = metaAt(file, 0);
  return [first, first === undefined ? undefined : metaAt(file, first.pageSize)];
}

function metaAt(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  return readSync(file, bytes, 0, META_BYTES, position) < META_BYTES ? undefined : parseMeta(bytes);
}
