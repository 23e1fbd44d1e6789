/** A datastore with what a client needs to reach its container. Source: spec azureml-v1-wire.md §3.2. */
import { flag, listOf, mapOf, name, oneOf, orElse, orNull, text, wireObject, type ValueOf } from "./wireType";

const azureStorageSection = wireObject({
  accountName: ["accountName", text],
  containerName: ["containerName", text],
  /** Host suffix of the account's blob service. */
  endpoint: ["endpoint", text],
  protocol: ["protocol", oneOf(["http", "https"])],
  credentialType: ["credentialType", text],
  /** SAS of the container for a limited time, without a leading `?`; the rights follow the caller's roles. */
  credential: ["credential", orNull(text)],
  isSas: ["isSas", orElse(flag, true)],
  sasToken: ["sasToken", orNull(text)],
  /** Absolute URL of the container without its SAS. An addition of Sluice: local storage names accounts in the path. */
  containerUri: ["containerUri", orNull(text)],
  areWorkspaceManagedIdentitiesAllowed: ["areWorkspaceManagedIdentitiesAllowed", orElse(flag, false)],
});

export const datastoreEntity = wireObject({
  name: ["name", name],
  dataStoreType: ["dataStoreType", text],
  hasBeenValidated: ["hasBeenValidated", orElse(flag, true)],
  tags: ["tags", mapOf(text)],
  azureStorage: ["azureStorageSection", azureStorageSection],
});

const storageToRegister = wireObject({
  accountName: ["accountName", text],
  containerName: ["containerName", text],
  endpoint: ["endpoint", orElse(text, "core.windows.net")],
  protocol: ["protocol", orElse(oneOf(["http", "https"]), "https")],
  /** `AccountKey`, `Sas`, or `None`, which means the app's own identity. */
  credentialType: ["credentialType", orNull(text)],
  credential: ["credential", orNull(text)],
  accountKey: ["accountKey", orNull(text)],
  sasToken: ["sasToken", orNull(text)],
});

/** Body of `POST datastores` and `PUT datastores/{name}`. Types other than `AzureBlob` come with other sections. */
export const datastoreRegistration = wireObject({
  name: ["name", orNull(text)],
  dataStoreType: ["dataStoreType", text],
  tags: ["tags", mapOf(text)],
  azureStorage: ["azureStorageSection", orNull(storageToRegister)],
});

export type DatastoreRegistration = ValueOf<typeof datastoreRegistration>;

export type DatastoreEntity = ValueOf<typeof datastoreEntity>;

export const datastoreList = wireObject({
  value: ["value", listOf(datastoreEntity)],
  continuationToken: ["continuationToken", orNull(text)],
  nextLink: ["nextLink", orNull(text)],
});
