/** Owns: what the routes of the Blob service are given. Types only. */
import type { Grant } from "../auth/grant";
import type { StorageRequest } from "../http/storageRequest";
import type { ContentStore } from "../store/contentStore";
import type { StoreRows } from "../store/storeRows";
import type { BlobStore } from "./blobStore";
import type { BlockStore } from "./blockStore";
import type { ContainerStore } from "./containerStore";

export interface BlobRoutes {
  readonly rows: StoreRows;
  readonly contents: ContentStore;
  readonly containers: ContainerStore;
  readonly blobs: BlobStore;
  readonly blocks: BlockStore;
  /** Checks the signature of a copy source. */
  readonly authenticate: (request: StorageRequest) => Grant;
  /** Blob endpoint with the account, known once it listens. */
  readonly endpoint: () => string;
}

/** One call, addressed. */
export interface AddressedCall {
  readonly request: StorageRequest;
  readonly grant: Grant;
  readonly container: string;
  /** Empty for a call on the container. */
  readonly name: string;
}
