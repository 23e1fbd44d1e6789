/** Opens the floor: storage clients, clock, ids and log for one configuration. */
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { systemClock } from "./clock";
import type { WorkspaceConfig } from "./config";
import { randomIds } from "./ids";
import { consoleLog } from "./log";
import { isConflict } from "./storageErrors";
import type { TableName, Workspace } from "./workspace";

type Parts = Partial<Pick<Workspace, "clock" | "ids" | "log">>;

/** No request is made until a table or container is first used. `parts` replaces clock, ids or log in tests. */
export function openWorkspace(config: WorkspaceConfig, parts: Parts = {}): Workspace {
  const tables = new Map<TableName, Promise<TableClient>>();
  const insecure = { allowInsecureConnection: true };
  return {
    config,
    clock: parts.clock ?? systemClock,
    ids: parts.ids ?? randomIds,
    log: parts.log ?? consoleLog,
    blobs: BlobServiceClient.fromConnectionString(config.storageConnection),
    table(name) {
      const known = tables.get(name);
      if (known !== undefined) return known;
      const opened = createTable(TableClient.fromConnectionString(config.storageConnection, name, insecure));
      tables.set(name, opened);
      opened.catch(() => tables.delete(name));
      return opened;
    },
  };
}

async function createTable(client: TableClient): Promise<TableClient> {
  try {
    await client.createTable();
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  return client;
}
