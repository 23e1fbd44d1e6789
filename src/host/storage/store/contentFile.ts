/**
 * Owns: the form of a content file: its bytes, then a CRC-32 of each block of them. Must not: know which blob it is.
 *
 * Invariants:
 * B1. No byte is given out before the checksum of its block agreed, so a garbled, cut or exchanged file is never
 *     answered as if it were data; a range costs at most one block more at each end.
 * B2. Memory is constant: a few blocks, and four bytes for each block of the file.
 */
import { statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

import { StoredDamage } from "./damage";
import type { FileShelf, IncomingFile } from "./durableFile";

const BLOCK = 64 * 1024;
const SUM_BYTES = 4;
/** Blocks read at once. */
const READ_STEP = 4;

/** Where the bytes of a chunk lie. */
export interface ContentFile {
  readonly file: string;
  /** Bytes without the checksums. */
  readonly size: number;
}

/** A file to receive bytes; `publish` adds their checksums. */
export async function createContentFile(shelf: FileShelf): Promise<IncomingFile> {
  const file = await shelf.create();
  const sums = new BlockSums(file.name);
  return {
    name: file.name,
    write: async (bytes) => {
      sums.add(bytes);
      await file.write(bytes);
    },
    publish: async () => {
      await file.write(sums.close());
      await file.publish();
    },
    discard: () => file.discard(),
  };
}

/** Each block's checksum starts from the file's name and the block's place, so that no other block passes for it. */
function startOf(name: string, block: number): number {
  return crc32(`${name}:${block}`);
}

class BlockSums {
  readonly #sums: number[] = [];
  #current: number;
  #filled = 0;

  constructor(private readonly name: string) {
    this.#current = startOf(name, 0);
  }

  add(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length;) {
      const part = bytes.subarray(offset, offset + BLOCK - this.#filled);
      this.#current = crc32(part, this.#current);
      this.#filled += part.length;
      offset += part.length;
      if (this.#filled === BLOCK) this.#next();
    }
  }

  #next(): void {
    this.#sums.push(this.#current);
    this.#current = startOf(this.name, this.#sums.length);
    this.#filled = 0;
  }

  close(): Buffer {
    if (this.#filled > 0) this.#next();
    const bytes = Buffer.allocUnsafe(this.#sums.length * SUM_BYTES);
    for (const [index, sum] of this.#sums.entries()) bytes.writeUInt32LE(sum, index * SUM_BYTES);
    return bytes;
  }
}

/** What a look at the file's length tells; undefined when it is right. */
export function findLengthDamage(path: string, { size }: ContentFile): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  const expected = size + Math.ceil(size / BLOCK) * SUM_BYTES;
  if (found === undefined) return `${path} is missing`;
  return found.size === expected ? undefined : `${path} has ${found.size} bytes instead of ${expected}`;
}

/** Bytes `start` to `end` (inclusive); throws `StoredDamage` (B1). */
export async function* readContentFile(
  path: string,
  stored: ContentFile,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const handle = await openStored(path);
  try {
    const first = Math.floor(start / BLOCK);
    const last = Math.floor(end / BLOCK);
    const sums = await readAt(handle, path, stored.size + first * SUM_BYTES, (last - first + 1) * SUM_BYTES);
    for (let block = first; block <= last; block += READ_STEP) {
      const from = block * BLOCK;
      const bytes = await readAt(handle, path, from, Math.min(READ_STEP * BLOCK, stored.size - from));
      const isWhole = holdsBlocks(
        bytes,
        stored.file,
        block,
        last,
        sums.subarray((block - first) * SUM_BYTES),
      );
      if (!isWhole)
        throw new StoredDamage(`${path} is damaged between bytes ${from} and ${from + bytes.length}`);
      yield bytes.subarray(Math.max(0, start - from), Math.min(bytes.length, end + 1 - from));
    }
  } finally {
    await handle.close();
  }
}

function holdsBlocks(bytes: Buffer, name: string, first: number, last: number, sums: Buffer): boolean {
  for (let index = 0; index * BLOCK < bytes.length && first + index <= last; index++) {
    const part = bytes.subarray(index * BLOCK, (index + 1) * BLOCK);
    if (crc32(part, startOf(name, first + index)) !== sums.readUInt32LE(index * SUM_BYTES)) return false;
  }
  return true;
}

async function openStored(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new StoredDamage(`${path} is missing`);
    throw error;
  }
}

async function readAt(handle: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new StoredDamage(`${path} is cut short at ${position + filled}`);
    filled += bytesRead;
  }
  return bytes;
}
