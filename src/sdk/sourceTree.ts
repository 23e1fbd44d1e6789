/** A source directory with the hash of every file; those that did not change since the last time are not read. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { inParallel } from "../model/inParallel";
import type { Problem } from "../model/problem";
import type { TreeFile } from "../model/snapshotTree";
import { isSettled, readHashCache, stampOf, writeHashCache } from "./hashCache";
import {
  changingFile,
  listSourceDirectory,
  SourceDirectoryError,
  unreadableFile,
  type SourceFile,
} from "./sourceDirectory";

export interface HashedFile extends TreeFile {
  readonly localPath: string;
}

export interface SourceTree {
  readonly directory: string;
  /** Sorted by path. */
  readonly files: readonly HashedFile[];
  /** A snapshot that was made of this directory before; null = none is known. */
  readonly lastSnapshotId: string | null;
  /** Keeps what was learnt for the next time, with the snapshot that it became. */
  remember(snapshotId: string): Promise<void>;
}

/** How often a file is hashed that changes while it is read. */
const mostTries = 3;

/** SHA-256 over paths and contents is made of these hashes; throws `SourceDirectoryError`. */
export async function readSourceTree(directory: string, cacheFolder: string): Promise<SourceTree> {
  const [listed, remembered] = await Promise.all([
    listSourceDirectory(directory),
    readHashCache(cacheFolder, directory),
  ]);
  let isNew = false;
  const entries: Record<string, readonly [string, string]> = {};
  const problems: Problem[] = [];
  const files = await inParallel(listed, async (file): Promise<HashedFile> => {
    const { path, localPath, size } = file;
    const stamp = stampOf(file.stats);
    const known = Object.hasOwn(remembered.files, path) ? remembered.files[path] : undefined;
    if (known?.[0] === stamp) {
      entries[path] = known;
      return { path, localPath, size, hash: known[1] };
    }
    isNew = true;
    const hashed = await hashWhole(file);
    if (hashed.status === "failed") {
      problems.push(hashed.problem);
      return { path, localPath, size, hash: "" };
    }
    if (hashed.isSettled) entries[path] = [hashed.stamp, hashed.hash];
    return { path, localPath, size: hashed.size, hash: hashed.hash };
  });
  if (problems.length > 0) throw new SourceDirectoryError(directory, problems);
  return {
    directory,
    files,
    lastSnapshotId: remembered.snapshotId,
    async remember(snapshotId) {
      if (!isNew && snapshotId === remembered.snapshotId) return;
      await writeHashCache(cacheFolder, directory, { snapshotId, files: entries });
    },
  };
}

type Hashed =
  | {
      readonly status: "hashed";
      readonly hash: string;
      readonly size: number;
      readonly stamp: string;
      readonly isSettled: boolean;
    }
  | { readonly status: "failed"; readonly problem: Problem };

/** The hash of one state of the file: it was the same before and after it was read. */
async function hashWhole({ path, localPath }: SourceFile): Promise<Hashed> {
  try {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const before = await stat(localPath, { bigint: true });
      const hashedAtMs = Date.now();
      const { hash, size } = await hashFile(localPath);
      const after = await stat(localPath, { bigint: true });
      const stamp = stampOf(after);
      if (stampOf(before) !== stamp || BigInt(size) !== after.size) continue;
      return { status: "hashed", hash, size, stamp, isSettled: isSettled(after, hashedAtMs) };
    }
    return { status: "failed", problem: changingFile(path) };
  } catch (error) {
    return { status: "failed", problem: unreadableFile(path, error) };
  }
}

async function hashFile(localPath: string): Promise<{ readonly hash: string; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(localPath, {
    highWaterMark: 1024 * 1024,
  }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { hash: hash.digest("hex"), size };
}
