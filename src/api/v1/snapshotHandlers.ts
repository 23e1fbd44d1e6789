/** Snapshots of source directories. Source: spec azureml-v1-wire.md §3.5, §4.3. */
import {
  latestSnapshot,
  uploadTargetList,
  type SnapshotCreation,
  type uploadTargetRequest,
} from "../../contract/snapshots";
import type { ValueOf } from "../../contract/wireType";
import { assertNever } from "../../model/assertNever";
import { done, json, refuse, type Answer } from "../answer";
import type { Call } from "../route";

/** There is never one to build on, so a client uploads what it has; equal files are stored once. */
export function getLatestSnapshot(): Answer {
  return json(latestSnapshot.encode({ id: null, root: {} }));
}

export async function getUploadTargets({
  rooms,
  body,
}: Call<ValueOf<typeof uploadTargetRequest>>): Promise<Answer> {
  const targets = await rooms.snapshots.uploadTargets(body.fileNames);
  const fileNodes = targets.map(({ path, blobUrl }) => ({ path, blobUri: blobUrl }));
  return json(uploadTargetList.encode({ fileNodes }));
}

export async function createSnapshot({ rooms, param, body }: Call<SnapshotCreation>): Promise<Answer> {
  const uploads = body.uploaded.files.map(({ path, blobUri, size }) => ({ path, blobUrl: blobUri, size }));
  const outcome = await rooms.snapshots.create(param("id"), body.parentId, body.paths, uploads);
  switch (outcome) {
    case "created":
      return done;
    case "unknown-parent":
      return refuse("SnapshotParentUnknown", `There is no snapshot ${body.parentId ?? ""} to build on.`);
    case "missing-file":
      return refuse("SnapshotFileMissing", "A file of the tree was neither uploaded nor in the parent.");
    default:
      return assertNever(outcome);
  }
}
