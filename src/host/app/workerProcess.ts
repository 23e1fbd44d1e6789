/**
 * One process of the app: what it says, and how it ended. It is gone only after everything that it sent was received, so
 * an answer that was sent before the end counts.
 */
import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import type { HostLog } from "../log/hostLog";
import type { FromWorker, ToWorker } from "../worker/protocol";

/** How a process ended. */
export interface WorkerDeath {
  /** In words. */
  readonly reason: string;
  /** The invocation whose code ended it; null when that is not known. */
  readonly invocationId: string | null;
  readonly livedMs: number;
}

export interface WorkerProcessOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: HostLog;
  readonly onMessage: (message: FromWorker) => void;
  /** Called once, last. */
  readonly onGone: (death: WorkerDeath) => void;
}

type LastWords = Pick<WorkerDeath, "reason" | "invocationId">;

const entry = path.join(__dirname, "..", "worker", "main.js");
/** A process that the app started may hold the channel open for longer than the app itself lives. */
const drainMs = 250;

export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  #lastWords: LastWords | null = null;
  #isOutOfMemory = false;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    const { folder, environment, log } = options;
    this.#child = fork(entry, [], {
      cwd: folder,
      env: { ...process.env, ...environment },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: ["--enable-source-maps"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => log.appOutput(text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#hearError(text));
    this.#child.on("message", (message) => this.#receive(message as FromWorker));
    this.#child.on("error", (error) => log.workerFailed(error.message));
    this.#child.once("exit", (code, signal) => void this.#drain(code, signal));
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Sends a message; `onLost` is called when it cannot reach the process. */
  send(message: ToWorker, onLost: () => void = () => undefined): void {
    this.#child.send(message, (error) => {
      if (error !== null) onLost();
    });
  }

  /** Ends the process by force. The first reason given is the one reported. */
  kill(lastWords: LastWords): void {
    this.#lastWords ??= lastWords;
    this.#child.kill("SIGKILL");
  }

  #receive(message: FromWorker): void {
    if (message.kind === "dying") this.#lastWords ??= message;
    this.#options.onMessage(message);
  }

  #hearError(text: string): void {
    if (/heap out of memory|heap limit/i.test(text)) this.#isOutOfMemory = true;
    this.#options.log.appOutput(text);
  }

  async #drain(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#child.connected) {
      await new Promise<void>((resolve) => {
        this.#child.once("disconnect", resolve);
        setTimeout(resolve, drainMs).unref();
      });
    }
    const ending = signal ?? `exit code ${code ?? "unknown"}`;
    const lastWords = this.#isOutOfMemory
      ? { reason: `out of memory, ${ending}`, invocationId: null }
      : { reason: ending, invocationId: null };
    this.#options.onGone({
      ...(this.#lastWords ?? lastWords),
      livedMs: performance.now() - this.#startedAt,
    });
  }
}
