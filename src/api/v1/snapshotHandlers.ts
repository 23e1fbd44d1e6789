/** Snapshots of source directories. Source: spec azureml-v1-wire.md §3.5, §4.3. */
import {
  latestSnapshot,
  missingContent,
  snapshotEntity,
  uploadTargetList,
  type contentSnapshot,
  type missingContentRequest,
  type SnapshotCreation,
  type uploadTargetRequest,
} from "../../contract/snapshots";
import type { ValueOf } from "../../contract/wireType";
import type { Snapshot, SnapshotOutcome } from "../../data/snapshots";
import { assertNever } from "../../model/assertNever";
import { done, json, refuse, type Answer } from "../answer";
import { refuseProblems } from "../refuseProblems";
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
  return outcome.status === "created" ? done : refuseOutcome(outcome, body.parentId);
}

/** One call for many hashes, so that only what changed goes up. */
export async function listMissingContent({
  rooms,
  body,
}: Call<ValueOf<typeof missingContentRequest>>): Promise<Answer> {
  const targets = await rooms.snapshots.missing(body.contents, body.parentId);
  return json(missingContent.encode({ targets }));
}

export async function createContentSnapshot({
  rooms,
  param,
  body,
}: Call<ValueOf<typeof contentSnapshot>>): Promise<Answer> {
  const outcome = await rooms.snapshots.createOfContent({ id: param("id"), ...body });
  return outcome.status === "created"
    ? json(entityOf(outcome.snapshot))
    : refuseOutcome(outcome, body.parentId);
}

export async function getSnapshot({ rooms, param }: Call): Promise<Answer> {
  const snapshot = await rooms.snapshots.find(param("id"));
  return snapshot === undefined
    ? refuse("SnapshotNotFound", `There is no snapshot ${param("id")}.`)
    : json(entityOf(snapshot));
}

function entityOf({ id, contentHash, files }: Snapshot): unknown {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return snapshotEntity.encode({ id, contentHash, fileCount: files.length, size });
}

function refuseOutcome(
  outcome: Exclude<SnapshotOutcome, { status: "created" }>,
  parentId: string | null,
): Answer {
  switch (outcome.status) {
    case "unknown-parent":
      return refuse("SnapshotParentUnknown", `There is no snapshot ${parentId ?? ""} to build on.`);
    case "refused":
      return refuseProblems(outcome.problems);
    default:
      return assertNever(outcome);
  }
}
