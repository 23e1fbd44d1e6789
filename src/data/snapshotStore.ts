/**
 * Snapshots in the system container: a manifest per snapshot (`snapshotManifest.ts`) over files that are kept by
 * their content (`contentStore.ts`).
 *
 * Invariants:
 * 1. A manifest names only bytes that were there when it was written.
 * 2. An id never changes its content, and one that is made of a content hash (`isContentId`) has that content.
 * 3. What is materialised is what the hashes of the manifest say, even while upload URLs live on.
 * 4. No path of a snapshot can leave the folder that it is materialised into, on any operating system.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import type { Problem } from "../model/problem";
import { isSnapshotPath } from "../model/snapshotPath";
import { isContentId, isSnapshotId, snapshotIdOf, treeProblems, type TreeFile } from "../model/snapshotTree";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { createContentStore, type ContentStore } from "./contentStore";
import { inParallel } from "../model/inParallel";
import { rememberFound } from "./rememberFound";
import {
  contentHashOf,
  decodeManifest,
  encodeManifest,
  manifestName,
  type Manifest,
  type ManifestFile,
} from "./snapshotManifest";
import type { ContentRequest, SnapshotOutcome, Snapshots, SnapshotUpload } from "./snapshots";

/** Manifests that a process keeps in memory: they never change. */
const mostManifests = 100;

export function createSnapshots({ workspace }: { readonly workspace: Workspace }): Snapshots {
  const contents = createContentStore({ workspace });
  const find = rememberFound(mostManifests, async (id) => readManifest(await systemContainer(workspace), id));
  const record = (id: string, files: readonly TreeFile[]): Promise<SnapshotOutcome> =>
    recordSnapshot(workspace, find, id, files);
  return {
    find,

    async uploadTargets(paths) {
      const urls = await contents.uploadUrls(paths.length);
      return paths.map((path, index) => ({ path, blobUrl: urls[index] ?? "" }));
    },

    async create(id, parentId, paths, uploaded) {
      const inherited = parentId === null ? [] : await filesToBuildOn(find, parentId);
      if (inherited === undefined) return { status: "unknown-parent" };
      const made = new Map((await find(id))?.files.map((file) => [file.path, file]));
      const taken = await inParallel(uploaded, (upload) => takeInFile(contents, upload, made));
      const fresh = taken.filter((file) => file !== undefined);
      const known = new Map([...inherited, ...fresh].map((file) => [file.path, file]));
      const wanted = [...new Set(paths)];
      const problems = wanted.filter((path) => !known.has(path)).map(missingFile);
      if (problems.length > 0) return { status: "refused", problems };
      const files = wanted.map((path) => known.get(path)).filter((file) => file !== undefined);
      const outcome = await record(id, files);
      if (outcome.status === "created") await contents.discard(uploaded.map(({ blobUrl }) => blobUrl));
      return outcome;
    },

    async missing(wanted, parentId) {
      const absent = await absentOf(contents, wanted, await hashesOf(find, parentId));
      const urls = await contents.uploadUrls(absent.length);
      return absent.map(({ hash }, index) => ({ hash, blobUrl: urls[index] ?? "" }));
    },

    async createOfContent(request) {
      const problems = await takeInContent(contents, find, request);
      if (problems.length > 0) return { status: "refused", problems };
      const outcome = await record(request.id, request.files);
      if (outcome.status === "created") await contents.discard(request.uploads.map(({ blobUrl }) => blobUrl));
      return outcome;
    },

    async materialise(id, directory) {
      const manifest = await find(id);
      if (manifest === undefined) throw new Error(`There is no snapshot ${id}`);
      const container = await systemContainer(workspace);
      await inParallel(manifest.files, (file) => writeFile(container, id, file, directory));
    },
  };
}

type FindManifest = (id: string) => Promise<Manifest | undefined>;

/**
 * The file by what was really uploaded, or undefined when it is not ours, not there, or not of the announced size.
 * The uploads of a snapshot that is made already are gone: then its own file answers the repeated request.
 */
async function takeInFile(
  contents: ContentStore,
  upload: SnapshotUpload,
  made: ReadonlyMap<string, TreeFile>,
): Promise<TreeFile | undefined> {
  const taken = await contents.takeIn(upload.blobUrl);
  const { path, size } = upload;
  if (taken.status === "missing") return made.get(path)?.size === size ? made.get(path) : undefined;
  return taken.size === size ? { path, size, hash: taken.hash } : undefined;
}

