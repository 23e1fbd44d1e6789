/**
 * Gives an attempt one of its inputs.
 *
 * - `mount`: copies that the script may only read, through the cache.
 * - `download`: files of its own that it may write to, also at a place that the step chose.
 * - `direct`: no file: the address of the data, or the id of the dataset.
 */
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import type { Datastores } from "../../data/datastores";
import type { DataPath } from "../../model/definition";
import { compileGlobs, splitGlob } from "../../model/glob";
import { inParallel } from "../../model/inParallel";
import { isNotFound } from "../../workspace/storageErrors";
import type { AttemptInput } from "../computeTarget";
import { isMissing, type AttemptFolder } from "./attemptFolder";
import type { BlobVersion, InputCache } from "./inputCache";

export interface InputDependencies {
  readonly datastores: Datastores;
  readonly inputCache: InputCache;
}

export type InputDelivered =
  | { readonly status: "delivered"; readonly path: string }
  | { readonly status: "refused"; readonly reason: string };

interface FoundBlob extends BlobVersion {
  readonly container: ContainerClient;
  readonly name: string;
  /** Below the input's folder, with forward slashes; empty for the one blob that the whole input is. */
  readonly relative: string;
}

export async function deliverInput(
  dependencies: InputDependencies,
  folder: AttemptFolder,
  input: AttemptInput,
): Promise<InputDelivered> {
  const { source, mode, name } = input;
  const { datastores } = dependencies;
  if (mode === "direct") {
    if (source.kind === "dataset") return { status: "delivered", path: source.datasetId };
    const container = await datastores.container(source.dataPath.datastore);
    // The address alone: behind it may stand the signature of a datastore.
    const [path = ""] = container.getBlobClient(source.dataPath.path).url.split("?");
    return { status: "delivered", path };
  }
  const places = source.kind === "dataPath" ? [source.dataPath] : source.paths;
  const found: FoundBlob[] = [];
  for (const place of places) {
    const blobs = await findBlobs(
      await datastores.container(place.datastore),
      place,
      source.kind === "dataset",
    );
    if (blobs === undefined) return { status: "refused", reason: nothingThere(name, place) };
    found.push(...blobs);
  }
  const isFile = source.kind === "dataPath" && found.length === 1 && found[0]?.relative === "";
  return place(dependencies, folder, input, found, isFile);
}

async function place(
  { inputCache }: InputDependencies,
  folder: AttemptFolder,
  input: AttemptInput,
  found: readonly FoundBlob[],
  isFile: boolean,
): Promise<InputDelivered> {
  const root = rootOf(folder, input);
  const local = found.map((blob) => ({
    blob,
    target: inside(root, blob.relative === "" ? lastPart(blob.name) : blob.relative),
  }));
  const targets = new Set<string>();
  const twice = local.find(({ target }) => targets.size === targets.add(target).size);
  if (twice !== undefined)
    return { status: "refused", reason: `input ${input.name}: two files would be ${twice.target}` };
  if (input.pathOnCompute !== null && !input.overwrite) {
    const there = await inParallel(local, async ({ target }) => ((await exists(target)) ? [target] : []));
    const [first] = there.flat();
    if (first !== undefined) {
      const reason = `input ${input.name}: ${first} is there already, and it is not to be overwritten`;
      return { status: "refused", reason };
    }
  }
  await mkdir(root, { recursive: true });
  await inParallel(local, async ({ blob, target }) => {
    await mkdir(dirname(target), { recursive: true });
    await inputCache.deliver(blob.container.getBlobClient(blob.name), blob, target);
    // A read-only file cannot be removed with its folder on Windows; the copy is its own there as well.
    if (input.mode === "mount" && process.platform !== "win32") await chmod(target, 0o444);
    else await chmod(target, 0o644);
  });
  return { status: "delivered", path: isFile ? (local[0]?.target ?? root) : root };
}

function rootOf({ inputs, work }: AttemptFolder, { name, pathOnCompute }: AttemptInput): string {
  if (pathOnCompute === null) return join(inputs, name);
  return isAbsolute(pathOnCompute) ? pathOnCompute : join(work, pathOnCompute);
}

function nothingThere(input: string, { datastore, path }: DataPath): string {
  return `input ${input}: there is nothing at ${JSON.stringify(path)} in datastore ${datastore}`;
}

/** Undefined when there is nothing. */
async function findBlobs(
  container: ContainerClient,
  { path }: DataPath,
  mayBeGlob: boolean,
): Promise<readonly FoundBlob[] | undefined> {
  const { base, glob } = mayBeGlob ? splitGlob(path) : { base: path, glob: "" };
  const folder = (glob === "" ? path : base).replace(/\/+$/, "");
  const prefix = folder === "" ? "" : `${folder}/`;
  const isNamed = glob === "" && folder === path && path !== "";
  const [blob, below] = await Promise.all([
    isNamed ? findBlob(container, path) : undefined,
    listBelow(container, prefix),
  ]);
  if (blob !== undefined) return [blob];
  if (below === undefined) return undefined;
  if (glob === "") return below;
  const matches = compileGlobs([glob]);
  const matching = below.filter(({ relative }) => matches(relative));
  return matching.length === 0 ? undefined : matching;
}

async function findBlob(container: ContainerClient, name: string): Promise<FoundBlob | undefined> {
  try {
    const { etag = "", contentLength = 0 } = await container.getBlobClient(name).getProperties();
    return { container, name, relative: "", etag, size: contentLength };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A blob whose name ends in `/` only says that its folder is there. */
async function listBelow(container: ContainerClient, prefix: string): Promise<FoundBlob[] | undefined> {
  const found: FoundBlob[] = [];
  let isThere = false;
  for await (const { name, properties } of container.listBlobsFlat({ prefix })) {
    isThere = true;
    const relative = name.slice(prefix.length);
    if (relative === "" || relative.endsWith("/")) continue;
    found.push({ container, name, relative, etag: properties.etag, size: properties.contentLength ?? 0 });
  }
  return isThere ? found : undefined;
}

/** Blob names are any text; one that climbs out of the folder is refused rather than mended. */
function inside(directory: string, relative: string): string {
  const path = resolve(directory, relative);
  if (!path.startsWith(resolve(directory) + sep)) throw new Error(`Blob name leaves its folder: ${relative}`);
  return path;
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
