/**
 * A file that somebody appends to, carried into an append blob as it grows.
 *
 * Invariants:
 * 1. The blob is a prefix of the file at any moment: every block is appended at the position it was read from, so that a
 *    repeated or late append is refused rather than doubled.
 * 2. Memory is one block, however long the file is.
 * 3. The blob itself remembers how far it is; a restart goes on from there.
 */
import { open, type FileHandle } from "node:fs/promises";
import type { AppendBlobClient } from "@azure/storage-blob";
import { isNotFound, isPreconditionFailed } from "../../workspace/storageErrors";
import { isMissing } from "./attemptFolder";

export interface GrowingLog {
  /** Whether the blob was begun by this process. */
  readonly isBegun: boolean;
  /** Appends what is new. Nothing happens while the file is not there. */
  push(): Promise<void>;
}

/** The largest block that every version of the service takes. */
const blockBytes = 4 * 1024 * 1024;

export function createGrowingLog(
  blob: AppendBlobClient,
  file: string,
  metadata: Readonly<Record<string, string>>,
): GrowingLog {
  let position: number | undefined;

  async function begin(): Promise<number> {
    try {
      const { contentLength } = await blob.getProperties();
      return contentLength ?? 0;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await blob.create({
      metadata: { ...metadata },
      blobHTTPHeaders: { blobContentType: "text/plain; charset=utf-8" },
    });
    return 0;
  }

  async function append(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat();
    position ??= await begin();
    while (position < size) {
      const block = Buffer.allocUnsafe(Math.min(blockBytes, size - position));
      const { bytesRead } = await handle.read(block, 0, block.length, position);
      if (bytesRead === 0) return;
      await blob.appendBlock(block.subarray(0, bytesRead), bytesRead, {
        conditions: { appendPosition: position },
      });
      position += bytesRead;
    }
  }

  async function pushOnce(): Promise<void> {
    let handle: FileHandle;
    try {
      handle = await open(file, "r");
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    try {
      await append(handle);
    } finally {
      await handle.close();
    }
  }

  return {
    get isBegun() {
      return position !== undefined;
    },
    async push() {
      try {
        await pushOnce();
      } catch (error) {
        // Another process has appended, or an answer was lost: the blob says where it is.
        position = undefined;
        if (!isPreconditionFailed(error)) throw error;
        await pushOnce();
      }
    },
  };
}
