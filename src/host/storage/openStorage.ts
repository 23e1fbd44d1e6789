/**
 * The local Table and Blob storage of a laptop: what the official clients, curl with a SAS and Storage Explorer use
 * here, durable in LMDB and files below one folder. This file composes it; docs/local-storage.md tells what is served.
 *
 * Guarantees: an answered write is on disk (store/groupCommit.ts); a blob and its event are one transaction
 * (blob/blobStore.ts); only loopback callers that hold the account key or a SAS are served (http/serveStorage.ts).
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { authenticate, type Account } from "./auth/authenticate";
import { renderBlobError } from "./blob/blobError";
import { routeBlob } from "./blob/blobRoutes";
import { openBlobStore } from "./blob/blobStore";
import { openBlockStore } from "./blob/blockStore";
import { openContainerStore } from "./blob/containerStore";
import { ownersOf } from "./blob/contentOwner";
import { openDeliverer, type EventSubscription } from "./events/deliverer";
import { openDisturbance, type DisturbedDelivery } from "./events/disturbance";
import type { DeadLetter } from "./events/deadLetters";
import { openEventJournal } from "./events/eventJournal";
import { serveStorage, type RunningService } from "./http/serveStorage";
import type { StorageRequest } from "./http/storageRequest";
import { createTickClock, machineClock, type StorageClock } from "./store/clock";
import { openContentStore, type DamagedContent } from "./store/contentStore";
import { openDamageLog } from "./store/damage";
import { openFileShelf } from "./store/durableFile";
import { openStoreRows } from "./store/storeRows";
import { renderTableError } from "./table/tableError";
import { routeTable } from "./table/tableRoutes";
import { openTableStore } from "./table/tableStore";

export type { DeadLetter } from "./events/deadLetters";
export type { EventSubscription } from "./events/deliverer";
export type { StorageClock } from "./store/clock";
export { disturbanceIn, type DisturbedDelivery } from "./events/disturbance";

export interface StorageOptions {
  /** Absolute; created when missing. One process at a time. */
  readonly dataDir: string;
  readonly account: string;
  /** Base64. */
  readonly key: string;
  /** 0 for any free port. */
  readonly blobPort: number;
  readonly tablePort: number;
  /** The machine's when absent. */
  readonly clock?: StorageClock | undefined;
  /** In tests only: repeats, delays and shuffles blob events. */
  readonly disturbEvents?: DisturbedDelivery | undefined;
  readonly log: (level: "info" | "warn" | "error", event: string, detail: Record<string, unknown>) => void;
}

export interface LocalStorage {
  readonly connectionString: string;
  /** `http://127.0.0.1:<port>/<account>` */
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  /**
   * Makes a webhook a subscriber: performs the validation handshake, then delivers what the journal holds for this name
   * and what is committed from now on, at least once, in no promised order. Rejects when the handshake fails.
   */
  subscribe(subscription: EventSubscription): Promise<void>;
  /** Blob events that were given up, oldest first; kept for 7 days, 1,000 at most. */
  deadLetters(): readonly DeadLetter[];
  /** Problems in plain words; empty when all is well. */
  health(): readonly string[];
  close(): Promise<void>;
}

/** Staged blocks older than this are discarded when the storage opens. */
const STAGED_BLOCK_LIFE_MS = 7 * 24 * 3_600_000;

