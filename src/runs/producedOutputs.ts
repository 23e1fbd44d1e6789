/**
 * What a step left at its outputs, as it is recorded, and what became of it since. Pure.
 *
 * 1. An output is as it was recorded exactly when the same blobs are there with the same ETags, and no others.
 * 2. A record fits into a row beside others: of large outputs only the number of blobs and a hash are kept.
 */
import { z } from "zod";
import { byCodeUnit } from "./decide";
import { cutText, longestColumn } from "./rowText";

/** A blob of an output, by its path in the datastore. */
export interface ProducedBlob {
  readonly path: string;
  readonly etag: string;
}

export interface ProducedOutput {
  readonly name: string;
  readonly count: number;
  /** SHA-256 over paths and ETags. */
  readonly hash: string;
  /** The blobs themselves, where there are few. */
  readonly blobs?: readonly ProducedBlob[] | undefined;
}

export const producedOutputs: z.ZodType<readonly ProducedOutput[]> = z.array(
  z.object({
    name: z.string(),
    count: z.number(),
    hash: z.string(),
    blobs: z.array(z.object({ path: z.string(), etag: z.string() })).optional(),
  }),
);

export interface FoundOutput {
  readonly name: string;
  readonly blobs: readonly ProducedBlob[];
}

/** `hash` is SHA-256 in hex. */
export function recordOutputs(
  found: readonly FoundOutput[],
  hash: (text: string) => string,
): readonly ProducedOutput[] {
  const briefly = found.map((output) => ({
    name: output.name,
    count: output.blobs.length,
    hash: hashOf(output, hash),
  }));
  let room = longestColumn - JSON.stringify(briefly).length;
  return found.map((output, at) => {
    const blobs = sorted(output);
    room -= JSON.stringify(blobs).length + '"blobs":,'.length;
    const brief = briefly[at] as ProducedOutput;
    return room < 0 ? brief : { ...brief, blobs };
  });
}

/** What is wrong with the outputs, in plain words; null when nothing is. `since` is when they were recorded. */
export function damageOf(
  recorded: readonly ProducedOutput[],
  found: readonly FoundOutput[],
  since: string,
  hash: (text: string) => string,
): string | null {
  const now = new Map(found.map((output) => [output.name, output]));
  for (const output of recorded) {
    const there = now.get(output.name) ?? { name: output.name, blobs: [] };
    if (hashOf(there, hash) === output.hash) continue;
    return cutText(`output ${output.name}: ${difference(output, there)} since ${since}`, 1_000);
  }
  return null;
}

function difference({ count, blobs }: ProducedOutput, there: FoundOutput): string {
  if (blobs === undefined) {
    return count === there.blobs.length
      ? `some of its ${count} blobs were written anew`
      : `it held ${count} blobs and holds ${there.blobs.length},`;
  }
  const now = new Map(there.blobs.map(({ path, etag }) => [path, etag]));
  const missing = blobs.find(({ path }) => !now.has(path));
  if (missing !== undefined) return `blob ${missing.path} is missing`;
  const changed = blobs.find(({ path, etag }) => now.get(path) !== etag);
  if (changed !== undefined) return `blob ${changed.path} was overwritten`;
  const known = new Set(blobs.map(({ path }) => path));
  const added = there.blobs.find(({ path }) => !known.has(path));
  return `blob ${added?.path ?? ""} was added`;
}

function sorted({ blobs }: FoundOutput): readonly ProducedBlob[] {
  return [...blobs].sort((a, b) => byCodeUnit(a.path, b.path));
}

function hashOf(output: FoundOutput, hash: (text: string) => string): string {
  return hash(JSON.stringify(sorted(output).map(({ path, etag }) => [path, etag])));
}
