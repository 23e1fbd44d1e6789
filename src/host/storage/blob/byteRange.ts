/** Owns: the `Range` of a read. Pure. Source: "Specifying the range header for Blob service operations". */
import { invalidHeader, StorageError } from "../http/storageError";

/** Inclusive ends. */
export interface ReadRange {
  readonly start: number;
  readonly end: number;
}

/** The part of `size` bytes that a range names, cut at the end; undefined for no range. 416 when it starts behind it. */
export function parseRange(text: string | undefined, size: number): ReadRange | undefined {
  if (text === undefined) return undefined;
  const [, from, to] = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(text.trim()) ?? [];
  if (from === undefined) throw invalidHeader("Range", text);
  const start = Number(from);
  const end = to === undefined ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== undefined && Number(to) < start) throw invalidHeader("Range", text);
  if (start >= size)
    throw new StorageError(
      416,
      "InvalidRange",
      "The range specified is invalid for the current size of the resource.",
      {
        "Content-Range": `bytes */${size}`,
      },
    );
  return { start, end };
}
