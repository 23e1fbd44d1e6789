/**
 * Owns: telling, before LMDB maps a file, whether it can be an LMDB file at all. LMDB trusts its file: a foreign or cut
 * one ends the whole process with a fault instead of an error. Must not: repair.
 *
 * Invariants:
 * F1. A file that LMDB wrote and the file system kept passes, whatever moment the process died at: only the two meta
 *     pages are judged, and the newer one's tree roots must lie inside the file.
 */
import { open } from "node:fs/promises";

import { newestMeta, NO_PAGE } from "./pageFormat";

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
    const meta = newestMeta(file.fd);
    if (meta === undefined) return "it is not an LMDB file, or its first pages are damaged";
    const pages = Math.floor(size / meta.pageSize);
    const roots = [meta.free.root, meta.main.root];
    return roots.some((root) => root !== NO_PAGE && root >= pages) ? "it is cut short" : undefined;
  } finally {
    await file.close();
  }
}
