/** Snapshots of source directories. Source: spec azureml-v1-wire.md §3.5, §4.3. */
import { directoryTree } from "./directoryTree";
import { relativePath } from "./relativePath";
import {
  anything,
  integer,
  listOf,
  mapOf,
  matching,
  orElse,
  orNull,
  size,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

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

const contentHash = matching(/^[0-9a-f]{64}$/, "a SHA-256 in 64 digits of lower-case hex");

const hashedContent = wireObject({ hash: ["hash", contentHash], size: ["size", size] });

/** Body of `snapshots/missing`, an addition of Sluice: bytes that the client has, by their hashes. */
export const missingContentRequest = wireObject({
  parentId: ["parentId", orNull(text)],
  contents: ["contents", listOf(hashedContent)],
});

const contentTarget = wireObject({ hash: ["hash", contentHash], blobUrl: ["blobUri", text] });

/** Its answer: those that the service lacks, each with a URL to put them to. */
export const missingContent = wireObject({ targets: ["targets", listOf(contentTarget)] });

const treeFile = wireObject({
  path: ["path", relativePath],
  size: ["size", size],
  hash: ["hash", contentHash],
});

/** Body of `PUT snapshots/{id}`, an addition of Sluice: the whole tree by hashes, and what was uploaded for it. */
export const contentSnapshot = wireObject({
  parentId: ["parentId", orNull(text)],
  files: ["files", listOf(treeFile)],
  uploads: ["uploads", listOf(contentTarget)],
});

/** A snapshot as `GET snapshots/{id}` and `PUT snapshots/{id}` tell it: additions of Sluice. */
export const snapshotEntity = wireObject({
  id: ["id", text],
  contentHash: ["contentHash", contentHash],
  fileCount: ["fileCount", integer],
  size: ["size", integer],
});
