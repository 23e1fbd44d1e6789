/**
 * Files of snapshots by what is in them. Clients put bytes below `snapshots/uploads/`, by URLs that were made for them;
 * from there they come to `snapshots/files/<hash>`.
 *
 * Invariants:
 * 1. What lies at a hash has that hash: it was read and hashed here, and nobody else can write there.
 * 2. A caller can name no other blob of the container as an upload.
 * 3. Taking the same bytes in twice is harmless, at once or after a crash.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  BlobSASPermissions,
  type BlobClient,
  type BlobDownloadResponseParsed,
  type ContainerClient,
} from "@azure/storage-blob";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { inParallel } from "../model/inParallel";
import { contentName } from "./contentName";
import type { HashedContent } from "./snapshots";

/** How long an upload URL may be used. */
const uploadLifeMs = 60 * 60 * 1000;
const uploads = "snapshots/uploads/";
/** Up to here bytes are held in memory on their way; larger ones pass in pieces. */
const mostInMemory = 4 * 1024 * 1024;

export type TakenIn =
  | ({ readonly status: "taken" } & HashedContent)
  /** Not a URL that was given out here, or nothing is there. */
  | { readonly status: "missing" };

export interface ContentStore {
  /** One short-lived upload URL each. */
  uploadUrls(count: number): Promise<readonly string[]>;
  has(content: HashedContent): Promise<boolean>;
  /** Brings what was put to an upload URL to its hash. The upload stays, so that a repeated request finds it again. */
  takeIn(blobUrl: string): Promise<TakenIn>;
  /** Removes uploads that are not needed any more. */
  discard(blobUrls: readonly string[]): Promise<void>;
}

export function createContentStore({ workspace }: { readonly workspace: Workspace }): ContentStore {
  return {
    async uploadUrls(count) {
      const container = await systemContainer(workspace);
      const folder = `${uploads}${workspace.ids.newId()}/`;
      const permissions = BlobSASPermissions.parse("cw");
      const expiresOn = new Date(workspace.clock.now().getTime() + uploadLifeMs);
      const blobs = Array.from({ length: count }, (_, index) => container.getBlobClient(`${folder}${index}`));
      return Promise.all(blobs.map((blob) => blob.generateSasUrl({ permissions, expiresOn })));
    },

    async has({ hash, size }) {
      const container = await systemContainer(workspace);
      const length = await lengthOf(container.getBlobClient(contentName(hash)));
      return length === size;
    },

    async takeIn(blobUrl) {
      const container = await systemContainer(workspace);
      const name = uploadName(container, blobUrl);
      if (name === undefined) return { status: "missing" };
      const taken = await takeIn(container, container.getBlobClient(name));
      return taken === undefined ? { status: "missing" } : { status: "taken", ...taken };
    },

    async discard(blobUrls) {
      const container = await systemContainer(workspace);
      const names = blobUrls.flatMap((url) => uploadName(container, url) ?? []);
      await inParallel(names, (name) => container.getBlobClient(name).deleteIfExists());
    },
  };
}

async function lengthOf(blob: BlobClient): Promise<number | undefined> {
  try {
    return (await blob.getProperties()).contentLength;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The blob behind an upload URL that this workspace gave out. */
function uploadName(container: ContainerClient, url: string): string | undefined {
  const withoutSas = url.split("?")[0] ?? "";
  const prefix = `${container.url}/`;
  if (!withoutSas.startsWith(prefix)) return undefined;
  const name = withoutSas.slice(prefix.length);
  return /^snapshots\/uploads\/[0-9a-f-]{36}\/\d{1,5}$/.test(name) ? name : undefined;
}

async function takeIn(container: ContainerClient, upload: BlobClient): Promise<HashedContent | undefined> {
  try {
    const size = await lengthOf(upload);
    if (size === undefined) return undefined;
    return size <= mostInMemory ? await copySmall(container, upload) : await copyLarge(container, upload);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function copySmall(container: ContainerClient, upload: BlobClient): Promise<HashedContent> {
  const bytes = await upload.downloadToBuffer();
  const hash = createHash("sha256").update(bytes).digest("hex");
  const target = container.getBlockBlobClient(contentName(hash));
  await unlessThere(() => target.upload(bytes, bytes.length, { conditions: { ifNoneMatch: "*" } }));
  return { hash, size: bytes.length };
}

/** Read twice, once for the name and once for the bytes; undefined when the upload was written over meanwhile. */
async function copyLarge(container: ContainerClient, upload: BlobClient): Promise<HashedContent | undefined> {
  const hash = createHash("sha256");
  const first = await upload.download();
  let size = 0;
  for await (const chunk of bytesOf(first) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  const digest = hash.digest("hex");
  const target = container.getBlockBlobClient(contentName(digest));
  if ((await lengthOf(target)) === size) return { hash: digest, size };
  const second = await sameVersion(upload, first);
  if (second === undefined) return undefined;
  await unlessThere(() =>
    target.uploadStream(bytesOf(second), mostInMemory, 2, { conditions: { ifNoneMatch: "*" } }),
  );
  return { hash: digest, size };
}

function bytesOf(download: BlobDownloadResponseParsed): Readable {
  const body = download.readableStreamBody;
  if (body === undefined) throw new Error("The storage answered without a body");
  return Readable.from(body);
}

async function sameVersion(
  upload: BlobClient,
  { etag }: BlobDownloadResponseParsed,
): Promise<BlobDownloadResponseParsed | undefined> {
  try {
    return await upload.download(0, undefined, etag === undefined ? {} : { conditions: { ifMatch: etag } });
  } catch (error) {
    if (isPreconditionFailed(error)) return undefined;
    throw error;
  }
}

/** Another request may have brought the same bytes. */
async function unlessThere(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
  }
}
