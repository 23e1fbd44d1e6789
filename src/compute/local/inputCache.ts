/**
 * Content of blobs that steps have read, kept by address and version, so that a step that reads the same as an earlier one
 * copies instead of downloading.
 *
 * Invariants:
 * 1. A file appears whole, by rename, under the hash of the blob's address and ETag: it never changes, and what is not of the
 *    blob's size is not used.
 * 2. Steps get copies (blocks are shared where the file system can): whatever a script does to its input, the entry and
 *    other steps' inputs stay as they are.
 */
import { constants } from "node:fs";
import { createHash, randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobClient } from "@azure/storage-blob";
import { isMissing } from "./attemptFolder";

export interface BlobVersion {
  readonly etag: string;
  readonly size: number;
}

export interface InputCache {
  /** Puts that version of the blob at `target`, whose folder must exist. Fails when the blob has another version by now. */
  deliver(blob: BlobClient, version: BlobVersion, target: string): Promise<void>;
}

/** `onGrown` hears of every new entry's size. */
export function createInputCache(root: string, onGrown: (bytes: number) => void): InputCache {
  const fetching = new Map<string, Promise<void>>();

  async function fetch(blob: BlobClient, { etag, size }: BlobVersion, entry: string): Promise<void> {
    await mkdir(dirname(entry), { recursive: true, mode: 0o700 });
    const temporary = `${entry}.${randomUUID()}.tmp`;
    try {
      await blob.downloadToFile(temporary, 0, undefined, { conditions: { ifMatch: etag } });
      await rename(temporary, entry);
    } finally {
      await rm(temporary, { force: true });
    }
    onGrown(size);
  }

  /** Whether the entry is there; it counts as used now. */
  async function touch(entry: string, size: number): Promise<boolean> {
    try {
      if ((await stat(entry)).size !== size) return false;
      const now = new Date();
      await utimes(entry, now, now);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    async deliver(blob, version, target) {
      const key = createHash("sha256")
        .update(`${blob.url.split("?")[0]}\n${version.etag}`)
        .digest("hex");
      const entry = join(root, key.slice(0, 2), key);
      for (let tries = 1; ; tries++) {
        if (!(await touch(entry, version.size))) {
          const shared =
            fetching.get(entry) ?? fetch(blob, version, entry).finally(() => fetching.delete(entry));
          fetching.set(entry, shared);
          await shared;
        }
        try {
          await copyFile(entry, target, constants.COPYFILE_FICLONE);
          return;
        } catch (error) {
          // Evicted in between.
          if (!isMissing(error) || tries === 3) throw error;
        }
      }
    },
  };
}
