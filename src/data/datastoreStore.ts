/**
 * The datastores of a workspace: two that are built in, and those that were registered, in table `Datastores`.
 *
 * Invariants:
 * 1. A credential is stored only sealed, under a key from outside the storage; without such a key none is taken.
 * 2. No credential leaves this room but inside a client that signs with it.
 * 3. The built-in names and the default always answer, and cannot be registered over or forgotten.
 */
import { odata, type TableClient } from "@azure/data-tables";
import type { ContainerClient } from "@azure/storage-blob";
import type { Problem } from "../model/problem";
import { isConflict, isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { containerUrlOf, datastoreProblems } from "./datastoreRule";
import {
  datastorePartition,
  decodeDatastoreRow,
  encodeDatastoreRow,
  type StoredDatastore,
} from "./datastoreRow";
import { credentialOf, sealedSecret, unsealable, type SecretKey } from "./datastoreSecrets";
import type {
  DatastoreDetails,
  DatastoreRegistry,
  NewDatastore,
  RegisterOptions,
  RegisterOutcome,
} from "./datastores";
import { reachContainer } from "./reachContainer";
import { createSignIn, type SignIn } from "./signIn";

/** v1's fixed name of the default datastore. */
export const builtInDatastore = "workspaceblobstore";

export interface DatastoreDependencies {
  readonly workspace: Workspace;
  /** 32 bytes under which secrets are sealed; absent = datastores that need a secret are refused. */
  readonly secretKey?: SecretKey;
}

interface Parts {
  readonly workspace: Workspace;
  readonly builtIn: readonly DatastoreDetails[];
  readonly secretKey: SecretKey | undefined;
  readonly signIn: SignIn;
}

const mostListed = 100;
const settings = "settings";
const defaultKey = "default";

export function createDatastores({ workspace, secretKey }: DatastoreDependencies): DatastoreRegistry {
  const parts = {
    workspace,
    secretKey,
    builtIn: builtInDatastores(workspace),
    signIn: createSignIn(workspace),
  };
  const { builtIn } = parts;
  const containers = new Map<string, { readonly etag: string; readonly client: Promise<ContainerClient> }>();
  const find = async (name: string): Promise<DatastoreDetails | undefined> =>
    builtIn.find((each) => each.name === name) ?? (await readRow(parts, name))?.details;
  const page: DatastoreRegistry["page"] = (top, token) => readPage(parts, top, token);
  return {
    find,
    page,
    list: async () => (await page(mostListed, null)).items,
    getDefault: async () => {
      const chosen = await find(await readDefault(workspace));
      return chosen ?? ownDatastore(builtIn);
    },
    setDefault: async (name) => {
      if ((await find(name)) === undefined) return "not-found";
      const table = await workspace.table("Datastores");
      await table.upsertEntity({ partitionKey: settings, rowKey: defaultKey, name }, "Replace");
      return "set";
    },
    register: (datastore, options) => register(parts, datastore, options),
    unregister: async (name) => {
      if (builtIn.some((each) => each.name === name)) return "in-use";
      if ((await find(name)) === undefined) return "not-found";
      if ((await readDefault(workspace)) === name) return "in-use";
      return removeRow(await workspace.table("Datastores"), name);
    },
    async container(name) {
      const own = builtIn.find((each) => each.name === name);
      const stored =
        own === undefined ? await readRow(parts, name) : { details: own, secret: null, etag: "" };
      if (stored === undefined) throw new Error(`There is no datastore ${JSON.stringify(name)}`);
      const known = containers.get(name);
      if (known?.etag === stored.etag) return known.client;
      const client = openContainer(parts, stored);
      containers.set(name, { etag: stored.etag, client });
      client.catch(() => containers.delete(name));
      return client;
    },
    findByContainer: async (account, container) =>
      builtIn.find((each) => each.accountName === account && each.containerName === container) ??
      (await readFirstOf(parts, account, container)),
  };
}

function builtInDatastores({ blobs }: Workspace): readonly DatastoreDetails[] {
  const own = {
    accountName: blobs.accountName,
    credentialKind: "workspace",
    hasBeenValidated: true,
    isBuiltIn: true,
  } as const;
  const place = (containerName: string) => ({
    containerName,
    containerUrl: blobs.getContainerClient(containerName).url,
  });
  return [
    { ...own, ...place("azureml-blobstore"), name: builtInDatastore, kind: "AzureBlob", tags: {} },
    {
      ...own,
      ...place("azureml-filestore"),
      name: "workspacefilestore",
      kind: "AzureFile",
      tags: { ["sluice.backedBy"]: "a blob container in place of a file share" },
    },
  ];
}

function ownDatastore(builtIn: readonly DatastoreDetails[]): DatastoreDetails {
  const [first] = builtIn;
  if (first === undefined) throw new Error("There is no built-in datastore");
  return first;
}

async function readDefault(workspace: Workspace): Promise<string> {
  try {
    const row = await (await workspace.table("Datastores")).getEntity(settings, defaultKey);
    return String(row["name"]);
  } catch (error) {
    if (isNotFound(error)) return builtInDatastore;
    throw error;
  }
}

async function readRow({ workspace }: Parts, name: string): Promise<StoredDatastore | undefined> {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) return undefined;
  try {
    const table = await workspace.table("Datastores");
    return decodeDatastoreRow(await table.getEntity(datastorePartition, name));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The token is the place to go on from: `+n` among the built-in ones, or `=name`, the last one told. */
async function readPage(
  { workspace, builtIn }: Parts,
  top: number,
  token: string | null,
): ReturnType<DatastoreRegistry["page"]> {
  const start = token === null ? 0 : token.startsWith("+") ? Number(token.slice(1)) : builtIn.length;
  const first = builtIn.slice(start, start + top);
  const wanted = top - first.length;
  if (wanted === 0) return { items: first, continuationToken: `+${start + top}` };
  const rest = await readRows(await workspace.table("Datastores"), wanted + 1, lastOf(token));
  const items = [...first, ...rest.slice(0, wanted)];
  const hasMore = rest.length > wanted;
  return { items, continuationToken: hasMore ? `=${items.at(-1)?.name ?? ""}` : null };
}

const lastOf = (token: string | null): string => (token?.startsWith("=") === true ? token.slice(1) : "");

/** At most `most` in the order of their names, after `last`. */
async function readRows(
  table: TableClient,
  most: number,
  last: string,
): Promise<readonly DatastoreDetails[]> {
  const filter = odata`PartitionKey eq ${datastorePartition} and RowKey gt ${last}`;
  const rows: DatastoreDetails[] = [];
  for await (const entity of table.listEntities({ queryOptions: { filter } })) {
    rows.push(decodeDatastoreRow(entity).details);
    if (rows.length === most) break;
  }
  return rows;
}

async function readFirstOf(
  { workspace }: Parts,
  account: string,
  container: string,
): Promise<DatastoreDetails | undefined> {
  const filter = odata`PartitionKey eq ${datastorePartition} and accountName eq ${account} and containerName eq ${container}`;
  const table = await workspace.table("Datastores");
  for await (const entity of table.listEntities({ queryOptions: { filter } })) {
    return decodeDatastoreRow(entity).details;
  }
  return undefined;
}

async function register(
  parts: Parts,
  datastore: NewDatastore,
  { overwrite, skipValidation, createIfNotExists }: RegisterOptions,
): Promise<RegisterOutcome> {
  const { workspace, builtIn, signIn } = parts;
  const { name, credential } = datastore;
  const own = { accountName: workspace.blobs.accountName, host: signIn.ownHost };
  const problems: Problem[] = [
    ...datastoreProblems(datastore, own),
    ...unsealable(parts.secretKey, credential),
  ];
  if (builtIn.some((each) => each.name === name))
    problems.push(problem("DatastoreBuiltIn", "name", "another name", name));
  if (!signIn.canUse(datastore)) problems.push(noIdentity(datastore.accountName));
  if (problems.length === 0 && !overwrite && (await readRow(parts, name)) !== undefined)
    problems.push(taken(name));
  if (problems.length > 0) return { status: "refused", problems };
  if (!skipValidation) {
    const container = signIn.container(containerUrlOf(datastore), datastore.accountName, credential);
    const unreached = await reachContainer(container, createIfNotExists);
    if (unreached !== undefined) return { status: "refused", problems: [unreached] };
  }
  const details: DatastoreDetails = {
    name,
    kind: "AzureBlob",
    accountName: datastore.accountName,
    containerName: datastore.containerName,
    containerUrl: containerUrlOf(datastore),
    credentialKind: credential.kind,
    hasBeenValidated: !skipValidation,
    tags: datastore.tags,
    isBuiltIn: false,
  };
  const row = encodeDatastoreRow(details, await sealedSecret(parts.secretKey, name, credential));
  return (await writeRow(await workspace.table("Datastores"), row, overwrite))
    ? { status: "registered", datastore: details }
    : { status: "refused", problems: [taken(name)] };
}

async function writeRow(
  table: TableClient,
  row: ReturnType<typeof encodeDatastoreRow>,
  overwrite: boolean,
): Promise<boolean> {
  try {
    await (overwrite ? table.upsertEntity(row, "Replace") : table.createEntity(row));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Another call may have removed it since it was looked for. */
async function removeRow(table: TableClient, name: string): Promise<"unregistered" | "not-found"> {
  try {
    await table.deleteEntity(datastorePartition, name);
    return "unregistered";
  } catch (error) {
    if (isNotFound(error)) return "not-found";
    throw error;
  }
}

async function openContainer(parts: Parts, stored: StoredDatastore): Promise<ContainerClient> {
  const { details } = stored;
  if (details.credentialKind === "workspace") {
    const container = parts.workspace.blobs.getContainerClient(details.containerName);
    await container.createIfNotExists();
    return container;
  }
  const credential = await credentialOf(parts.secretKey, stored);
  return parts.signIn.container(details.containerUrl, details.accountName, credential);
}

function taken(name: string): Problem {
  return problem("DatastoreExists", "name", "a name that is free, or to overwrite", name);
}

function noIdentity(account: string): Problem {
  const expected = "an account key or a SAS token: the app has no managed identity here";
  return problem("InvalidDatastore", "credential", expected, `the identity for account ${account}`);
}

function problem(code: string, field: string, expected: string, received: string): Problem {
  return { code, field, expected, received };
}
