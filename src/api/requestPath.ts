/** A request's path, taken apart once: no segment that reaches a handler can mean more than it says. */
import { hasControlCharacters } from "../contract/wireType";

const maxPathLength = 4096;
const maxSegmentLength = 1024;

/** Decoded segments, or undefined when the path is over-long, badly encoded, or holds control characters or dot segments. */
export function parseRequestPath(path: string): readonly string[] | undefined {
  if (path.length > maxPathLength || !path.startsWith("/")) return undefined;
  const raw = path.slice(1).replace(/\/$/, "");
  if (raw === "") return [];
  const segments = raw.split("/").map(decodeSegment);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

function decodeSegment(raw: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (segment.length > maxSegmentLength || hasControlCharacters(segment)) return undefined;
  return segment === "." || segment === ".." ? undefined : segment;
}
