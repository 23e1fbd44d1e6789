import path from "node:path";
import { acquireDataLock } from "./dataLock";
import { HubDatabase } from "./durable/hubDatabase";
import { openKeys, type HostKeys } from "./http/keys";
import { makeFolder } from "./makeFolder";
import { findFileDamage } from "./storage/store/environmentFile";
import { findPageDamage } from "./storage/store/pageWalk";

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
    makeFolder(hostDir);
    await refuseDamage(path.join(hostDir, "lock"), findFileDamage);
    return acquireDataLock(path.join(hostDir, "lock"));
  });
  if (lock.kind === "owned") {
    throw new DataFolderRefused(`Another host (process ${lock.pid}) is using this data folder.`);
  }
  try {
    const keys = await attempt(() => openKeys(path.join(hostDir, "keys.json")));
    const hub = await attempt(async () => {
      const directory = path.join(hostDir, "hub", hubName);
      await refuseDamage(directory, findAnyDamage);
      return new HubDatabase(directory);
    });
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

/** LMDB ends the process on a damaged file, so the file is looked at first. It is never made anew in silence. */
async function refuseDamage(
  directory: string,
  find: (file: string) => Promise<string | undefined>,
): Promise<void> {
  const file = path.join(directory, "data.mdb");
  const damage = await find(file);
  if (damage !== undefined)
    throw new Error(`${file}: ${damage}. Put back a copy of it, or move it away to start empty.`);
}

/** A garbled page behind the first ones could give a wrong answer in silence. Only for a file that nobody writes. */
async function findAnyDamage(file: string): Promise<string | undefined> {
  const noRows = { table: () => undefined, row: () => undefined, wantsLarge: () => false };
  return (await findFileDamage(file)) ?? findPageDamage(file, noRows);
}
