/**
 * The durable engine over a real database, with an app that is played in this process: orchestrators run in the real
 * durable-functions library, activities are plain functions, and the test moves the clock.
 */
import { parseHostConfig } from "../../../src/host/app/hostConfig";
import type { InvocationOutcome } from "../../../src/host/app/appWorker";
import { HubDatabase } from "../../../src/host/durable/hubDatabase";
import type { Instance } from "../../../src/host/durable/instance";
import { TaskHub } from "../../../src/host/durable/taskHub";
import { HostLog, type LogEntry } from "../../../src/host/log/hostLog";
import { replayProgram, type Program } from "../../unit/host/replayProgram";
import type { Scratch } from "./hostProcess";

export interface PlayedApp {
  readonly orchestrators: Readonly<Record<string, Program>>;
  readonly activities?: Readonly<Record<string, (input: unknown) => unknown>>;
  /** Happens before an orchestrator replays, and may reject, as a worker that cannot. */
  readonly beforeTurn?: (instanceId: string) => Promise<void>;
}

type Request = Parameters<ConstructorParameters<typeof TaskHub>[0]["worker"]["invoke"]>[1];

export class PlayedHub {
  readonly log: LogEntry[] = [];
  readonly hub: HubDatabase;
  readonly taskHub: TaskHub;
  readonly #app: PlayedApp;
  #isRunning: boolean;
  now: number;

  /** Opens the hub in the folder; nothing runs before `recover`, and no app before `run`. */
  constructor(scratch: Scratch, app: PlayedApp, { now = Date.UTC(2026, 0, 1), isRunning = true } = {}) {
    this.#app = app;
    this.now = now;
    this.#isRunning = isRunning;
    this.hub = new HubDatabase(scratch.file("hub"));
    const { durable } = parseHostConfig('{"version":"2.0"}', {}, 1);
    const isAppRunning = (): boolean => this.#isRunning;
    this.taskHub = new TaskHub({
      hub: this.hub,
      worker: {
        get isRunning() {
          return isAppRunning();
        },
        invoke: async (name, request, knownLeaves) => this.#invoke(name, request, knownLeaves ?? null),
      },
      log: new HostLog((entry) => this.log.push(entry)),
      config: { ...durable, maxConcurrentActivities: 500, maxConcurrentOrchestrators: 500 },
      functionTimeoutMs: null,
      now: () => this.now,
      orchestrators: Object.keys(app.orchestrators).map((name) => ({ name, triggerName: "context" })),
      activities: Object.keys(app.activities ?? {}).map((name) => ({ name, triggerName: "input" })),
    });
  }

  /** The app is there now. */
  run(): void {
    this.#isRunning = true;
    this.taskHub.pump();
  }

  async start(name: string, id: string, input: unknown = null): Promise<void> {
    const { outcome } = await this.taskHub.start(name, id, JSON.stringify(input), null);
    if (outcome.kind !== "started") throw new Error(`${id} is ${outcome.status}`);
  }

  /** Resolves with the instance when it has ended; the test's own time limit bounds it. */
  async ended(id: string): Promise<Instance> {
    await this.taskHub.waitForEnd(id, 60_000);
    const instance = this.hub.findInstance(id);
    if (instance === undefined) throw new Error(`There is no instance ${id}.`);
    return instance;
  }

  async close(): Promise<void> {
    this.taskHub.stop();
    await this.hub.close();
  }

  async #invoke(name: string, request: Request, knownLeaves: number | null): Promise<InvocationOutcome> {
    const { string: text = "null" } = (request.inputData[0]?.data ?? {}) as { readonly string?: string };
    const program = this.#app.orchestrators[name];
    if (knownLeaves !== null && program !== undefined) {
      await this.#app.beforeTurn?.((JSON.parse(text) as { readonly instanceId: string }).instanceId);
      return { kind: "turned", result: await replayProgram(program, text, knownLeaves) };
    }
    const input: unknown = JSON.parse(text);
    const value = this.#app.activities?.[name]?.(input) ?? null;
    return { kind: "returned", response: { returnValue: { json: JSON.stringify(value) }, outputNames: [] } };
  }
}
