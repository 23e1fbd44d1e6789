/** Uploads files the way a client does: through the URLs that it was given. */
import { expect } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { Snapshots, SnapshotUpload } from "../../../src/data/snapshots";

export type Files = Readonly<Record<string, string>>;

export async function putBlob(url: string, body: string): Promise<number> {
  const headers = { "x-ms-blob-type": "BlockBlob" };
  return (await fetch(url, { method: "PUT", headers, body })).status;
}

export async function uploadFiles(snapshots: Snapshots, files: Files): Promise<readonly SnapshotUpload[]> {
  const targets = await snapshots.uploadTargets(Object.keys(files));
  return Promise.all(
    targets.map(async ({ path, blobUrl }) => {
      const content = files[path]!;
      expect(await putBlob(blobUrl, content)).toBe(201);
      return { path, blobUrl, size: Buffer.byteLength(content) };
    }),
  );
}

export async function takeSnapshot(
  snapshots: Snapshots,
  files: Files,
  parentId: string | null = null,
): Promise<string> {
  const id = randomUUID();
  const uploads = await uploadFiles(snapshots, files);
  expect(await snapshots.create(id, parentId, Object.keys(files), uploads)).toMatchObject({
    status: "created",
  });
  return id;
}
