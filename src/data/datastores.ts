/** Where data lives: the blob containers that a workspace knows by name. */
import type { ContainerClient } from "@azure/storage-blob";
import type { Problem } from "../model/problem";

/** How the app signs in to a container. `workspace`: with the account that keeps the app's own state. */
export type CredentialKind = "workspace" | "accountKey" | "sas" | "identity";

export interface Datastore {
  readonly name: string;
  /** `AzureFile` is only `workspacefilestore`, which a blob container stands in for. */
  readonly kind: "AzureBlob" | "AzureFile";
  readonly accountName: string;
  readonly containerName: string;
}

export interface DatastoreDetails extends Datastore {
  /** URL of the container, without anything that signs in. */
  readonly containerUrl: string;
  readonly credentialKind: CredentialKind;
  /** Whether the container could be reached with its credential when it was registered. */
  readonly hasBeenValidated: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Built-in ones cannot be changed or removed. */
  readonly isBuiltIn: boolean;
}

export type DatastoreCredential =
  | { readonly kind: "accountKey"; readonly accountKey: string }
  | { readonly kind: "sas"; readonly sasToken: string }
  | { readonly kind: "identity" };

export interface NewDatastore {
  readonly name: string;
  readonly accountName: string;
  readonly containerName: string;
  /** Suffix of the account's host, such as `core.windows.net`, or host and port of a storage with accounts in the path. */
  readonly endpoint: string;
  readonly protocol: "http" | "https";
  readonly credential: DatastoreCredential;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RegisterOptions {
  /** Replaces a registration of that name; without it the name must be free. */
  readonly overwrite: boolean;
  /** The container is not looked for. */
  readonly skipValidation: boolean;
  /** The container is made when it is missing. */
  readonly createIfNotExists: boolean;
}

export type RegisterOutcome =
  | { readonly status: "registered"; readonly datastore: DatastoreDetails }
  | { readonly status: "refused"; readonly problems: readonly Problem[] };

export interface DatastorePage {
  readonly items: readonly DatastoreDetails[];
  /** Opaque; null on the last page. */
  readonly continuationToken: string | null;
}

/** `workspaceblobstore` and `workspacefilestore` are built in and made with their containers on first use. */
export interface Datastores {
  find(name: string): Promise<Datastore | undefined>;
  /** The built-in ones and the first hundred others, by name. */
  list(): Promise<readonly Datastore[]>;
  /** `workspaceblobstore` until another one is chosen. */
  getDefault(): Promise<Datastore>;
  /** The container behind a datastore; throws when the name is unknown or its secret cannot be read. */
  container(name: string): Promise<ContainerClient>;
  /** A datastore whose container this is, if any: how a blob event finds its datastore. */
  findByContainer(accountName: string, containerName: string): Promise<Datastore | undefined>;
}

/** The same with what it takes to register them. */
export interface DatastoreRegistry extends Datastores {
  find(name: string): Promise<DatastoreDetails | undefined>;
  getDefault(): Promise<DatastoreDetails>;
  /** One page by name, the built-in ones first; `top` is 1–500. */
  page(top: number, continuationToken: string | null): Promise<DatastorePage>;
  setDefault(name: string): Promise<"set" | "not-found">;
  /** Problems: `InvalidDatastore`, `DatastoreExists`, `DatastoreBuiltIn`, `DatastoreUnreachable`, `SecretsUnavailable`. */
  register(datastore: NewDatastore, options: RegisterOptions): Promise<RegisterOutcome>;
  /** Forgets a registration and its secret; the data stays. The default and the built-in ones cannot be forgotten. */
  unregister(name: string): Promise<"unregistered" | "not-found" | "in-use">;
}
