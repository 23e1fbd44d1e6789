/** The host under the harness: killed and started again on one data folder, with clients of whichever one runs now. */
import { AzureNamedKeyCredential, TableClient } from "@azure/data-tables";
import {
  newPipeline,
  BlobServiceClient,
  StorageSharedKeyCredential,
  type ContainerClient,
} from "@azure/storage-blob";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HostProcess, readJournal } from "../service/host/hostProcess";

/** What the load talks to; dead as soon as its host is. */
export interface Access {
  readonly host: HostProcess;
  readonly table: TableClient;
  readonly container: ContainerClient;
}

export interface KillableHostOptions {
  /** A scratch folder that this host may fill: data, journal and markers. */
  readonly folder: string;
  /** The compiled app's `dist` folder. */
  readonly dist: string;
}

const app = join(__dirname, "fixtures", "load");

export class KillableHost {
  readonly journalFile: string;
  readonly #options: KillableHostOptions;
  #access: Promise<Access>;
  #host: HostProcess;
  #workersKilled = 0;

  constructor(options: KillableHostOptions) {
    this.#options = options;
    this.journalFile = join(options.folder, "journal");
    mkdirSync(join(options.folder, "markers"), { recursive: true });
    this.#host = this.#launch();
    this.#access = this.#open();
  }

  /** Resolves as soon as a host is ready to be talked to. */
  get access(): Promise<Access> {
    return this.#access;
  }

  journal(): string[] {
    return readJournal(this.journalFile);
  }

  journalSize(): number {
    return statSync(this.journalFile, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Kills the host with its storage and starts it again. `recoveryMs` kills it once more that long after the start. */
  async killHost(recoveryMs: number | null): Promise<void> {
    await this.#host.kill();
    if (recoveryMs !== null) {
      this.#host = this.#launch();
      await Promise.race([delay(recoveryMs), this.#host.ended]);
      await this.#host.kill();
    }
    this.#host = this.#launch();
    this.#access = this.#open();
    await this.#access;
  }

  /**
   * Kills the process that runs the app. False when there is none now, or when this host lost two already: it would
   * restart them more and more slowly.
   */
  async killWorker(): Promise<boolean> {
    if (this.#workersKilled === 2) return false;
    const status = (await (await this.#host.fetch("/admin/host/status")).json()) as {
      readonly worker: { readonly processId: number | null };
    };
    if (status.worker.processId === null) return false;
    try {
      process.kill(status.worker.processId, "SIGKILL");
      this.#workersKilled += 1;
      return true;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    await this.#host.kill();
  }

  #launch(): HostProcess {
    const { folder, dist } = this.#options;
    this.#workersKilled = 0;
    const environment = { CRASH_JOURNAL: this.journalFile, CRASH_MARKERS: join(folder, "markers") };
    return new HostProcess({ app, dist, dataDir: join(folder, "data"), environment, hasStorage: true });
  }

  async #open(): Promise<Access> {
    const host = this.#host;
    const { blobEndpoint, tableEndpoint } = await host.ready;
    const { account, key } = host.keys.storage;
    const table = new TableClient(String(tableEndpoint), "crash", new AzureNamedKeyCredential(account, key), {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
    });
    const pipeline = newPipeline(new StorageSharedKeyCredential(account, key), {
      retryOptions: { maxTries: 1 },
    });
    const container = new BlobServiceClient(String(blobEndpoint), pipeline).getContainerClient("crash");
    return { host, table, container };
  }
}
