/**
 * Keeps one worker process with the app running.
 *
 * 1. Every invocation ends exactly once: with the worker's answer, timed out, or lost with its worker.
 * 2. An invocation that times out takes its worker with it: the code that hangs cannot be stopped otherwise.
 * 3. A worker that died is replaced, with growing pauses while it keeps dying.
 * 4. An invocation lost with its worker is a suspect unless it is known that another one ended the worker.
 */
import { randomUUID } from "node:crypto";
import { assertNever } from "../assertNever";
import type { HostLog } from "../log/hostLog";
import type { TurnResult } from "../durable/turnResult";
import type {
  FromWorker,
  FunctionMetadata,
  InvocationFailure,
  InvocationRequest,
  InvocationResponse,
  ToWorker,
} from "../worker/protocol";
import { WorkerPulse } from "./workerPulse";
import { WorkerProcess, type WorkerDeath } from "./workerProcess";

export type InvocationOutcome =
  | { readonly kind: "returned"; readonly response: InvocationResponse }
  | { readonly kind: "turned"; readonly result: TurnResult }
  | { readonly kind: "failed"; readonly failure: InvocationFailure }
  | { readonly kind: "timedOut" }
  /** `isSuspect`: this invocation may be what ended the worker. */
  | { readonly kind: "workerLost"; readonly reason: string; readonly isSuspect: boolean };

export interface AppWorkerOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds an invocation may take, or null for no limit. */
  readonly functionTimeoutMs: number | null;
  readonly log: HostLog;
}

export type StandingInputs = ReadonlyMap<string, InvocationRequest["inputData"]>;

