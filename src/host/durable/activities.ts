/**
 * Runs activities: at least once each, in the order they were scheduled, within a limit.
 *
 * 1. A row leaves the store only in the commit that puts its completion into the owner's inbox.
 * 2. An activity that ended is not run again for a store that refuses its completion: the completion waits, and keeps
 *    its place among the running ones.
 * 3. Memory holds a bounded window of row numbers; the rest of a backlog stays on disk.
 * 4. What may have been running when the last host ended, however it ended, is counted and logged as another attempt.
 * 5. Activities that may have ended their worker again and again run one at a time, and fail in the end.
 */
import type { AppWorker, InvocationOutcome } from "../app/appWorker";
import { assertNever } from "../assertNever";
import type { HostLog } from "../log/hostLog";
import { fromTypedData } from "../typedData";
import type { Arrivals } from "./arrivals";
import type { DurableFunctionName } from "./durableFunctionName";
import type { HubDatabase } from "./hubDatabase";
import type { TaskRow } from "./hubTables";
import type { Failure, Message } from "./message";
import { decideRedelivery, isSuspectRun } from "./lostActivity";
import { persist, type Persisted } from "./persist";
import { completeTask, hasOwner } from "./turnStore";

export interface ActivitiesOptions {
  readonly hub: HubDatabase;
  readonly worker: Pick<AppWorker, "isRunning" | "invoke">;
  readonly log: HostLog;
  readonly arrivals: Arrivals;
  readonly maxConcurrent: number;
  readonly functionTimeoutMs: number | null;
  readonly findActivity: (name: string) => DurableFunctionName | undefined;
  readonly wake: (instanceIds: readonly string[]) => void;
  readonly now: () => number;
}

const windowSize = 1_000;
const faultPauseMs = 500;

export class Activities {
  readonly #options: ActivitiesOptions;
  #waiting: number[] = [];
  readonly #known = new Set<number>();
  #running = 0;
  readonly #suspects = new Set<number>();
  #runningSuspect: number | null = null;
  #lastLoaded = 0;
  #hasMore = true;
  #isStopped = false;

  constructor(options: ActivitiesOptions) {
    this.#options = options;
  }

  /** Takes up what the last host left: the oldest rows, as many as run at once, are those that it may have begun. */
  recover(): void {
    void this.#countHostLoss();
    this.pump();
  }

