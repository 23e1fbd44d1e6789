/**
 * Datastores with what a client needs to reach their containers directly. Source: spec azureml-v1-wire.md §3.2.
 *
 * 1. No registered secret leaves the app: a client gets a SAS of one container, for one hour, where the app can make
 *    one; of a datastore that is itself registered by a SAS or an identity it gets none.
 * 2. A caller who may only read gets a SAS that only reads.
 */
import { ContainerSASPermissions, type ContainerClient } from "@azure/storage-blob";
import {
  datastoreEntity,
  datastoreList,
  type DatastoreEntity,
  type DatastoreRegistration,
} from "../../contract/datastoreEntity";
import type { Role } from "../../contract/localToken";
import type { DatastoreCredential, DatastoreDetails, NewDatastore } from "../../data/datastores";
import type { Parsed, Problem } from "../../model/problem";
import { done, json, refuse, type Answer } from "../answer";
import { isTrue, pageSize } from "../query";
import { refuseProblem, refuseProblems } from "../refuseProblems";
import type { Call } from "../route";

const sasLifetimeMs = 60 * 60 * 1000;

export async function getDefaultDatastore(call: Call): Promise<Answer> {
  const datastore = await call.rooms.datastores.getDefault();
  return json(datastoreEntity.encode(await toEntity(call, datastore)));
}

export async function setDefaultDatastore({ rooms, param }: Call): Promise<Answer> {
  return (await rooms.datastores.setDefault(param("name"))) === "set" ? done : noDatastore(param("name"));
}

export async function getDatastore(call: Call): Promise<Answer> {
  const datastore = await call.rooms.datastores.find(call.param("name"));
  if (datastore === undefined) return noDatastore(call.param("name"));
  return json(datastoreEntity.encode(await toEntity(call, datastore)));
}

export async function listDatastores(call: Call): Promise<Answer> {
  const page = await call.rooms.datastores.page(
    pageSize(call, "count", 100),
    call.query("continuationToken"),
  );
  const value = await Promise.all(page.items.map((datastore) => toEntity(call, datastore)));
  return json(datastoreList.encode({ value, continuationToken: page.continuationToken, nextLink: null }));
}

export function registerDatastore(call: Call<DatastoreRegistration>): Promise<Answer> {
  return register(call, call.body.name ?? "", false);
}

export function overwriteDatastore(call: Call<DatastoreRegistration>): Promise<Answer> {
  return register(call, call.param("name"), true);
}

export async function unregisterDatastore({ rooms, param }: Call): Promise<Answer> {
  const outcome = await rooms.datastores.unregister(param("name"));
  if (outcome === "unregistered") return done;
  if (outcome === "not-found") return noDatastore(param("name"));
  return refuse("DatastoreBuiltIn", `${param("name")} is built in, or the default of the workspace.`);
}

async function register(
  call: Call<DatastoreRegistration>,
  name: string,
  overwrite: boolean,
): Promise<Answer> {
  const datastore = newDatastore(name, call.body);
  if (!datastore.ok) return refuseProblems(datastore.problems);
  const outcome = await call.rooms.datastores.register(datastore.value, {
    overwrite,
    skipValidation: isTrue(call, "skipValidation"),
    createIfNotExists: isTrue(call, "createIfNotExists"),
  });
  if (outcome.status === "refused") return refuseRegistration(outcome.problems);
  return json(datastoreEntity.encode(await toEntity(call, outcome.datastore)));
}

function refuseRegistration(problems: readonly Problem[]): Answer {
  const [only] = problems;
  return problems.length === 1 && only !== undefined ? refuseProblem(only) : refuseProblems(problems);
}

function newDatastore(
  name: string,
  { dataStoreType, tags, azureStorage }: DatastoreRegistration,
): Parsed<NewDatastore> {
  if (dataStoreType !== "AzureBlob") {
    const expected = "AzureBlob: data of other stores has to be copied to a blob container first";
    return refused("UnsupportedDatastore", "dataStoreType", expected, dataStoreType);
  }
  if (azureStorage === null) {
    return refused("InvalidDatastore", "azureStorageSection", "account and container", "nothing");
  }
  const { accountName, containerName, endpoint, protocol } = azureStorage;
  const credential = credentialOf(azureStorage);
  if (credential === undefined) {
    const expected = "AccountKey or Sas with its secret, or None for the app's identity";
    const received = azureStorage.credentialType ?? "nothing";
    return refused("InvalidDatastore", "credentialType", expected, received);
  }
  return { ok: true, value: { name, accountName, containerName, endpoint, protocol, credential, tags } };
}

type StorageToRegister = NonNullable<DatastoreRegistration["azureStorage"]>;

/** Undefined when the type of the credential is not known, or its secret is missing. */
function credentialOf(storage: StorageToRegister): DatastoreCredential | undefined {
  const { credentialType, credential, accountKey, sasToken } = storage;
  switch ((credentialType ?? "None").toLowerCase()) {
    case "accountkey": {
      const key = credential ?? accountKey;
      return key === null ? undefined : { kind: "accountKey", accountKey: key };
    }
    case "sas": {
      const token = credential ?? sasToken;
      return token === null ? undefined : { kind: "sas", sasToken: token.replace(/^\?/, "") };
    }
    case "none":
      return { kind: "identity" };
    default:
      return undefined;
  }
}

function refused(code: string, field: string, expected: string, received: string): Parsed<NewDatastore> {
  return { ok: false, problems: [{ code, field, expected, received: received.slice(0, 80) }] };
}

async function toEntity(
  { rooms, roles }: Pick<Call, "rooms" | "roles">,
  datastore: DatastoreDetails,
): Promise<DatastoreEntity> {
  const sas = await clientSas(rooms, roles, datastore);
  const { host, protocol } = new URL(datastore.containerUrl);
  return {
    name: datastore.name,
    dataStoreType: datastore.kind,
    hasBeenValidated: datastore.hasBeenValidated,
    tags: datastore.tags,
    azureStorage: {
      accountName: datastore.accountName,
      containerName: datastore.containerName,
      endpoint: host.startsWith(`${datastore.accountName}.blob.`) ? host.split(".").slice(2).join(".") : host,
      protocol: protocol === "https:" ? "https" : "http",
      credentialType: sas === null ? "None" : "Sas",
      credential: sas,
      isSas: sas !== null,
      sasToken: sas,
      containerUri: datastore.containerUrl,
      areWorkspaceManagedIdentitiesAllowed: datastore.credentialKind === "identity",
    },
  };
}

async function clientSas(
  { datastores, workspace }: Call["rooms"],
  roles: readonly Role[],
  { name, credentialKind }: DatastoreDetails,
): Promise<string | null> {
  switch (credentialKind) {
    case "workspace":
    case "accountKey":
      return containerSas(await datastores.container(name), roles, workspace.clock.now());
    case "sas":
    case "identity":
      return null;
  }
}

/** Query text of a SAS: read and list for everybody, create and write for those who may submit. */
async function containerSas(container: ContainerClient, roles: readonly Role[], now: Date): Promise<string> {
  const url = await container.generateSasUrl({
    permissions: ContainerSASPermissions.parse(roles.includes("Pipelines.Submit") ? "rcwl" : "rl"),
    expiresOn: new Date(now.getTime() + sasLifetimeMs),
  });
  return new URL(url).search.slice(1);
}

const noDatastore = (name: string): Answer => refuse("DatastoreNotFound", `There is no datastore ${name}.`);
