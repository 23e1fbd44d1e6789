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

export type DatastoreEntity = ValueOf<typeof datastoreEntity>;

export const datastoreList = wireObject({
  value: ["value", listOf(datastoreEntity)],
  continuationToken: ["continuationToken", orNull(text)],
  nextLink: ["nextLink", orNull(text)],
});
