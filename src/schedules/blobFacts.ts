/** What storage says about a blob now: who wrote it, and whether it is still the version that an event named. */
import type { Datastores } from "../data/datastores";
import { readWriter } from "../data/writtenBy";
import { isNotFound } from "../workspace/storageErrors";
import { normaliseEtag, type BlobChange } from "./changeRule";

export type BlobFacts =
  | { readonly status: "gone" }
  /** The datastore is no longer known. */
  | { readonly status: "unknown" }
  | {
      readonly status: "there";
      readonly etag: string;
      readonly modifiedAt: number;
      readonly size: number | null;
      readonly blobType: string;
      /** The run that wrote it; undefined when no run did. */
      readonly runId: string | undefined;
    };

/** Reads once, when first asked. */
export function blobFactsOf(datastores: Datastores, change: BlobChange): () => Promise<BlobFacts> {
  let facts: Promise<BlobFacts> | undefined;
  return () => (facts ??= readFacts(datastores, change));
}

async function readFacts(
  datastores: Datastores,
  { account, container, path }: BlobChange,
): Promise<BlobFacts> {
  const datastore = await datastores.findByContainer(account, container);
  if (datastore === undefined) return { status: "unknown" };
  const client = await datastores.container(datastore.name);
  try {
    const found = await client.getBlobClient(path).getProperties();
    return {
      status: "there",
      etag: normaliseEtag(found.etag ?? ""),
      modifiedAt: found.lastModified?.getTime() ?? 0,
      size: found.contentLength ?? null,
      blobType: found.blobType ?? "",
      runId: readWriter(found.metadata),
    };
  } catch (error) {
    if (isNotFound(error)) return { status: "gone" };
    throw error;
  }
}