/** Opens the storage and starts to serve it. Rejects with one sentence when the folder or a port cannot be used. */
export async function openStorage(options: StorageOptions): Promise<LocalStorage> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const account: Account = { name: options.account, key: Buffer.from(options.key, "base64") };
  const time = options.clock ?? machineClock;
  const clock = createTickClock(() => time.now());
  const rows = await openStoreRows(join(options.dataDir, "storage.mdb"));
  const services: RunningService[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.close()));
    await rows.close();
  };
  try {
    const damage = openDamageLog((what) => options.log("error", "storage.damaged", { what }));
    const noteDamage = (found: readonly DamagedContent[]): void => {
      const owners = ownersOf(rows, new Set(found.map(({ content }) => content)));
      for (const one of found) damage.note(one.content, describeDamage(one, owners.get(one.content)));
    };
    const contents = openContentStore(rows, await openFileShelf(options.dataDir), {
      found: (damaged) => noteDamage([damaged]),
      gone: (content) => damage.forget(content),
    });
    let blobEndpoint = "";
    let tableEndpoint = "";
    const journal = openEventJournal(
      rows,
      () => ({ account: account.name, endpoint: blobEndpoint }),
      () => time.now(),
    );
    const containers = openContainerStore(rows, contents, clock);
    const parts = { rows, contents, containers, journal, clock };
    const blobs = openBlobStore(parts);
    const blocks = openBlockStore(parts);
    const tables = openTableStore(rows, clock);
    const damaged = await tidy(contents, [
      () => blocks.expire(time.now() - STAGED_BLOCK_LIFE_MS),
      () => containers.purge(),
      () => tables.purge(),
      () => journal.deadLetters.prune(),
    ]);
    noteDamage(damaged);
    const onBug = (error: unknown, requestId: string): void =>
      options.log("error", "storage.request-failed", {
        requestId,
        error: String(error),
        stack: (error as Error).stack,
      });
    const blobRoutes = {
      ...{ rows, contents, containers, blobs, blocks },
      authenticate: (request: StorageRequest) => authenticate("blob", account, request),
      endpoint: () => blobEndpoint,
    };
    const blobService = await serveStorage({
      service: "blob",
      account,
      port: options.blobPort,
      route: (request, grant) => routeBlob(blobRoutes, request, grant),
      renderError: renderBlobError,
      onBug,
    });
    services.push(blobService);
    blobEndpoint = blobService.endpoint;
    const tableRoutes = { store: tables, account: account.name, endpoint: () => tableEndpoint };
    const tableService = await serveStorage({
      service: "table",
      account,
      port: options.tablePort,
      route: (request, grant) => routeTable(tableRoutes, request, grant),
      renderError: renderTableError,
      onBug,
    });
    services.push(tableService);
    tableEndpoint = tableService.endpoint;
    const deliverer = openDeliverer({
      ...{ journal, log: options.log, clock: time },
      disturbance: options.disturbEvents && openDisturbance(options.disturbEvents),
    });
    options.log("info", "storage.opened", { blobEndpoint, tableEndpoint });
    return {
      connectionString: connectionString(options, blobEndpoint, tableEndpoint),
      blobEndpoint,
      tableEndpoint,
      subscribe: (subscription) => deliverer.subscribe(subscription),
      deadLetters: () => journal.deadLetters.list(),
      health: () => [...damage.problems(), ...commitProblem(rows.commits.failure()), ...deliverer.problems()],
      close: async () => {
        await deliverer.close();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Finishes what an earlier process left half removed, and names damage. */
async function tidy(
  contents: { sweep(): Promise<readonly DamagedContent[]> },
  leftovers: readonly (() => Promise<void>)[],
): Promise<readonly DamagedContent[]> {
  for (const finish of leftovers) await finish();
  return contents.sweep();
}

function describeDamage({ why }: DamagedContent, owner: string | undefined): string {
  const what = owner ?? "a blob that is being removed";
  return `The bytes of ${what} are damaged: ${why}. Upload it again or delete it, or put back a copy of the file.`;
}

function commitProblem(failure: Error | undefined): readonly string[] {
  return failure === undefined
    ? []
    : [
        `The last write to the local storage failed (${failure.message}), for instance because the disk is full.`,
      ];
}

function connectionString(options: StorageOptions, blobEndpoint: string, tableEndpoint: string): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${options.account}`,
    `AccountKey=${options.key}`,
    `BlobEndpoint=${blobEndpoint}`,
    `TableEndpoint=${tableEndpoint}`,
    "",
  ].join(";");
}
