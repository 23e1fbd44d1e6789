/** What v1's hash_paths add to a step: files that make another step when they change, beside its source directory. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { listSourceDirectory, SourceDirectoryError, unreadableFile } from "./sourceDirectory";

/**
 * SHA-256 in hex over names and contents: equal exactly for equal files. A path is absolute or named from `directory`; a
 * folder stands for all that a source directory would take of it. Throws `SourceDirectoryError`, also when a path leads
 * nowhere.
 */
export async function hashOfPaths(directory: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [...paths].sort()) {
    for (const file of await filesOf(directory, path)) {
      const content = await readFile(file.localPath);
      hash.update(`${file.path}\n${content.length}\n`).update(content);
    }
  }
  return hash.digest("hex");
}

interface NamedFile {
  readonly path: string;
  readonly localPath: string;
}

async function filesOf(directory: string, path: string): Promise<readonly NamedFile[]> {
  const localPath = resolve(directory, path);
  const found = await stat(localPath).catch((error: unknown) => {
    throw new SourceDirectoryError(directory, [unreadableFile(path, error)]);
  });
  if (!found.isDirectory()) return [{ path, localPath }];
  const files = await listSourceDirectory(localPath);
  return files.map((file) => ({ path: `${path}/${file.path}`, localPath: file.localPath }));
}
