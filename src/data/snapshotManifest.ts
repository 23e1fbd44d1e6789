/**
 * The document of a snapshot: `snapshots/<id>.json` in the system container.
 *
 * 1. It is written insert-only and last: a snapshot that can be found is whole.
 * 2. A document of the first format, which named uploaded blobs and knew no hashes, still reads. Its files bear hashes
 *    made of the blob's version, which equal no content's.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { treeText, type TreeFile } from "../model/snapshotTree";
import { contentName } from "./contentName";
import type { Snapshot } from "./snapshots";

/** A file with the place of its bytes in the system container. */
export interface ManifestFile extends TreeFile {
  readonly blobName: string;
  /** The version that the snapshot was made of, where the blob could still be written over; null = it cannot. */
  readonly etag: string | null;
}

export interface Manifest extends Snapshot {
  readonly files: readonly ManifestFile[];
}

const hashedFile = z.object({ path: z.string(), size: z.number(), hash: z.string() });
const uploadedFile = z.object({
  path: z.string(),
  size: z.number(),
  blobName: z.string(),
  etag: z.string(),
});
const current = z.object({ contentHash: z.string(), files: z.array(hashedFile) });
const first = z.object({ files: z.array(uploadedFile) });

export const manifestName = (id: string): string => `snapshots/${id}.json`;

export function contentHashOf(files: readonly TreeFile[]): string {
  return sha256(treeText(files));
}

export function encodeManifest({ contentHash, files }: Snapshot): string {
  return JSON.stringify({
    contentHash,
    files: files.map(({ path, size, hash }) => ({ path, size, hash })),
  });
}

export function decodeManifest(id: string, text: string): Manifest {
  const body: unknown = JSON.parse(text);
  const hashed = current.safeParse(body);
  if (hashed.success) {
    const { contentHash, files } = hashed.data;
    return {
      id,
      contentHash,
      files: files.map((file) => ({ ...file, blobName: contentName(file.hash), etag: null })),
    };
  }
  const files = first
    .parse(body)
    .files.map((file) => ({ ...file, hash: sha256(`${file.blobName}\n${file.etag}`) }));
  return { id, contentHash: contentHashOf(files), files };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
