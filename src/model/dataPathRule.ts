/** What a place in a datastore may look like, so that nothing later leaves its container or folder. */
import type { DataPath } from "./definition";

/** Blob names end at 1,024 characters; a path may be empty (the container's root) or end in `/` (a folder). */
export function isDataPath({ datastore, path }: DataPath): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(datastore) && isDataPathText(path);
}

/** A path below a step's directory, or an absolute one, that says where it leads without dots. */
export function isPlaceOnCompute(path: string): boolean {
  return path !== "" && path !== "/" && isDataPathText(path.replace(/^\//, ""));
}

/** A path inside a datastore in which only the two placeholders of v1 are in braces. */
export function isDestination(template: string): boolean {
  return isDataPathText(template) && !/[{}]/.test(template.replaceAll(/\{run-id\}|\{output-name\}/g, ""));
}

export function isDataPathText(path: string): boolean {
  if (path.length > 1024 || /[\\\p{Cc}]/u.test(path)) return false;
  const parts = path.replace(/\/$/, "").split("/");
  return path === "" || parts.every((part) => part !== "" && part !== "." && part !== "..");
}
