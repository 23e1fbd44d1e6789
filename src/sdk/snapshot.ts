/** Snapshots of source directories: the service hands out one upload address per file, and records the whole. */
import { snapshotCreation, uploadTargetList, uploadTargetRequest } from "../contract/snapshots";
import { putBlob } from "./blobCall";
import type { Workspace } from "./workspace";

export interface SourceFile {
  /** Relative to the source directory, with forward slashes. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** Uploads the files and records them as snapshot `id`, which the caller chose. */
export async function createSnapshot(
  workspace: Workspace,
  id: string,
  files: readonly SourceFile[],
): Promise<void> {
  const { client, routes } = workspace;
  const paths = files.map(({ path }) => path);
  const request = uploadTargetRequest.encode({ fileNames: paths });
  const { fileNodes } = await client.post(routes.snapshotUploads, request, uploadTargetList);
  const uploaded = await Promise.all(files.map((file) => uploadFile(file, fileNodes)));
  const creation = { parentId: null, tags: {}, properties: {}, paths, uploaded: { files: uploaded } };
  await client.send({ method: "POST", path: routes.snapshot(id), body: snapshotCreation.encode(creation) });
}

async function uploadFile(
  { path, content }: SourceFile,
  targets: readonly { readonly path: string; readonly blobUri: string }[],
): Promise<{ path: string; blobUri: string; size: number }> {
  const target = targets.find((each) => each.path === path);
  if (target === undefined) throw new Error(`The service gave no address to upload ${path} to.`);
  await putBlob(target.blobUri, content);
  return { path, blobUri: target.blobUri, size: content.length };
}
