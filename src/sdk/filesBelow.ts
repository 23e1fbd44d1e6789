/** Files below a folder with their paths relative to it, with forward slashes; links are not followed. */
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

export async function filesBelow(
  folder: string,
): Promise<readonly { readonly localPath: string; readonly path: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((localPath) => ({ localPath, path: relative(folder, localPath).replaceAll(sep, "/") }));
}
