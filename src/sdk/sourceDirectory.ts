/** A step's source directory as it is uploaded: every file but what tools leave behind. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceFile } from "./snapshot";

/** Files below `folder`, sorted by path. Names that start with a dot and Python's caches stay behind. */
export async function readSourceDirectory(folder: string, prefix = ""): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const wanted = entries.filter(({ name }) => !name.startsWith(".") && name !== "__pycache__");
  const lists = await Promise.all(
    wanted.map(async (entry): Promise<readonly SourceFile[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return readSourceDirectory(path, `${prefix}${entry.name}/`);
      return entry.isFile() ? [{ path: prefix + entry.name, content: await readFile(path) }] : [];
    }),
  );
  return lists.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 in hex over names and contents: equal exactly for equal directories. */
export function contentFingerprint(files: readonly SourceFile[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of files) hash.update(`${path}\n${content.length}\n`).update(content);
  return hash.digest("hex");
}
