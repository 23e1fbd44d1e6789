/** What a place in a datastore may look like, so that nothing later leaves its container or folder. */
import type { DataPath } from "./definition";

/** Blob names end at 1,024 characters; a path may be empty (the container's root) or end in `/` (a folder). */
export function isDataPath({ datastore, path }: DataPath): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(datastore) && isDataPathText(path);
}

export function isDataPathText(path: string): boolean {
  if (path.length > 1024 || /[\\\p{Cc}]/u.test(path)) return false;
  const parts = path.replace(/\/$/, "").split("/");
  return path === "" || parts.every((part) => part !== "" && part !== "." && part !== "..");
}
