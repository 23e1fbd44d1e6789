/**
 * Datastores with what a client needs to reach their containers directly. Source: spec azureml-v1-wire.md §3.2.
 *
 * 1. The account's key never leaves the app: a client gets a SAS of one container, for one hour.
 * 2. A caller who may only read gets a SAS that only reads.
 */
import { ContainerSASPermissions, type ContainerClient } from "@azure/storage-blob";
import { datastoreEntity, datastoreList, type DatastoreEntity } from "../../contract/datastoreEntity";
import type { Role } from "../../contract/localToken";
import type { Datastore } from "../../data/datastores";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";

const sasLifetimeMs = 60 * 60 * 1000;

export async function getDefaultDatastore(call: Call): Promise<Answer> {
  const datastore = await call.rooms.datastores.getDefault();
  return json(datastoreEntity.encode(await toEntity(call, datastore)));
}

export async function getDatastore(call: Call): Promise<Answer> {
  const datastore = await call.rooms.datastores.find(call.param("name"));
  if (datastore === undefined)
    return refuse("DatastoreNotFound", `There is no datastore ${call.param("name")}.`);
  return json(datastoreEntity.encode(await toEntity(call, datastore)));
}

export async function listDatastores(call: Call): Promise<Answer> {
  const datastores = await call.rooms.datastores.list();
  const value = await Promise.all(datastores.map((datastore) => toEntity(call, datastore)));
  return json(datastoreList.encode({ value, continuationToken: null, nextLink: null }));
}

async function toEntity({ rooms, roles }: Call, datastore: Datastore): Promise<DatastoreEntity> {
  const container = await rooms.datastores.container(datastore.name);
  const sas = await containerSas(container, roles, rooms.workspace.clock.now());
  const { host, protocol } = new URL(container.url);
  return {
    name: datastore.name,
    dataStoreType: datastore.kind,
    hasBeenValidated: true,
    tags: {},
    azureStorage: {
      accountName: datastore.accountName,
      containerName: datastore.containerName,
      endpoint: host.startsWith(`${datastore.accountName}.blob.`) ? host.split(".").slice(2).join(".") : host,
      protocol: protocol === "https:" ? "https" : "http",
      credentialType: "Sas",
      credential: sas,
      isSas: true,
      sasToken: sas,
      containerUri: withoutQuery(container.url),
      areWorkspaceManagedIdentitiesAllowed: false,
    },
  };
}

/** Query text of a SAS: read and list for everybody, create and write for those who may submit. */
async function containerSas(container: ContainerClient, roles: readonly Role[], now: Date): Promise<string> {
  const url = await container.generateSasUrl({
    permissions: ContainerSASPermissions.parse(roles.includes("Pipelines.Submit") ? "rcwl" : "rl"),
    expiresOn: new Date(now.getTime() + sasLifetimeMs),
  });
  return new URL(url).search.slice(1);
}

function withoutQuery(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
