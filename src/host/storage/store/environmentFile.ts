/**
 * Owns: telling, before LMDB maps a file, whether it can be an LMDB file at all. LMDB trusts its file: a foreign or cut
 * one ends the whole process with a fault instead of an error. Must not: repair.
 *
 * Invariants:
 * F1. A file that LMDB wrote and the file system kept passes, whatever moment the process died at: only the two meta
 *     pages are judged, and the newer one's tree roots must lie inside the file.
 */
import { open } from "node:fs/promises";

const MAGIC = 0xbeefc0de;
/** Offsets inside a page: behind its 24 byte header follow magic, version, address, map size and two tree records. */
const AT = { magic: 24, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152 } as const;
const META_BYTES = 160;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;

interface Meta {
  readonly pageSize: number;
  readonly transaction: bigint;
  readonly roots: readonly bigint[];
}

/** What is wrong with the file, in words; undefined when it is fine, empty or not there. */
export async function findFileDamage(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const first = await readMeta(file, 0);
    const second = first === undefined ? undefined : await readMeta(file, first.pageSize);
    if (first === undefined || second === undefined)
      return "it is not an LMDB file, or its first pages are damaged";
    const newer = second.transaction > first.transaction ? second : first;
    const pages = BigInt(Math.floor(size / newer.pageSize));
    return newer.roots.some((root) => root !== NO_ROOT && root >= pages) ? "it is cut short" : undefined;
  } finally {
    await file.close();
  }
}

async function readMeta(file: Awaited<ReturnType<typeof open>>, position: number): Promise<Meta | undefined> {
  const bytes = Buffer.alloc(META_BYTES);
  const { bytesRead } = await file.read(bytes, 0, META_BYTES, position);
  if (bytesRead < META_BYTES || bytes.readUInt32LE(AT.magic) !== MAGIC) return undefined;
  const pageSize = bytes.readUInt32LE(AT.pageSize);
  if (position === 0 && (pageSize < 256 || pageSize > 65_536)) return undefined;
  return {
    pageSize,
    transaction: bytes.readBigUInt64LE(AT.transaction),
    roots: [bytes.readBigUInt64LE(AT.freeRoot), bytes.readBigUInt64LE(AT.mainRoot)],
  };
}
