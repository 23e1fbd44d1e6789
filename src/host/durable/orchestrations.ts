/**
 * Decides which orchestration takes its turn when; `TurnRunner` takes it.
 *
 * TO1. At most one turn per instance at a time; instances take turns in the order they became ready.
 * TO2. A turn that could not be taken is taken again after a pause that grows.
 * TO3. A turn that waits for the store keeps its place among the running ones: a full disk makes no backlog in memory.
 */
import { ReadyQueue } from "./readyQueue";
import { TurnRunner, type TurnRunnerOptions, type TurnTaken } from "./turnRunner";

export interface OrchestrationsOptions extends TurnRunnerOptions {
  readonly maxConcurrent: number;
}

const readyLimit = 2_000;
const longestPauseMs = 10_000;

export class Orchestrations {
  readonly #options: OrchestrationsOptions;
  readonly #runner: TurnRunner;
  readonly #ready: ReadyQueue;
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #isStopped = false;

  constructor(options: OrchestrationsOptions) {
    this.#options = options;
    this.#runner = new TurnRunner(options);
    this.#ready = new ReadyQueue(readyLimit, (after, limit) => options.hub.readInboxOwners(after, limit));
  }

  /** Takes up what waits on disk. */
  recover(): void {
    this.#ready.readAgain();
    this.pump();
  }

  /** Notes that the instances have messages on disk. */
  wake(instanceIds: readonly string[]): void {
    instanceIds.forEach((id) => this.#noteOrFindAgain(id));
    this.pump();
  }

  /** Notes that a timer of the instance may be due; false when there is no room for it now. */
  wakeOne(instanceId: string): boolean {
    const isNoted = this.#note(instanceId);
    this.pump();
    return isNoted;
  }

  stop(): void {
    this.#isStopped = true;
    this.#runner.stop();
    this.#pauses.forEach((pause) => clearTimeout(pause));
  }

  pump(): void {
    const { worker, maxConcurrent } = this.#options;
    while (!this.#isStopped && worker.isRunning && this.#running.size < maxConcurrent) {
      const id = this.#ready.take();
      if (id === undefined) return;
      this.#running.add(id);
      void this.#takeTurn(id);
    }
  }

  /** What does not fit is found on disk: by its inbox, or by its timers, which the wheel looks through again. */
  #noteOrFindAgain(id: string): void {
    if (!this.#note(id)) this.#options.onTimers(0);
  }

  #note(id: string): boolean {
    if (!this.#running.has(id)) return this.#ready.add(id);
    this.#again.add(id);
    return true;
  }

  async #takeTurn(id: string): Promise<void> {
    const taken = await this.#tryTurn(id);
    this.#running.delete(id);
    const isWoken = this.#again.delete(id);
    if (taken.kind === "failed") this.#pause(id, taken.problem);
    else this.#failures.delete(id);
    const hasMore = taken.kind === "taken" && taken.hasMore;
    if (isWoken || hasMore) this.#noteOrFindAgain(id);
    this.wake(taken.kind === "taken" ? taken.wake : []);
  }

  async #tryTurn(id: string): Promise<TurnTaken> {
    try {
      return await this.#runner.take(id);
    } catch (error) {
      return { kind: "failed", problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #pause(id: string, problem: string): void {
    if (this.#isStopped) return;
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    const pauseMs = Math.min(longestPauseMs, 50 * 2 ** Math.min(failures - 1, 10));
    this.#options.log.turnDelayed(id, problem, pauseMs);
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      this.wake([id]);
    }, pauseMs);
    this.#pauses.add(pause);
  }
}