async function takeInContent(
  contents: ContentStore,
  find: FindManifest,
  { files, uploads, parentId }: ContentRequest,
): Promise<readonly Problem[]> {
  const wrong = treeProblems(files);
  if (wrong.length > 0) return wrong;
  const mismatched = await inParallel(uploads, async ({ hash, blobUrl }) => {
    const taken = await contents.takeIn(blobUrl);
    return taken.status === "taken" && taken.hash !== hash ? [mismatch(files, hash, taken.hash)] : [];
  });
  const problems = mismatched.flat();
  if (problems.length > 0) return problems;
  const absent = await absentOf(contents, files, await hashesOf(find, parentId));
  return absent.map(({ path }) => missingFile(path));
}

/** Undefined for a snapshot that is not there, and for one of the first format: its bytes were never hashed. */
async function filesToBuildOn(find: FindManifest, id: string): Promise<readonly TreeFile[] | undefined> {
  const files = (await find(id))?.files;
  return files?.some(({ etag }) => etag !== null) === true ? undefined : files;
}

/** A snapshot's bytes stay as long as it does, so those of a parent need no look. */
async function hashesOf(find: FindManifest, parentId: string | null): Promise<ReadonlySet<string>> {
  const files = parentId === null ? undefined : await filesToBuildOn(find, parentId);
  return new Set(files?.map(({ hash, size }) => `${hash} ${size}`));
}

async function absentOf<T extends { readonly hash: string; readonly size: number }>(
  contents: ContentStore,
  wanted: readonly T[],
  known: ReadonlySet<string>,
): Promise<readonly T[]> {
  const distinct = [...new Map(wanted.map((each) => [`${each.hash} ${each.size}`, each])).values()];
  const asked = distinct.filter(({ hash, size }) => !known.has(`${hash} ${size}`));
  const isThere = await inParallel(asked, (each) => contents.has(each));
  return asked.filter((_, index) => isThere[index] === false);
}

async function recordSnapshot(
  workspace: Workspace,
  find: FindManifest,
  id: string,
  files: readonly TreeFile[],
): Promise<SnapshotOutcome> {
  const contentHash = contentHashOf(files);
  const problems = [...treeProblems(files), ...idProblems(id, contentHash)];
  if (problems.length > 0) return { status: "refused", problems };
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  await writeManifest(await systemContainer(workspace), id, { id, contentHash, files: sorted });
  const snapshot = await find(id);
  if (snapshot === undefined) throw new Error(`Snapshot ${id} was written and is not there`);
  if (snapshot.contentHash !== contentHash) return { status: "refused", problems: [existing(id)] };
  return { status: "created", snapshot };
}

function idProblems(id: string, contentHash: string): readonly Problem[] {
  if (!isSnapshotId(id)) {
    const expected = "1 to 64 letters, digits and hyphens";
    return [{ code: "InvalidSnapshotId", field: "id", expected, received: id.slice(0, 80) }];
  }
  const own = snapshotIdOf(contentHash);
  if (!isContentId(id) || id.toLowerCase() === own) return [];
  const expected = `the id of this content, ${own}, or a random one`;
  return [{ code: "SnapshotHashMismatch", field: "id", expected, received: id }];
}

function missingFile(path: string): Problem {
  const expected = "a file that was uploaded for the snapshot, in full, or is in its parent";
  return { code: "SnapshotFileMissing", field: path.slice(0, 200), expected, received: "nothing" };
}

function mismatch(files: readonly TreeFile[], expected: string, received: string): Problem {
  const path = files.find(({ hash }) => hash === expected)?.path ?? "uploads";
  return { code: "SnapshotHashMismatch", field: path, expected: `SHA-256 ${expected}`, received };
}

function existing(id: string): Problem {
  const expected = "an id that no snapshot with other files has";
  return { code: "SnapshotExists", field: "id", expected, received: id };
}

async function writeFile(
  container: ContainerClient,
  id: string,
  file: ManifestFile,
  directory: string,
): Promise<void> {
  if (!isSnapshotPath(file.path)) throw new Error(`Snapshot ${id} holds an unsafe path`);
  const localPath = join(directory, ...file.path.split("/"));
  await mkdir(dirname(localPath), { recursive: true });
  const options = file.etag === null ? {} : { conditions: { ifMatch: file.etag } };
  await container.getBlobClient(file.blobName).downloadToFile(localPath, 0, undefined, options);
}

async function readManifest(container: ContainerClient, id: string): Promise<Manifest | undefined> {
  if (!isSnapshotId(id)) return undefined;
  try {
    const text = (await container.getBlobClient(manifestName(id)).downloadToBuffer()).toString("utf8");
    return decodeManifest(id, text);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function writeManifest(
  container: ContainerClient,
  id: string,
  snapshot: Parameters<typeof encodeManifest>[0],
): Promise<void> {
  const text = encodeManifest(snapshot);
  try {
    await container
      .getBlockBlobClient(manifestName(id))
      .upload(text, Buffer.byteLength(text), { conditions: { ifNoneMatch: "*" } });
  } catch (error) {
    if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
  }
}
