/** Moves local files to datastores and other containers, streaming, a few at a time. */
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import type { DataPath } from "../model/definition";
import type { Datastores } from "./datastores";
import { compileGlobs } from "../model/glob";
import { inParallel } from "../model/inParallel";

export interface UploadedFile {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
}

type Metadata = Readonly<Record<string, string>>;

export interface Transfer {
  /**
   * A local file becomes the blob at the path, a folder's files go below it; overwrites. `globs` say which files of a
   * folder, relative to it; none = all. An empty folder becomes a blob of no content whose name ends in `/`.
   */
  upload(
    localPath: string,
    dataPath: DataPath,
    metadata: Metadata,
    globs?: readonly string[],
  ): Promise<readonly UploadedFile[]>;
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
    async upload(localPath, dataPath, metadata, globs = []) {
      const container = await datastores.container(dataPath.datastore);
      const isWanted = globs.length === 0 ? () => true : compileGlobs(globs);
      const uploaded = await uploadTo(container, localPath, dataPath.path, metadata, isWanted);
      if (uploaded.length === 0 && dataPath.path !== "") await markFolder(container, dataPath.path, metadata);
      return uploaded;
    },
    uploadTo,
  };
}

async function uploadTo(
  container: ContainerClient,
  localPath: string,
  blobPath: string,
  metadata: Metadata,
  isWanted: (relative: string) => boolean = () => true,
): Promise<readonly UploadedFile[]> {
  const files = (await stat(localPath)).isDirectory() ? (await filesBelow(localPath)).filter(isWanted) : [""];
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

/** So that a later step finds the folder that an earlier one left empty. */
async function markFolder(container: ContainerClient, path: string, metadata: Metadata): Promise<void> {
  const name = `${path.replace(/\/+$/, "")}/`;
  await container.getBlockBlobClient(name).upload("", 0, { metadata: { ...metadata } });
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
