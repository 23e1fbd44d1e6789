/** Where data lives: the blob containers that a workspace knows by name. */
import type { ContainerClient } from "@azure/storage-blob";

export interface Datastore {
  readonly name: string;
  readonly kind: "AzureBlob";
  readonly accountName: string;
  readonly containerName: string;
  readonly isDefault: boolean;
}

/** `workspaceblobstore` is built in, is the default, and is created with its container on first use. */
export interface Datastores {
  find(name: string): Promise<Datastore | undefined>;
  list(): Promise<readonly Datastore[]>;
  getDefault(): Promise<Datastore>;
  /** The container behind a datastore; throws when the name is unknown. */
  container(name: string): Promise<ContainerClient>;
  /** The datastore whose container this is, if any: how a blob event finds its datastore. */
  findByContainer(accountName: string, containerName: string): Promise<Datastore | undefined>;
}