export interface LoadedApp {
  readonly functions: readonly FunctionMetadata[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Refused to load: the message of the worker. */
export class AppRefused extends Error {}

interface Pending {
  readonly functionName: string;
  readonly settle: (outcome: InvocationOutcome) => void;
  readonly timer: NodeJS.Timeout | null;
}

type OnLoaded = (loaded: LoadedApp | AppRefused) => void;

const longestPauseMs = 10_000;
const steadyMs = 30_000;
const loadTimeoutMs = 60_000;

export class AppWorker {
  readonly #options: AppWorkerOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #pulse = new WorkerPulse(() => this.#process?.send({ kind: "ping" }));
  #process: WorkerProcess | null = null;
  #loaded: LoadedApp | null = null;
  #problem: string | null = "The app is starting.";
  /** Why the worker that is about to end could not load the app. */
  #refusal: string | null = null;
  #restarts = 0;
  #quickDeaths = 0;
  #isStopping = false;
  #onRunning: () => void = () => undefined;
  #onStopped: () => void = () => undefined;
  #restartTimer: NodeJS.Timeout | null = null;
  #loadTimer: NodeJS.Timeout | null = null;
  #standingInputs: StandingInputs = new Map();

  constructor(options: AppWorkerOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#problem === null;
  }

  /** Why the app is not running, or null when it is. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Milliseconds for which a running app has answered nothing at all; 0 when it answers. */
  get silentMs(): number {
    return this.isRunning ? this.#pulse.silentMs : 0;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Calls `listener` whenever the app runs again after it did not. */
  onRunning(listener: () => void): void {
    this.#onRunning = listener;
  }

  /** Starts the first worker; rejects with `AppRefused` when the app cannot be loaded. */
  async start(): Promise<LoadedApp> {
    return new Promise((resolve, reject) => {
      this.#spawn((loaded) => {
        if (loaded instanceof AppRefused) reject(loaded);
        else resolve(loaded);
      });
    });
  }

  /** Inputs that every invocation of a function gets besides its trigger's, by function name. */
  setStandingInputs(inputs: StandingInputs): void {
    this.#standingInputs = inputs;
  }

  /** Runs a function once. Never rejects. */
  async invoke(
    functionName: string,
    request: Omit<InvocationRequest, "invocationId">,
    knownLeaves: number | null = null,
  ): Promise<InvocationOutcome> {
    const worker = this.#process;
    if (worker === null || this.#problem !== null)
      return { kind: "workerLost", reason: this.#problem ?? "The app is not running.", isSuspect: false };
    const invocationId = randomUUID();
    const inputData = [...request.inputData, ...(this.#standingInputs.get(functionName) ?? [])];
    return new Promise((settle) => {
      const timer = this.#armTimeout(invocationId, functionName);
      this.#pending.set(invocationId, { functionName, settle, timer });
      this.#pulse.start();
      const message: ToWorker = {
        kind: "invoke",
        functionName,
        request: { ...request, invocationId, inputData },
        knownLeaves,
      };
      const reason = "The app's process ended before the invocation reached it.";
      worker.send(message, () => {
        this.#stopGiving(worker, reason);
        this.#settle(invocationId, { kind: "workerLost", reason, isSuspect: false });
      });
    });
  }

  /**
   * A process that takes no message is gone, though its exit is not known yet. Were it still given work, each refusal
   * would lead to the next attempt before the loop could hear of that exit.
   */
  #stopGiving(worker: WorkerProcess, reason: string): void {
    if (this.#process === worker && this.#problem === null) this.#setProblem(reason);
  }

  /** Lets the app run its appTerminate hooks, then ends the worker, by force when it does not leave in time. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const worker = this.#process;
    if (worker === null) return;
    const gone = new Promise<void>((resolve) => (this.#onStopped = resolve));
    const kill = (): void => worker.kill({ reason: "it did not leave in time", invocationId: null });
    const force = setTimeout(kill, graceMs);
    worker.send({ kind: "shutdown", hookTimeoutMs: graceMs - 500 }, kill);
    await gone;
    clearTimeout(force);
  }

  #spawn(onLoaded: OnLoaded): void {
    const { folder, environment, log } = this.#options;
    const worker = new WorkerProcess({
      folder,
      environment,
      log,
      onMessage: (message) => this.#receive(message, onLoaded),
      onGone: (death) => {
        onLoaded(new AppRefused(`The app's process ended while it was loading (${death.reason}).`));
        this.#onGone(death);
      },
    });
    this.#process = worker;
    this.#loadTimer = setTimeout(() => {
      this.#refusal = `The app did not finish loading within ${loadTimeoutMs / 1000} seconds.`;
      onLoaded(new AppRefused(this.#refusal));
      worker.kill({ reason: this.#refusal, invocationId: null });
    }, loadTimeoutMs);
  }

  #receive(message: FromWorker, onLoaded: OnLoaded): void {
    this.#pulse.hear();
    switch (message.kind) {
      case "ready":
        this.#clearLoadTimer();
        if (this.#loaded !== null) this.#options.log.workerRunning(this.pid ?? 0);
        this.#loaded ??= message;
        this.#setProblem(null);
        onLoaded(this.#loaded);
        return;
      case "refused":
        this.#refusal = `The app cannot be loaded: ${message.problem}`;
        onLoaded(new AppRefused(message.problem));
        return;
      case "log":
        this.#options.log.app(message.level, message.functionName, message.category, message.message);
        return;
      case "returned":
      case "turned":
      case "failed":
        this.#settle(message.invocationId, message);
        return;
      case "pong":
      case "dying":
      case "stopped":
        return;
      default:
        return assertNever(message);
    }
  }

  #onGone(death: WorkerDeath): void {
    this.#process = null;
    this.#clearLoadTimer();
    const culprit = death.invocationId === null ? undefined : this.#pending.get(death.invocationId);
    const reason = culprit === undefined ? death.reason : `${death.reason} in '${culprit.functionName}'`;
    if (!this.#isStopping && this.#loaded !== null) this.#restart(reason, death.livedMs);
    for (const [id, pending] of [...this.#pending]) {
      const isSuspect = culprit === undefined ? death.invocationId === null : pending === culprit;
      this.#settle(id, { kind: "workerLost", reason, isSuspect });
    }
    this.#onStopped();
  }

  #restart(reason: string, livedMs: number): void {
    this.#quickDeaths = livedMs > steadyMs ? 1 : this.#quickDeaths + 1;
    const pauseMs = Math.min(longestPauseMs, 50 * 2 ** Math.min(this.#quickDeaths - 1, 10));
    this.#setProblem(this.#refusal ?? `The app's process ended (${reason}) and is being restarted.`);
    this.#refusal = null;
    this.#options.log.workerLost(reason, pauseMs);
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#spawn(() => undefined), pauseMs);
  }

  #clearLoadTimer(): void {
    if (this.#loadTimer !== null) clearTimeout(this.#loadTimer);
    this.#loadTimer = null;
  }

  #armTimeout(invocationId: string, functionName: string): NodeJS.Timeout | null {
    const { functionTimeoutMs, log } = this.#options;
    if (functionTimeoutMs === null) return null;
    return setTimeout(() => {
      log.functionTimedOut(functionName, functionTimeoutMs);
      this.#settle(invocationId, { kind: "timedOut" });
      const reason = `'${functionName}' took longer than functionTimeout`;
      this.#process?.kill({ reason, invocationId });
    }, functionTimeoutMs);
  }

  #settle(invocationId: string, outcome: InvocationOutcome): void {
    const pending = this.#pending.get(invocationId);
    if (pending === undefined) return;
    this.#pending.delete(invocationId);
    if (this.#pending.size === 0) this.#pulse.stop();
    if (pending.timer !== null) clearTimeout(pending.timer);
    pending.settle(outcome);
  }

  #setProblem(problem: string | null): void {
    this.#problem = problem;
    if (problem === null) this.#onRunning();
  }
}
