/** A path below some root with forward slashes, that cannot lead out of it on any operating system. */
import { z } from "zod";
import { hasControlCharacters, type WireType } from "./wireType";

const expected =
  "a relative path with forward slashes, without empty, . or .. parts, at most 1024 characters";

export const relativePath: WireType<string> = {
  schema: z.string().refine(isRelativePath, expected),
  encode: (value) => value,
};

/** Whether a path stays below its root: no drive, no backslash, no control character, no empty, `.` or `..` part. */
export function isRelativePath(path: string): boolean {
  if (path.length === 0 || path.length > 1024) return false;
  if (path.includes("\\") || hasControlCharacters(path)) return false;
  if (/^[A-Za-z]:/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