  async #countHostLoss(): Promise<void> {
    const { hub, log, maxConcurrent } = this.#options;
    const oldest = [...hub.tasks.getKeys({ limit: maxConcurrent })];
    if (oldest.length === 0) return;
    const counted = await this.#persist("the count of lost activities", async () =>
      hub.commit(() =>
        oldest.flatMap((seq) => {
          const row = hub.tasks.get(seq);
          if (row === undefined) return [];
          const again = { ...row, hostLosses: (row.hostLosses ?? 0) + 1 };
          void hub.tasks.put(seq, again);
          return [again];
        }),
      ),
    );
    if (counted.kind === "stopped") return;
    for (const task of counted.value) log.activityResumed(task.name, task.instanceId, attemptOf(task));
  }

  /** Takes newly scheduled activities, or leaves them on disk when the window is full. */
  add(tasks: readonly TaskRow[]): void {
    for (const { seq } of tasks) {
      if (this.#hasMore || this.#waiting.length >= windowSize) this.#leave(seq);
      else this.#push(seq);
    }
    this.pump();
  }

  stop(): void {
    this.#isStopped = true;
  }

  pump(): void {
    const { worker, maxConcurrent } = this.#options;
    while (!this.#isStopped && worker.isRunning && this.#running < maxConcurrent) {
      if (this.#waiting.length === 0 && this.#hasMore) this.#load();
      const seq = this.#takeNext();
      if (seq === undefined) return;
      this.#running += 1;
      void this.#run(seq);
    }
  }

  /** The first in line, but no second suspect while one runs (invariant 3). */
  #takeNext(): number | undefined {
    const isFree = this.#runningSuspect === null;
    const at = isFree ? 0 : this.#waiting.findIndex((seq) => !this.#suspects.has(seq));
    const seq = at === 0 ? this.#waiting.shift() : at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
    if (isFree && seq !== undefined && this.#suspects.has(seq)) this.#runningSuspect = seq;
    return seq;
  }

  /** Leaves a row on disk and makes sure that the next load sees it. */
  #leave(seq: number): void {
    this.#hasMore = true;
    this.#lastLoaded = Math.min(this.#lastLoaded, seq - 1);
  }

  #push(seq: number): void {
    if (this.#known.has(seq)) return;
    this.#known.add(seq);
    this.#waiting.push(seq);
    this.#lastLoaded = Math.max(this.#lastLoaded, seq);
  }

  #load(): void {
    const { hub } = this.#options;
    const seqs = [...hub.tasks.getKeys({ start: this.#lastLoaded + 1, limit: windowSize })];
    this.#hasMore = seqs.length === windowSize;
    seqs.forEach((seq) => this.#push(seq));
  }

  async #run(seq: number): Promise<void> {
    try {
      const isDone = await this.#runTask(seq);
      if (isDone) this.#known.delete(seq);
      else this.#waiting.unshift(seq);
    } catch (error) {
      this.#options.log.storeFailed("the end of an activity", String(error));
      setTimeout(() => {
        this.#waiting.unshift(seq);
        this.pump();
      }, faultPauseMs).unref();
    }
    this.#running -= 1;
    if (this.#runningSuspect === seq) this.#runningSuspect = null;
    if (!this.#known.has(seq)) this.#suspects.delete(seq);
    this.pump();
  }

  /** Runs one activity; false when it must run again. */
  async #runTask(seq: number): Promise<boolean> {
    const { hub } = this.#options;
    const task = hub.tasks.get(seq);
    if (task === undefined) return true;
    if (!hasOwner(hub, task)) {
      await this.#persist("the end of an activity", async () => hub.commit(() => void hub.tasks.remove(seq)));
      return true;
    }
    const end = await this.#complete(task);
    const message = end.kind === "workerLost" ? await this.#redeliver(task, end) : end;
    if (message === null) return false;
    await this.#store(task, message);
    return true;
  }

  /** The owner may take its turn while the completion is being written; see `arrivals`. */
  async #store(task: TaskRow, message: TaskMessage): Promise<void> {
    const { hub, wake, arrivals, now } = this.#options;
    const { instanceId, executionId } = task;
    const arrival = { seq: hub.reserveSeq(), at: now(), executionId, message };
    const storing = this.#persist("the end of an activity", async () => completeTask(hub, task, arrival));
    arrivals.add(instanceId, arrival);
    wake([instanceId]);
    try {
      await storing;
    } finally {
      if (arrivals.remove(instanceId, arrival.seq)) wake([instanceId]);
    }
  }

  async #persist<T>(what: string, change: () => Promise<T>): Promise<Persisted<T>> {
    const { log } = this.#options;
    return persist(change, {
      isStopped: () => this.#isStopped,
      onRefused: (problem) => log.storeFailed(what, problem),
    });
  }

  async #complete(task: TaskRow): Promise<TaskEnd> {
    const { worker, log, findActivity, functionTimeoutMs } = this.#options;
    const activity = findActivity(task.name);
    if (activity === undefined)
      return failed(task, `The activity '${task.name}' doesn't exist or is disabled.`, "");
    log.executing(task.name, "activity");
    const startedAt = performance.now();
    const data = task.input === null ? {} : { string: task.input };
    const metadata = { instanceId: { string: JSON.stringify(task.instanceId) }, data };
    const request = { inputData: [{ name: activity.triggerName, data }], triggerMetadata: metadata };
    const outcome = await worker.invoke(activity.name, request);
    const message = toMessage(task, outcome, functionTimeoutMs);
    if (message.kind === "workerLost") return message;
    const problem = message.kind === "taskFailed" ? message.failure.reason : null;
    log.executed(task.name, problem === null, performance.now() - startedAt, problem);
    return message;
  }

  /** Counts the lost run; the failure when it was the last one, null when the activity runs again. */
  async #redeliver(task: TaskRow, { reason, isSuspect }: WorkerLost): Promise<TaskMessage | null> {
    if (this.#isStopped) return null;
    const { hub, log } = this.#options;
    const decision = decideRedelivery(task.attempt, reason, isSuspect);
    if (decision.kind === "failed") {
      log.activityGivenUp(task.name, task.instanceId, task.attempt, reason);
      return failed(task, decision.message, "");
    }
    const { attempt } = decision;
    if (attempt !== task.attempt)
      await this.#persist("the count of a lost activity", async () =>
        hub.commit(() => void hub.tasks.put(task.seq, { ...(hub.tasks.get(task.seq) ?? task), attempt })),
      );
    if (isSuspectRun(attempt)) this.#suspects.add(task.seq);
    log.activityRedelivered(task.name, task.instanceId, attemptOf({ ...task, attempt }), reason);
    return null;
  }
}

/** The number of the run that is to come, by all that is known of the ones before. */
function attemptOf({ attempt, hostLosses = 0 }: TaskRow): number {
  return attempt + hostLosses;
}

type TaskMessage = Extract<Message, { readonly kind: "taskCompleted" | "taskFailed" }>;
type WorkerLost = Extract<InvocationOutcome, { readonly kind: "workerLost" }>;
type TaskEnd = TaskMessage | WorkerLost;

function toMessage(task: TaskRow, outcome: InvocationOutcome, timeoutMs: number | null): TaskEnd {
  switch (outcome.kind) {
    case "returned":
      return {
        kind: "taskCompleted",
        taskId: task.taskId,
        result: fromTypedData(outcome.response.returnValue),
      };
    case "failed":
      return failed(task, outcome.failure.message, outcome.failure.stack);
    case "timedOut":
      return failed(task, `Timeout value of ${timeoutMs ?? 0} ms exceeded by function '${task.name}'.`, "");
    case "workerLost":
      return outcome;
    case "turned":
      return failed(task, "The function answered as an orchestrator.", "");
    default:
      return assertNever(outcome);
  }
}

function failed(task: TaskRow, message: string, details: string): TaskMessage {
  const failure: Failure = {
    reason: `Activity function '${task.name}' failed:  ${message}`,
    details,
    failureDetails: readFailureDetails(message),
  };
  return { kind: "taskFailed", taskId: task.taskId, failure };
}

/** The library writes a failure as JSON into the message when the app registered an exception-properties provider. */
function readFailureDetails(message: string): Failure["failureDetails"] {
  if (!message.startsWith("{")) return null;
  try {
    const parsed = JSON.parse(message) as Readonly<Record<string, unknown>>;
    if (typeof parsed["errorType"] !== "string" || typeof parsed["errorMessage"] !== "string") return null;
    return {
      ErrorType: parsed["errorType"],
      ErrorMessage: parsed["errorMessage"],
      StackTrace: parsed["stackTrace"] ?? null,
      IsNonRetriable: parsed["isNonRetriable"] ?? false,
      Properties: parsed["properties"] ?? null,
    };
  } catch {
    return null;
  }
}
