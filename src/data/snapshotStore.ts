/**
 * Snapshots in the system container: uploaded bytes below `snapshots/uploads/`, one manifest per snapshot at
 * `snapshots/<id>.json`.
 *
 * Invariants:
 * 1. A manifest is written insert-only and last: a snapshot that can be found is whole.
 * 2. A manifest names only blobs that existed, with their real size, when it was written.
 * 3. What is materialised is what was uploaded before the manifest: an upload URL lives on, but a blob that it overwrites
 *    later is refused by its etag.
 * 4. No path of a snapshot can leave the folder that it is materialised into, on any operating system.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BlobSASPermissions, type ContainerClient } from "@azure/storage-blob";
import { z } from "zod";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { inParallel } from "./inParallel";
import { rememberFound } from "./rememberFound";
import { isSnapshotPath } from "./snapshotPath";
import type { Snapshot, SnapshotFile, Snapshots, SnapshotUpload } from "./snapshots";

/** v1's limits of a snapshot. Source: spec azureml-v1.md §2.7. */
export const maxSnapshotFiles = 2_000;
export const maxSnapshotBytes = 300 * 1024 * 1024;

/** Manifests that a process keeps in memory: they never change. */
const mostManifests = 100;

/** How long an upload URL may be used. */
const uploadLifeMs = 60 * 60 * 1000;
const uploads = "snapshots/uploads/";

const manifest = z.object({
  files: z.array(z.object({ path: z.string(), size: z.number(), blobName: z.string(), etag: z.string() })),
});

export function createSnapshots({ workspace }: { readonly workspace: Workspace }): Snapshots {
  const container = (): Promise<ContainerClient> => systemContainer(workspace);
  const find = rememberFound(mostManifests, async (id) => readManifest(await container(), id));
  return {
    find,

    async uploadTargets(paths) {
      const opened = await container();
      const folder = `${uploads}${workspace.ids.newId()}/`;
      const permissions = BlobSASPermissions.parse("cw");
      const expiresOn = new Date(workspace.clock.now().getTime() + uploadLifeMs);
      return Promise.all(
        paths.map(async (path, index) => ({
          path,
          blobUrl: await opened.getBlobClient(`${folder}${index}`).generateSasUrl({ permissions, expiresOn }),
        })),
      );
    },

    async create(id, parentId, paths, uploaded) {
      const opened = await container();
      const inherited = parentId === null ? [] : (await find(parentId))?.files;
      if (inherited === undefined) return "unknown-parent";
      const fresh = await inParallel(uploaded, (upload) => readUpload(opened, upload));
      if (fresh.includes(undefined)) return "missing-file";
      const known = new Map([...inherited, ...fresh.filter(isFile)].map((file) => [file.path, file]));
      const files = [...new Set(paths)].map((path) => known.get(path));
      if (files.includes(undefined) || !withinLimits(files.filter(isFile))) return "missing-file";
      await writeManifest(opened, id, files.filter(isFile));
      return "created";
    },

    async materialise(id, directory) {
      const opened = await container();
      const snapshot = await find(id);
      if (snapshot === undefined) throw new Error(`There is no snapshot ${id}`);
      await inParallel(snapshot.files, async (file) => {
        if (!isSnapshotPath(file.path)) throw new Error(`Snapshot ${id} holds an unsafe path`);
        const localPath = join(directory, ...file.path.split("/"));
        await mkdir(dirname(localPath), { recursive: true });
        const conditions = { ifMatch: file.etag };
        await opened.getBlobClient(file.blobName).downloadToFile(localPath, 0, undefined, { conditions });
      });
    },
  };
}

const isFile = (file: SnapshotFile | undefined): file is SnapshotFile => file !== undefined;

function withinLimits(files: readonly SnapshotFile[]): boolean {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return files.length <= maxSnapshotFiles && bytes <= maxSnapshotBytes;
}

/** The uploaded file as it is, or undefined when it is not ours, not there, or not of the announced size. */
async function readUpload(
  container: ContainerClient,
  upload: SnapshotUpload,
): Promise<SnapshotFile | undefined> {
  const blobName = uploadName(container, upload.blobUrl);
  if (blobName === undefined || !isSnapshotPath(upload.path)) return undefined;
  try {
    const { contentLength, etag } = await container.getBlobClient(blobName).getProperties();
    if (contentLength !== upload.size || etag === undefined) return undefined;
    return { path: upload.path, size: upload.size, blobName, etag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The blob behind an upload URL that this workspace gave out; a caller cannot name any other blob with it. */
function uploadName(container: ContainerClient, url: string): string | undefined {
  const withoutSas = url.split("?")[0] ?? "";
  const prefix = `${container.url}/`;
  if (!withoutSas.startsWith(prefix)) return undefined;
  const name = withoutSas.slice(prefix.length);
  return /^snapshots\/uploads\/[0-9a-f-]{36}\/\d{1,5}$/.test(name) ? name : undefined;
}

const manifestName = (id: string): string => `snapshots/${id}.json`;

async function readManifest(container: ContainerClient, id: string): Promise<Snapshot | undefined> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) return undefined;
  try {
    const text = (await container.getBlobClient(manifestName(id)).downloadToBuffer()).toString("utf8");
    return { id, files: manifest.parse(JSON.parse(text)).files };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A snapshot that exists already stays as it is: its id was made up by the client for this content. */
async function writeManifest(
  container: ContainerClient,
  id: string,
  files: readonly SnapshotFile[],
): Promise<void> {
  const text = JSON.stringify({ files });
  try {
    await container
      .getBlockBlobClient(manifestName(id))
      .upload(text, Buffer.byteLength(text), { conditions: { ifNoneMatch: "*" } });
  } catch (error) {
    if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
  }
}
