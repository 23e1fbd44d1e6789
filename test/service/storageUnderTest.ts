/** A storage service of its own for one test file: the local storage, opened in this process on free ports. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openStorage,
  type DisturbedDelivery,
  type EventSubscription,
} from "../../src/host/storage/openStorage";

export interface StorageUnderTest {
  readonly connectionString: string;
  /** Blob events go to this webhook from now on. */
  subscribe(subscription: EventSubscription): Promise<void>;
  stop(): Promise<void>;
}

/** `disturbEvents` repeats, delays and shuffles blob events, as Azure may. */
export async function startStorage(disturbEvents?: DisturbedDelivery): Promise<StorageUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-storage-"));
  const storage = await openStorage({
    dataDir,
    account: "sluice",
    key: randomBytes(64).toString("base64"),
    blobPort: 0,
    tablePort: 0,
    disturbEvents,
    log: () => undefined,
  });
  return {
    connectionString: storage.connectionString,
    subscribe: (subscription) => storage.subscribe(subscription),
    async stop() {
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
