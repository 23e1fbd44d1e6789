/** Clients of containers that sign in as their datastore says. */
import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { Workspace } from "../workspace/workspace";
import { containerUrlOf } from "./datastoreRule";
import type { DatastoreCredential, NewDatastore } from "./datastores";
import { managedIdentity } from "./managedIdentity";

export interface SignIn {
  /** Host, with its port, that the workspace's own blob service answers at, as a registration names it. */
  readonly ownHost: string;
  /** False for an identity where the app has none and the account is another one than its own. */
  canUse(datastore: NewDatastore): boolean;
  container(url: string, accountName: string, credential: DatastoreCredential): ContainerClient;
}

/** A container that does not answer is told soon; the retries of the long way are for reading and writing. */
export function createSignIn({ blobs, config, clock }: Workspace): SignIn {
  const identity =
    config.identity === undefined ? undefined : managedIdentity(config.identity, () => clock.now());
  const { host } = new URL(blobs.url);
  const prefix = `${blobs.accountName}.blob.`;
  const isOwnUrl = (url: string): boolean => url.startsWith(`${blobs.url.replace(/\/$/, "")}/`);
  return {
    ownHost: host.startsWith(prefix) ? host.slice(prefix.length) : host,
    canUse: (datastore) =>
      datastore.credential.kind !== "identity" ||
      identity !== undefined ||
      isOwnUrl(containerUrlOf(datastore)),
    container(url, accountName, credential) {
      switch (credential.kind) {
        case "accountKey":
          return new ContainerClient(url, new StorageSharedKeyCredential(accountName, credential.accountKey));
        case "sas":
          return new ContainerClient(`${url}?${credential.sasToken}`, new AnonymousCredential());
        case "identity":
          if (isOwnUrl(url)) return blobs.getContainerClient(new URL(url).pathname.split("/").at(-1) ?? "");
          if (identity === undefined) throw new Error("The app has no managed identity to sign in with");
          return new ContainerClient(url, identity);
      }
    },
  };
}
