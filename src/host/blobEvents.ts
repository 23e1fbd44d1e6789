/** Makes the app's Event Grid functions subscribers of the local storage's events, and tries again until they are. */
import type { FunctionTable } from "./app/functionTable";
import type { HostLog } from "./log/hostLog";
import type { LocalStorage } from "./storage/openStorage";

export interface BlobEventsOptions {
  readonly storage: LocalStorage | null;
  readonly table: FunctionTable;
  /** The address of the webhook for a function, with its key. */
  readonly endpointOf: (functionName: string) => string;
  readonly log: HostLog;
}

const pauseMs = 5_000;

export class BlobEvents {
  readonly #options: BlobEventsOptions;
  readonly #problems = new Map<string, string>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #isStopped = false;

  constructor(options: BlobEventsOptions) {
    this.#options = options;
  }

  /** Why a function gets no events, one sentence each. */
  problems(): readonly string[] {
    return [...this.#problems].map(([name, problem]) => `Blob events do not reach '${name}': ${problem}`);
  }

  start(): void {
    for (const { name, kind } of this.#options.table.functions)
      if (kind === "eventGrid") void this.#subscribe(name);
  }

  stop(): void {
    this.#isStopped = true;
    this.#pauses.forEach((pause) => clearTimeout(pause));
  }

  async #subscribe(name: string): Promise<void> {
    const { storage, endpointOf, log } = this.#options;
    if (storage === null || this.#isStopped) return;
    try {
      const eventTypes = ["Microsoft.Storage.BlobCreated"];
      await storage.subscribe({ name, endpoint: endpointOf(name), eventTypes });
      this.#problems.delete(name);
      log.eventsSubscribed(name);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (this.#problems.get(name) !== problem) log.eventsNotSubscribed(name, problem);
      this.#problems.set(name, problem);
      this.#again(name);
    }
  }

  #again(name: string): void {
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      void this.#subscribe(name);
    }, pauseMs);
    this.#pauses.add(pause);
  }
}
