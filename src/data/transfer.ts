/**
 * Moves files between datastores and local folders, streaming, a few at a time. A path means the blob of exactly
 * that name if there is one, else the folder of blobs below it.
 */
import { mkdir, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import type { DataPath } from "../model/definition";
import { isNotFound } from "../workspace/storageErrors";
import type { Datastores } from "./datastores";
import { inParallel } from "../model/inParallel";

export interface UploadedFile {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
}

export type Delivered =
  { readonly kind: "file" | "folder"; readonly localPath: string } | { readonly kind: "missing" };

type Metadata = Readonly<Record<string, string>>;

export interface Transfer {
  /** Delivers into `directory`, which must exist: a file beside nothing else, or a folder's content. */
  download(dataPath: DataPath, directory: string): Promise<Delivered>;
  /** A local file becomes the blob at the path, a folder's files go below it; overwrites. */
  upload(localPath: string, dataPath: DataPath, metadata: Metadata): Promise<readonly UploadedFile[]>;
  /** The same into a container that is no datastore. */
  uploadTo(
    container: ContainerClient,
    localPath: string,
    blobPath: string,
    metadata: Metadata,
  ): Promise<readonly UploadedFile[]>;
}

export function createTransfer({ datastores }: { readonly datastores: Datastores }): Transfer {
  return {
    async download(dataPath, directory) {
      return download(await datastores.container(dataPath.datastore), dataPath.path, directory);
    },
    async upload(localPath, dataPath, metadata) {
      return uploadTo(await datastores.container(dataPath.datastore), localPath, dataPath.path, metadata);
    },
    uploadTo,
  };
}

async function download(container: ContainerClient, path: string, directory: string): Promise<Delivered> {
  const name = path.replace(/\/+$/, "");
  if (name === path && name !== "") {
    const localPath = inside(directory, basename(name));
    if (await downloadBlob(container, name, localPath)) return { kind: "file", localPath };
  }
  const prefix = name === "" ? "" : `${name}/`;
  let found = false;
  const pending: string[] = [];
  for await (const blob of container.listBlobsFlat({ prefix })) {
    found = true;
    const relative = blob.name.slice(prefix.length);
    if (relative !== "" && !relative.endsWith("/")) pending.push(relative);
  }
  if (!found) return { kind: "missing" };
  await inParallel(pending, async (relative) => {
    const localPath = inside(directory, relative);
    await mkdir(dirname(localPath), { recursive: true });
    await downloadBlob(container, prefix + relative, localPath);
  });
  return { kind: "folder", localPath: directory };
}

/** False when there is no such blob. */
async function downloadBlob(container: ContainerClient, name: string, localPath: string): Promise<boolean> {
  try {
    await container.getBlobClient(name).downloadToFile(localPath);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Blob names are any text; one that climbs out of the folder is refused rather than mended. */
function inside(directory: string, relative: string): string {
  const path = resolve(directory, relative);
  if (!path.startsWith(resolve(directory) + sep)) throw new Error(`Blob name leaves its folder: ${relative}`);
  return path;
}

async function uploadTo(
  container: ContainerClient,
  localPath: string,
  blobPath: string,
  metadata: Metadata,
): Promise<readonly UploadedFile[]> {
  const files = (await stat(localPath)).isDirectory() ? await filesBelow(localPath) : [""];
  const folder = blobPath.replace(/\/+$/, "");
  const prefix = folder === "" ? "" : `${folder}/`;
  return inParallel(files, async (relative) => {
    const path = relative === "" ? blobPath : prefix + relative;
    const source = relative === "" ? localPath : join(localPath, relative);
    const answer = await container
      .getBlockBlobClient(path)
      .uploadFile(source, { metadata: { ...metadata }, blockSize: 8 * 1024 * 1024, concurrency: 2 });
    return { path, size: (await stat(source)).size, etag: answer.etag ?? "" };
  });
}

/** Regular files below a folder, with forward slashes, in a stable order; links are not followed. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll(sep, "/"),
    )
    .sort();
}
