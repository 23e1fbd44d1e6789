import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

/**
 * Makes a folder and what is missing above it; throws the system's error where nothing can be made. Node's own
 * recursive mkdir never returns below a folder such as /proc, in which making one says that the parent is missing.
 */
export function makeFolder(folder: string): void {
  const absolute = path.resolve(folder);
  try {
    mkdirSync(absolute);
  } catch (error) {
    if (existsSync(absolute)) return;
    const parent = path.dirname(absolute);
    if (parent === absolute || existsSync(parent)) throw error;
    makeFolder(parent);
    mkdirSync(absolute);
  }
}
