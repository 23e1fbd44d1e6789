/**
 * Owns: the one way in which a file becomes durable here: written under `incoming/`, synced, renamed into `content/`,
 * the directory synced. Must not: know what the file is for.
 *
 * Invariants:
 * D1. A file in `content/` is complete: it got its name only after its bytes were synced.
 * D2. The name survives a power cut before `publish` resolves (directories cannot be synced on Windows, where the
 *     rename is made durable by the file system's own journal).
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

/** A file being written; nothing sees it before `publish`. */
export interface IncomingFile {
  readonly name: string;
  write(bytes: Buffer): Promise<void>;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

export interface FileShelf {
  create(): Promise<IncomingFile>;
  path(name: string): string;
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** Opens the folder of content files; whatever an earlier process left under `incoming/` is removed. */
export async function openFileShelf(dir: string): Promise<FileShelf> {
  const incoming = join(dir, "incoming");
  const content = join(dir, "content");
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  await mkdir(content, { recursive: true });
  return {
    create: () => createIncoming(incoming, content),
    path: (name) => join(content, name),
    remove: (name) => rm(join(content, name), { force: true }),
    list: () => readdir(content),
  };
}

async function createIncoming(incoming: string, content: string): Promise<IncomingFile> {
  const name = randomUUID();
  const source = join(incoming, name);
  const file = await open(source, "wx", 0o600);
  return {
    name,
    write: (bytes) => writeAll(file, bytes),
    publish: async () => {
      await file.datasync();
      await file.close();
      await rename(source, join(content, name));
      await syncDirectory(content);
    },
    discard: async () => {
      await file.close().catch(() => undefined);
      await rm(source, { force: true });
      await rm(join(content, name), { force: true });
    },
  };
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) offset += (await file.write(bytes, offset)).bytesWritten;
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
