/**
 * Owns: the checksum that every row carries: a CRC-32 of key and value, behind the value. Must not: know what rows mean.
 *
 * Invariants:
 * D1. A value is given out only when its checksum agrees; otherwise the read throws `StoredDamage`. So a bit that turned
 *     on disk is never answered as if it were data.
 */
import { crc32 } from "node:zlib";

import type { Database, RangeOptions } from "lmdb";

import { StoredDamage } from "./damage";

const SEAL_BYTES = 4;

/** A binary-keyed table inside the environment; values are sealed on their way in and checked on their way out (D1). */
export interface Rows {
  readonly name: string;
  getBinary(key: Buffer): Buffer | undefined;
  getRange(range: RowRange): Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
  getKeys(range?: RowRange): Iterable<Buffer>;
  /** Inside a transaction only. */
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

export type RowRange = Pick<RangeOptions, "start" | "end" | "limit" | "reverse">;

export function sealRows(name: string, rows: Database<Buffer, Buffer>): Rows {
  function opened(key: Buffer, sealed: Buffer): Buffer {
    if (!isSealed(key, sealed)) throw new StoredDamage(`the row ${describeRow(name, key)} is damaged`);
    return sealed.subarray(0, -SEAL_BYTES);
  }

  function* range(query: RowRange): Generator<{ key: Buffer; value: Buffer }> {
    for (const { key, value } of rows.getRange(query)) yield { key, value: opened(key, value) };
  }

  return {
    name,
    getBinary: (key) => {
      const sealed = rows.getBinary(key);
      return sealed === undefined ? undefined : opened(key, sealed);
    },
    getRange: range,
    getKeys: (query = {}) => rows.getKeys(query),
    put: (key, value) => void rows.put(key, seal(key, value)),
    remove: (key) => void rows.remove(key),
  };
}

/** Values of `sealable`, with the buffers that have room for their seals. */
const sealables = new WeakMap<Buffer, Buffer>();

/** A value of `length` bytes, to be filled and put once: its seal goes behind it, without a copy of the value. */
export function sealable(length: number): Buffer {
  const roomy = Buffer.allocUnsafeSlow(length + SEAL_BYTES);
  const value = roomy.subarray(0, length);
  sealables.set(value, roomy);
  return value;
}

export function seal(key: Buffer, value: Buffer): Buffer {
  const sealed = sealables.get(value) ?? Buffer.allocUnsafe(value.length + SEAL_BYTES);
  if (!sealables.delete(value)) value.copy(sealed);
  sealed.writeUInt32LE(crc32(value, crc32(key)), value.length);
  return sealed;
}

export function isSealed(key: Buffer, sealed: Buffer): boolean {
  const at = sealed.length - SEAL_BYTES;
  return at >= 0 && sealed.readUInt32LE(at) === crc32(sealed.subarray(0, at), crc32(key));
}

/** The table and the readable part of a key: the bytes of ids and separators are left out. */
export function describeRow(name: string, key: Buffer): string {
  const text = key.toString("utf8").replace(/[\p{Cc}\ufffd]+/gu, "/");
  return `"${text.replace(/^\/|\/$/g, "").slice(0, 200)}" of ${name}`;
}
