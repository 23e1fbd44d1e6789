/** The durable engine put together: the hub's store, its turns, activities and timers, and what clients may ask of them. */
import { randomUUID } from "node:crypto";
import type { AppWorker } from "../app/appWorker";
import type { DurableConfig } from "../app/hostConfig";
import type { HostLog } from "../log/hostLog";
import { Activities } from "./activities";
import { Arrivals } from "./arrivals";
import type { HistoryEvent } from "./history";
import type { DurableFunctionName } from "./durableFunctionName";
import type { HubDatabase } from "./hubDatabase";
import { isTerminal, type Instance } from "./instance";
import { toStatus, type StatusOptions } from "./instanceStatus";
import type { InstanceFilter } from "./instanceIndex";
import * as operations from "./instanceOperations";
import { Orchestrations } from "./orchestrations";
import { TimerWheel } from "./timerWheel";

export interface TaskHubOptions {
  readonly hub: HubDatabase;
  readonly worker: Pick<AppWorker, "isRunning" | "invoke">;
  readonly log: HostLog;
  readonly config: DurableConfig;
  readonly functionTimeoutMs: number | null;
  /** The wall clock, in Unix milliseconds. It may jump either way. */
  readonly now: () => number;
  readonly orchestrators: readonly DurableFunctionName[];
  readonly activities: readonly DurableFunctionName[];
}

export interface StatusPage {
  readonly statuses: readonly Readonly<Record<string, unknown>>[];
  /** The id to continue after; empty at the end. */
  readonly continuation: string;
}

const longestPage = 1_000;
/** Index entries looked at before others get their turn, and how often one page does that. */
const slicedEntries = 2_000;
const slicesPerPage = 25;

export class TaskHub {
  readonly #options: TaskHubOptions;
  readonly #orchestrators: ReadonlyMap<string, DurableFunctionName>;
  readonly #orchestrations: Orchestrations;
  readonly #activities: Activities;
  readonly #wheel: TimerWheel;
  readonly #waiters = new Map<string, Set<() => void>>();

