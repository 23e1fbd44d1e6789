/**
 * Remembers the hashes of a source directory's files between submissions, so that an unchanged directory is only
 * looked at, not read.
 *
 * Invariants:
 * 1. A hash is believed only while size, both times, inode and device of the file are what they were.
 * 2. A file that was touched within the last two seconds before it was hashed is not remembered: a file system may
 *    tell no later change in the same instant from that one.
 * 3. The cache may be missing, damaged, or of another version at any time: then everything is hashed again.
 */
import { createHash, randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

/** How coarse a file system's clock may be: FAT's is two seconds. */
const coarsestClockNs = 2_000_000_000n;
/** Directories that are remembered; the longest unused go first. */
const mostDirectories = 200;

const document = z.object({
  format: z.literal(1),
  directory: z.string(),
  snapshotId: z.string().nullable(),
  files: z.record(z.string(), z.tuple([z.string(), z.string()])),
});

type Entries = Readonly<Record<string, readonly [stamp: string, hash: string]>>;

export interface RememberedDirectory {
  /** The snapshot that was last made of the directory, to build on; null = none is known. */
  readonly snapshotId: string | null;
  readonly files: Entries;
}

/** Where a user's caches belong on this system; `SLUICE_CACHE_DIR` wins. */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = env["SLUICE_CACHE_DIR"];
  if (given !== undefined && given !== "") return resolve(given);
  if (process.platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "sluice", "cache");
  }
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "sluice");
  return join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluice");
}

/** What tells one state of a file from the next, as text. */
export function stampOf({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino, dev].join(" ");
}

/** Whether a file that was hashed at `hashedAtMs` (epoch) can be told from itself after a later change. */
export function isSettled({ mtimeNs, ctimeNs }: BigIntStats, hashedAtMs: number): boolean {
  const newest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return newest + coarsestClockNs < BigInt(Math.floor(hashedAtMs)) * 1_000_000n;
}

export async function readHashCache(cacheFolder: string, directory: string): Promise<RememberedDirectory> {
  const nothing = { snapshotId: null, files: {} };
  try {
    const read = document.parse(JSON.parse(await readFile(fileOf(cacheFolder, directory), "utf8")));
    return read.directory === resolve(directory) ? read : nothing;
  } catch {
    return nothing;
  }
}

/** Replaces what was remembered; a cache that cannot be written is gone without. */
export async function writeHashCache(
  cacheFolder: string,
  directory: string,
  remembered: RememberedDirectory,
): Promise<void> {
  const file = fileOf(cacheFolder, directory);
  const draft = `${file}.${randomUUID()}`;
  const text = JSON.stringify({ format: 1, directory: resolve(directory), ...remembered });
  try {
    await mkdir(sourcesFolder(cacheFolder), { recursive: true, mode: 0o700 });
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, file);
    await forgetOldest(sourcesFolder(cacheFolder));
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

const sourcesFolder = (cacheFolder: string): string => join(cacheFolder, "sources");

function fileOf(cacheFolder: string, directory: string): string {
  const name = createHash("sha256").update(resolve(directory)).digest("hex").slice(0, 32);
  return join(sourcesFolder(cacheFolder), `${name}.json`);
}

async function forgetOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= mostDirectories) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, usedAt: (await stat(join(folder, name))).mtimeMs })),
  );
  const oldest = aged.sort((a, b) => a.usedAt - b.usedAt).slice(0, names.length - mostDirectories);
  await Promise.all(oldest.map(({ name }) => rm(join(folder, name), { force: true })));
}
