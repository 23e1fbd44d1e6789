/**
 * What changed in a folder since it was listed last. Pure. Source: spec azureml-v1.md §5.6, design decision 8.
 *
 * Invariants:
 * 1. The first listing is the baseline: only what changed after the schedule began to watch is a change.
 * 2. A new ETag over the same content is a change of metadata, not of the blob.
 */
/** A blob as a listing shows it. */
export interface ListedBlob {
  readonly path: string;
  /** Normalised. */
  readonly etag: string;
  /** Base64; empty = storage has none, and then no two are the same. */
  readonly md5: string;
  readonly size: number;
  readonly createdAt: number;
  /** Milliseconds since 1970, in whole seconds. */
  readonly modifiedAt: number;
  readonly blobType: string;
}

export interface ListingChanges {
  readonly changed: readonly ListedBlob[];
  readonly metadataOnly: readonly ListedBlob[];
  /** Whether the listing differs from the one before in any way. */
  readonly isDifferent: boolean;
}

export function compareListing(
  before: readonly ListedBlob[] | undefined,
  now: readonly ListedBlob[],
  since: number,
): ListingChanges {
  if (before === undefined) {
    const changed = now.filter(({ modifiedAt }) => modifiedAt >= Math.ceil(since / 1000) * 1000);
    return { changed, metadataOnly: [], isDifferent: true };
  }
  const known = new Map(before.map((blob) => [blob.path, blob]));
  const changed: ListedBlob[] = [];
  const metadataOnly: ListedBlob[] = [];
  for (const blob of now) {
    const old = known.get(blob.path);
    if (old?.etag === blob.etag) continue;
    (old !== undefined && isSameContent(old, blob) ? metadataOnly : changed).push(blob);
  }
  const isDifferent = changed.length + metadataOnly.length > 0 || now.length !== before.length;
  return { changed, metadataOnly, isDifferent };
}

function isSameContent(old: ListedBlob, blob: ListedBlob): boolean {
  return old.md5 !== "" && old.md5 === blob.md5 && old.size === blob.size && old.createdAt === blob.createdAt;
}