  constructor(options: TaskHubOptions) {
    this.#options = options;
    const { hub, worker, log, config, now } = options;
    this.#orchestrators = byName(options.orchestrators);
    const activities = byName(options.activities);
    const findOrchestrator = (name: string): DurableFunctionName | undefined =>
      this.#orchestrators.get(name.toLowerCase());
    const findActivity = (name: string): DurableFunctionName | undefined =>
      activities.get(name.toLowerCase());
    const wake = (ids: readonly string[]): void => this.#orchestrations.wake(ids);
    const arrivals = new Arrivals();
    this.#wheel = new TimerWheel({ hub, now, wake: (id) => this.#orchestrations.wakeOne(id) });
    this.#activities = new Activities({
      hub,
      worker,
      log,
      arrivals,
      maxConcurrent: config.maxConcurrentActivities,
      functionTimeoutMs: options.functionTimeoutMs,
      findActivity,
      wake,
      now,
    });
    this.#orchestrations = new Orchestrations({
      hub,
      worker,
      log,
      arrivals,
      maxConcurrent: config.maxConcurrentOrchestrators,
      rules: {
        hasActivity: (name) => findActivity(name) !== undefined,
        findOrchestrator,
        maxActions: config.maxActions,
        storeInputs: config.storeInputs,
        defaultVersion: config.defaultVersion,
      },
      now,
      onTasks: (tasks) => this.#activities.add(tasks),
      onTimers: (earliest) => this.#wheel.add(earliest),
      onEnded: (id) => this.#tell(id),
    });
  }

  /** Takes up what was left when the host stopped. */
  recover(): void {
    this.#activities.recover();
    this.#orchestrations.recover();
    this.#wheel.start();
  }

  /** The worker runs again. */
  pump(): void {
    this.#orchestrations.pump();
    this.#activities.pump();
  }

  stop(): void {
    this.#wheel.stop();
    this.#orchestrations.stop();
    this.#activities.stop();
    for (const id of [...this.#waiters.keys()]) this.#tell(id);
  }

  findOrchestrator(name: string): string | undefined {
    return this.#orchestrators.get(name.toLowerCase())?.name;
  }

  /** Starts an instance; on disk when the promise resolves. */
  async start(
    name: string,
    instanceId: string | null,
    input: string | null,
    version: string | null,
  ): Promise<{ readonly instanceId: string; readonly outcome: operations.StartOutcome }> {
    const { hub, config } = this.#options;
    const id = instanceId ?? randomUUID().replace(/-/g, "");
    const start = {
      instanceId: id,
      executionId: randomUUID().replace(/-/g, ""),
      name,
      version: version ?? config.defaultVersion,
      input,
      at: this.#options.now(),
    };
    const outcome = await operations.startInstance(hub, start, config.replaceLivingInstances);
    if (outcome.kind === "started") this.#orchestrations.wake([id]);
    return { instanceId: id, outcome };
  }

  async raiseEvent(
    instanceId: string,
    name: string,
    input: string | null,
  ): Promise<operations.TargetOutcome> {
    return this.#after(
      instanceId,
      operations.raiseEvent(this.#options.hub, instanceId, { name, input }, this.#options.now()),
    );
  }

  async control(
    instanceId: string,
    verb: "terminate" | "suspend" | "resume",
    reason: string,
  ): Promise<operations.TargetOutcome> {
    return this.#after(
      instanceId,
      operations[verb](this.#options.hub, instanceId, reason, this.#options.now()),
    );
  }

  async purge(instanceIds: readonly string[]): Promise<number> {
    return operations.purge(this.#options.hub, instanceIds);
  }

  find(instanceId: string): Instance | undefined {
    return this.#options.hub.findInstance(instanceId);
  }

  status(instance: Instance, options: StatusOptions): Readonly<Record<string, unknown>> {
    const { hub } = this.#options;
    const input = options.showInput ? (hub.inputs.get(instance.instanceId) ?? null) : null;
    const history = options.showHistory ? parseHistory(hub.readHistory(instance.instanceId)) : null;
    return toStatus(instance, input, history, options);
  }

  /**
   * One page of the instances that match, in id order, after the id `after`. It may hold fewer than `top` before the end, and is
   * looked for in slices, so that a rare match among very many instances keeps nobody else waiting.
   */
  async list(
    filter: InstanceFilter,
    after: string,
    top: number,
    options: StatusOptions,
  ): Promise<StatusPage> {
    const { hub } = this.#options;
    const wanted = Math.min(top, longestPage);
    const statuses: Readonly<Record<string, unknown>>[] = [];
    let next = after;
    for (let slice = 0; slice < slicesPerPage; slice++) {
      const found = hub.findIds(filter, next, {
        maxFound: wanted - statuses.length,
        maxLooked: slicedEntries,
      });
      for (const id of found.ids) {
        const instance = hub.findInstance(id);
        if (instance !== undefined) statuses.push(this.status(instance, options));
      }
      next = found.next;
      if (next === "" || statuses.length >= wanted) break;
      await breathe();
    }
    return { statuses, continuation: next };
  }

  /** Removes the instances that match; answers how many there were. */
  async purgeWhere(filter: InstanceFilter): Promise<number> {
    return operations.purgeWhere(this.#options.hub, filter);
  }

  /** Resolves when the instance has ended or the time is over. */
  async waitForEnd(instanceId: string, timeoutMs: number): Promise<void> {
    const instance = this.find(instanceId);
    if (instance === undefined || isTerminal(instance.status)) return;
    await new Promise<void>((resolve) => {
      const waiters = this.#waiters.get(instanceId) ?? new Set();
      this.#waiters.set(instanceId, waiters);
      const done = (): void => {
        clearTimeout(timer);
        waiters.delete(done);
        if (waiters.size === 0) this.#waiters.delete(instanceId);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      waiters.add(done);
    });
  }

  async #after(
    instanceId: string,
    running: Promise<operations.Operation>,
  ): Promise<operations.TargetOutcome> {
    const { outcome, wake } = await running;
    this.#orchestrations.wake(wake);
    if (outcome === "done") this.#tellIfEnded(instanceId);
    return outcome;
  }

  #tellIfEnded(instanceId: string): void {
    const instance = this.find(instanceId);
    if (instance === undefined || isTerminal(instance.status)) this.#tell(instanceId);
  }

  #tell(instanceId: string): void {
    this.#waiters.get(instanceId)?.forEach((done) => done());
  }
}

async function breathe(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function byName(functions: readonly DurableFunctionName[]): ReadonlyMap<string, DurableFunctionName> {
  return new Map(functions.map((each) => [each.name.toLowerCase(), each]));
}

function parseHistory(chunks: readonly string[]): HistoryEvent[] {
  return JSON.parse(`[${chunks.join(",")}]`) as HistoryEvent[];
}
