/**
 * Snapshots of source directories.
 *
 * 1. A directory that is known to the service already costs one question: its id is made of its content.
 * 2. Only files that the service lacks go up, wherever they came from first.
 * 3. What goes up is what was hashed: a file that changes on its way starts the work anew, and in the end an error.
 */
import { createHash } from "node:crypto";
import {
  contentSnapshot,
  missingContent,
  missingContentRequest,
  snapshotEntity,
} from "../contract/snapshots";
import { inParallel } from "../model/inParallel";
import { snapshotIdOf, treeText } from "../model/snapshotTree";
import { putFile } from "./blobCall";
import { defaultCacheFolder } from "./hashCache";
import { changingFile, SourceDirectoryError } from "./sourceDirectory";
import { readSourceTree, type HashedFile, type SourceTree } from "./sourceTree";
import type { Workspace } from "./workspace";

export interface TakenSnapshot {
  readonly id: string;
  /** SHA-256 in hex over names and contents: equal exactly for equal directories. */
  readonly contentHash: string;
}

/** How often a directory is taken anew that changes while it goes up. */
const mostTries = 3;

/** Brings the directory's files to the service as a snapshot; throws `SourceDirectoryError` for what cannot be taken. */
export async function takeSnapshot(
  workspace: Workspace,
  directory: string,
  cacheFolder: string = defaultCacheFolder(),
): Promise<TakenSnapshot> {
  for (let tries = 1; ; tries += 1) {
    const tree = await readSourceTree(directory, cacheFolder);
    const contentHash = createHash("sha256").update(treeText(tree.files)).digest("hex");
    const id = snapshotIdOf(contentHash);
    const changed = await ensureSnapshot(workspace, id, tree);
    if (changed.length === 0) {
      await tree.remember(id);
      return { id, contentHash };
    }
    if (tries === mostTries)
      throw new SourceDirectoryError(
        directory,
        changed.map(({ path }) => changingFile(path)),
      );
  }
}

/** Files that were no longer what they were when they went up; empty = the snapshot is there. */
async function ensureSnapshot(
  { client, routes }: Workspace,
  id: string,
  { files, lastSnapshotId: parentId }: SourceTree,
): Promise<readonly HashedFile[]> {
  if ((await client.find(routes.snapshot(id), snapshotEntity)) !== undefined) return [];
  const contents = files.map(({ hash, size }) => ({ hash, size }));
  const request = missingContentRequest.encode({ parentId, contents });
  const { targets } = await client.post(routes.missingSnapshotContent, request, missingContent);
  const byHash = new Map(files.map((file) => [file.hash, file]));
  const uploads = await inParallel(targets, async ({ hash, blobUrl }) => {
    const file = byHash.get(hash);
    if (file === undefined) throw new Error("The service asked for a file that the directory does not have.");
    return (await putFile(blobUrl, file.localPath)) === hash ? [] : [file];
  });
  const changed = uploads.flat();
  if (changed.length > 0) return changed;
  const body = contentSnapshot.encode({ parentId, files, uploads: targets });
  await client.send({ method: "PUT", path: routes.snapshot(id), body });
  return [];
}
