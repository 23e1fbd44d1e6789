import { mkdirSync } from "node:fs";
import path from "node:path";
import { acquireDataLock } from "./dataLock";
import { HubDatabase } from "./durable/hubDatabase";
import { openKeys, type HostKeys } from "./http/keys";

export interface DataFolder {
  readonly keys: HostKeys;
  readonly hub: HubDatabase;
  close(): Promise<void>;
}

/** The data folder belongs to another host or cannot be used; one sentence. */
export class DataFolderRefused extends Error {}

/** Locks the folder and opens what is in it: DIR/host/{lock,hub/<name>,keys.json}. */
export async function openDataFolder(hostDir: string, hubName: string): Promise<DataFolder> {
  const lock = await attempt(async () => {
    mkdirSync(hostDir, { recursive: true });
    return acquireDataLock(path.join(hostDir, "lock"));
  });
  if (lock.kind === "owned") {
    throw new DataFolderRefused(`Another host (process ${lock.pid}) is using this data folder.`);
  }
  try {
    const keys = await attempt(() => openKeys(path.join(hostDir, "keys.json")));
    const hub = await attempt(() => new HubDatabase(path.join(hostDir, "hub", hubName)));
    return { keys, hub, close: async () => hub.close().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function attempt<T>(action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataFolderRefused(`The data folder cannot be used: ${reason}`);
  }
}
