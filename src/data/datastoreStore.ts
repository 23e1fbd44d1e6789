/**
 * The datastores of a workspace. So far there is the built-in one; registering others is not served yet.
 * Only containers of the workspace's own storage account are served.
 */
import type { ContainerClient } from "@azure/storage-blob";
import type { Workspace } from "../workspace/workspace";
import type { Datastore, Datastores } from "./datastores";

/** v1's fixed name of the default datastore. */
export const builtInDatastore = "workspaceblobstore";
const builtInContainer = "azureml-blobstore";

export function createDatastores({ workspace }: { readonly workspace: Workspace }): Datastores {
  const accountName = workspace.blobs.accountName;
  const builtIn: Datastore = {
    name: builtInDatastore,
    kind: "AzureBlob",
    accountName,
    containerName: builtInContainer,
    isDefault: true,
  };
  const containers = new Map<string, Promise<ContainerClient>>();
  const find = (name: string): Promise<Datastore | undefined> =>
    Promise.resolve(name === builtIn.name ? builtIn : undefined);
  return {
    find,
    list: () => Promise.resolve([builtIn]),
    getDefault: () => Promise.resolve(builtIn),
    async container(name) {
      const datastore = await find(name);
      if (datastore === undefined) throw new Error(`There is no datastore ${JSON.stringify(name)}`);
      return openOnce(containers, workspace, datastore.containerName);
    },
    findByContainer: (account, containerName) =>
      Promise.resolve(account === accountName && containerName === builtInContainer ? builtIn : undefined),
  };
}

/** The container exists when this answers; it is created once per process. */
function openOnce(
  opened: Map<string, Promise<ContainerClient>>,
  workspace: Workspace,
  containerName: string,
): Promise<ContainerClient> {
  const known = opened.get(containerName);
  if (known !== undefined) return known;
  const client = workspace.blobs.getContainerClient(containerName);
  const opening = client.createIfNotExists().then(() => client);
  opened.set(containerName, opening);
  opening.catch(() => opened.delete(containerName));
  return opening;
}
