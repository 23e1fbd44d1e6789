/** Snapshots: the files of a step's source directory, frozen at submission and content-addressed. */

export interface SnapshotFile {
  /** Path relative to the snapshot's root, with forward slashes; never absolute, never with `..`. */
  readonly path: string;
  readonly size: number;
  /** Blob in the system container that holds the bytes. */
  readonly blobName: string;
  /** Version of the blob that the snapshot was made of: a later one is not the snapshot's. */
  readonly etag: string;
}

export interface Snapshot {
  readonly id: string;
  readonly files: readonly SnapshotFile[];
}

/** What a client announces when it creates a snapshot: names and the upload URLs that it was given. */
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

export interface Snapshots {
  /** Gives one short-lived upload URL per file. */
  uploadTargets(paths: readonly string[]): Promise<readonly UploadTarget[]>;
  /**
   * Records a snapshot insert-only: the parent's files that `paths` still names, with `uploads` laid over them.
   * Repeating the call with the same id and content is harmless.
   */
  create(
    id: string,
    parentId: string | null,
    paths: readonly string[],
    uploads: readonly SnapshotUpload[],
  ): Promise<"created" | "unknown-parent" | "missing-file">;
  find(id: string): Promise<Snapshot | undefined>;
  /** Writes the snapshot's files below `directory`, which must exist. */
  materialise(id: string, directory: string): Promise<void>;
}
