/** Snapshots: the files of a step's source directory, frozen at submission and content-addressed. */
import type { Problem } from "../model/problem";
import type { TreeFile } from "../model/snapshotTree";

export interface Snapshot {
  readonly id: string;
  /**
   * SHA-256 in hex over paths and bytes of all files: equal exactly for equal content. A snapshot of the first
   * format, whose bytes were never hashed, has one that equals no other snapshot's.
   */
  readonly contentHash: string;
  /** Sorted by path. */
  readonly files: readonly TreeFile[];
}

/** What a v1 client announces when it creates a snapshot: names and the upload URLs that it was given. */
export interface SnapshotUpload {
  readonly path: string;
  readonly blobUrl: string;
  readonly size: number;
}

export interface UploadTarget {
  readonly path: string;
  /** URL with a SAS that lets the caller put this one blob. */
  readonly blobUrl: string;
}

/** Bytes that a client knows by their hash. */
export interface HashedContent {
  /** SHA-256, 64 digits of lower-case hex. */
  readonly hash: string;
  readonly size: number;
}

/** Where bytes that the service lacks can be put. */
export interface ContentTarget {
  readonly hash: string;
  readonly blobUrl: string;
}

export interface ContentRequest {
  readonly id: string;
  /** A snapshot whose files are known to be there; null = none. One that is not there is no fault. */
  readonly parentId: string | null;
  readonly files: readonly TreeFile[];
  readonly uploads: readonly ContentTarget[];
}

export type SnapshotOutcome =
  | { readonly status: "created"; readonly snapshot: Snapshot }
  | { readonly status: "unknown-parent" }
  | { readonly status: "refused"; readonly problems: readonly Problem[] };

export interface Snapshots {
  /** Gives one short-lived upload URL per file. */
  uploadTargets(paths: readonly string[]): Promise<readonly UploadTarget[]>;
  /**
   * Records a snapshot the way v1's clients do: the parent's files that `paths` still names, with `uploads` laid over
   * them. Repeating the call with the same id and content is harmless. Problems: `SnapshotPathInvalid`,
   * `SnapshotTooLarge`, `SnapshotFileMissing`, `SnapshotExists`.
   */
  create(
    id: string,
    parentId: string | null,
    paths: readonly string[],
    uploads: readonly SnapshotUpload[],
  ): Promise<SnapshotOutcome>;
  /** Of these bytes those that the service does not have, each with a short-lived URL to put it to. */
  missing(contents: readonly HashedContent[], parentId: string | null): Promise<readonly ContentTarget[]>;
  /** Records a snapshot by the hashes of its files. Problems: those of `create`, and `SnapshotHashMismatch`. */
  createOfContent(request: ContentRequest): Promise<SnapshotOutcome>;
  /** Read once per process: a snapshot never changes. */
  find(id: string): Promise<Snapshot | undefined>;
  /** Writes the snapshot's files below `directory`, which must exist. */
  materialise(id: string, directory: string): Promise<void>;
}
