/**
 * Keeps one worker process with the app running.
 *
 * 1. Every invocation ends exactly once: with the worker's answer, timed out, or lost with its worker.
 * 2. An invocation that times out takes its worker with it: the code that hangs cannot be stopped otherwise.
 * 3. A worker that died is replaced, with growing pauses while it keeps dying.
 */
import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
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

export type InvocationOutcome =
  | { readonly kind: "returned"; readonly response: InvocationResponse }
  | { readonly kind: "turned"; readonly result: TurnResult }
  | { readonly kind: "failed"; readonly failure: InvocationFailure }
  | { readonly kind: "timedOut" }
  | { readonly kind: "workerLost" };

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
  readonly warnings: readonly string[];
}

/** Refused to load: the message of the worker. */
export class AppRefused extends Error {}

interface Pending {
  readonly settle: (outcome: InvocationOutcome) => void;
  readonly timer: NodeJS.Timeout | null;
}

const entry = path.join(__dirname, "..", "worker", "main.js");
const longestPauseMs = 10_000;
const steadyMs = 30_000;

export class AppWorker {
  readonly #options: AppWorkerOptions;
  readonly #pending = new Map<string, Pending>();
  #child: ChildProcess | null = null;
  #loaded: LoadedApp | null = null;
  #problem: string | null = "The app is starting.";
  /** Why the worker that is about to end could not load the app. */
  #refusal: string | null = null;
  #restarts = 0;
  #quickDeaths = 0;
  #isStopping = false;
  #onRunning: () => void = () => undefined;
  #restartTimer: NodeJS.Timeout | null = null;
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

  get pid(): number | null {
    return this.#child?.pid ?? null;
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
    const child = this.#child;
    if (child === null || !this.isRunning) return { kind: "workerLost" };
    const invocationId = randomUUID();
    const inputData = [...request.inputData, ...(this.#standingInputs.get(functionName) ?? [])];
    return new Promise((settle) => {
      this.#pending.set(invocationId, { settle, timer: this.#armTimeout(invocationId, functionName) });
      const message: ToWorker = {
        kind: "invoke",
        functionName,
        request: { ...request, invocationId, inputData },
        knownLeaves,
      };
      child.send(message, (error) => {
        if (error !== null) this.#settle(invocationId, { kind: "workerLost" });
      });
    });
  }

  /** Lets the app run its appTerminate hooks, then ends the worker, by force when it does not leave in time. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    const force = setTimeout(() => child.kill("SIGKILL"), graceMs);
    if (child.connected)
      child.send({ kind: "shutdown", hookTimeoutMs: graceMs - 500 } satisfies ToWorker, () => undefined);
    else child.kill("SIGKILL");
    await gone;
    clearTimeout(force);
  }

  #spawn(onLoaded: (loaded: LoadedApp | AppRefused) => void): void {
    const { folder, environment, log } = this.#options;
    const child = fork(entry, [], {
      cwd: folder,
      env: { ...process.env, ...environment },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: ["--enable-source-maps"],
    });
    const startedAt = performance.now();
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => log.appOutput(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => log.appOutput(text));
    child.on("message", (message) => this.#receive(message as FromWorker, onLoaded));
    child.on("error", (error) => log.workerFailed(error.message));
    child.on("exit", (code, signal) => {
      onLoaded(
        new AppRefused(`The app's process ended while it was loading (${signal ?? `exit code ${code}`}).`),
      );
      this.#onExit(signal ?? `exit code ${code}`, performance.now() - startedAt);
    });
  }

  #receive(message: FromWorker, onLoaded: (loaded: LoadedApp | AppRefused) => void): void {
    switch (message.kind) {
      case "ready":
        this.#loaded ??= message;
        this.#setProblem(null);
        {
          onLoaded(this.#loaded);
          return;
        }
      case "refused":
        this.#refusal = `The app cannot be loaded: ${message.problem}`;
        {
          onLoaded(new AppRefused(message.problem));
          return;
        }
      case "log": {
        this.#options.log.app(message.level, message.functionName, message.category, message.message);
        return;
      }
      case "returned": {
        this.#settle(message.invocationId, message);
        return;
      }
      case "turned": {
        this.#settle(message.invocationId, message);
        return;
      }
      case "failed": {
        this.#settle(message.invocationId, message);
        return;
      }
      case "stopped":
        return;
      default:
        return assertNever(message);
    }
  }

  #onExit(reason: string, livedMs: number): void {
    this.#child = null;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: "workerLost" });
    if (this.#isStopping) return;
    if (this.#loaded === null) return;
    this.#quickDeaths = livedMs > steadyMs ? 0 : this.#quickDeaths + 1;
    const pauseMs = Math.min(longestPauseMs, 50 * 2 ** Math.min(this.#quickDeaths - 1, 10));
    this.#setProblem(this.#refusal ?? `The app's process ended (${reason}) and is being restarted.`);
    this.#refusal = null;
    this.#options.log.workerLost(reason, pauseMs);
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#spawn(() => undefined), pauseMs);
  }

  #armTimeout(invocationId: string, functionName: string): NodeJS.Timeout | null {
    const { functionTimeoutMs, log } = this.#options;
    if (functionTimeoutMs === null) return null;
    return setTimeout(() => {
      log.functionTimedOut(functionName, functionTimeoutMs);
      this.#settle(invocationId, { kind: "timedOut" });
      this.#child?.kill("SIGKILL");
    }, functionTimeoutMs);
  }

  #settle(invocationId: string, outcome: InvocationOutcome): void {
    const pending = this.#pending.get(invocationId);
    if (pending === undefined) return;
    this.#pending.delete(invocationId);
    if (pending.timer !== null) clearTimeout(pending.timer);
    pending.settle(outcome);
  }

  #setProblem(problem: string | null): void {
    this.#problem = problem;
    if (problem === null) this.#onRunning();
  }
}
