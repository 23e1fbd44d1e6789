/** The container that holds the app's own blobs: snapshots, plans, graphs and the artifacts of runs. */
import type { ContainerClient } from "@azure/storage-blob";
import type { Workspace } from "./workspace";

export const systemContainerName = "sluice-system";

const created = new WeakMap<Workspace, Promise<ContainerClient>>();

/** The container, created by the first call of a process. */
export function systemContainer(workspace: Workspace): Promise<ContainerClient> {
  const known = created.get(workspace);
  if (known !== undefined) return known;
  const client = workspace.blobs.getContainerClient(systemContainerName);
  const opened = client.createIfNotExists().then(() => client);
  created.set(workspace, opened);
  opened.catch(() => created.delete(workspace));
  return opened;
}
