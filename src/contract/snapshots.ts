/** Snapshots of source directories. Source: spec azureml-v1-wire.md §3.5, §4.3. */
import { directoryTree } from "./directoryTree";
import { relativePath } from "./relativePath";
import { anything, integer, listOf, mapOf, orElse, orNull, text, wireObject, type ValueOf } from "./wireType";

/** Body of `snapshots/getblob`: relative paths with forward slashes. */
export const uploadTargetRequest = wireObject({ fileNames: ["FileNames", listOf(relativePath)] });

const fileNode = wireObject({
  path: ["fullName", relativePath],
  /** URL with a SAS that lets the caller put this one blob. */
  blobUri: ["blobUri", text],
});

export const uploadTargetList = wireObject({ fileNodes: ["fileNodes", listOf(fileNode)] });

const uploadedFile = wireObject({
  path: ["FullName", relativePath],
  /** The URL that `getblob` gave, with or without its SAS. */
  blobUri: ["BlobUri", text],
  size: ["FileSize", integer],
});

const fileRevisionList = wireObject({ files: ["FileNodes", listOf(uploadedFile)] });

/** Body of `POST snapshots/{id}`: the complete tree, and the files that were uploaded for it. */
export const snapshotCreation = wireObject({
  parentId: ["ParentSnapshotId", orNull(text)],
  tags: ["Tags", mapOf(text)],
  properties: ["Properties", mapOf(text)],
  /** Every file of the snapshot, as relative paths. */
  paths: ["DirTreeNode", directoryTree],
  uploaded: ["FileRevisionList", orElse(fileRevisionList, { files: [] })],
});

export type SnapshotCreation = ValueOf<typeof snapshotCreation>;

/** Answer of `snapshots/latest/metadata`; `id` null = there is none to build on. */
export const latestSnapshot = wireObject({
  id: ["id", orNull(text)],
  root: ["root", anything],
});
