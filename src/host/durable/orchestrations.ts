/**
 * Runs the turns of orchestrations: takes an instance that has messages, plans its turn, lets the app replay it, and
 * commits. Rules are in `planTurn` and `finishTurn`; this file only acts.
 *
 * 1. At most one turn per instance at a time; instances take turns in the order they became ready.
 * 2. A turn that did not run to its end changed nothing, so it is simply run again. One that ended is kept until the
 *    store takes it, and keeps its place among the running ones: a full disk makes no backlog in memory.
 * 3. What an instance caused (activities, children, its parent) is dispatched only after its commit.
 * 4. A turn may be computed with completions that are still on their way to the disk, never committed without them.
 */
import { randomUUID } from "node:crypto";
import type { AppWorker } from "../app/appWorker";
import type { HostLog } from "../log/hostLog";
import type { Arrivals } from "./arrivals";
import { finishTurn, type TurnCommit } from "./finishTurn";
import { HistoryCache } from "./historyCache";
import type { HubDatabase, TaskRow } from "./hubDatabase";
import { persist, type Persisted } from "./persist";
import { isTerminal, type Instance } from "./instance";
import { planTurn, type PlanInput, type TurnPlan } from "./planTurn";
import { ReadyQueue } from "./readyQueue";
import { commitTurn } from "./turnStore";
import { failedBeforeReport, makePayload, orphaned } from "./turnExchange";
import type { TurnRules } from "./turnProblems";
import type { TurnResult } from "./turnResult";

interface OrchestratorName {
  readonly name: string;
  readonly triggerName: string;
}

export interface OrchestrationsOptions {
  readonly hub: HubDatabase;
  readonly worker: Pick<AppWorker, "isRunning" | "invoke">;
  readonly log: HostLog;
  readonly arrivals: Arrivals;
  readonly maxConcurrent: number;
  readonly rules: TurnRules;
  /** The registered spelling and the trigger's binding name of an orchestrator; undefined when there is none. */
  readonly findOrchestrator: (name: string) => OrchestratorName | undefined;
  readonly onTasks: (tasks: readonly TaskRow[]) => void;
  /** Told the instant from which on timers must be looked for: the earliest that a turn left open. */
  readonly onTimers: (earliest: number) => void;
  readonly onEnded: (instanceId: string) => void;
  readonly now: () => number;
}

const maxMessagesPerTurn = 200;
/** Inbox rows looked at for one turn; more wait for the next. */
const inboxWindow = 400;
const readyLimit = 2_000;
const longestPauseMs = 10_000;

/** What a turn is planned from. `arriving` are the places of messages in its inbox that may not be on disk yet. */
interface Planned extends PlanInput {
  readonly isWindowFull: boolean;
  readonly arriving: readonly number[];
  readonly stored: string;
}

export class Orchestrations {
  readonly #options: OrchestrationsOptions;
  readonly #ready: ReadyQueue;
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #warned = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #histories: HistoryCache;
  #isStopped = false;

  constructor(options: OrchestrationsOptions) {
    this.#options = options;
    this.#histories = new HistoryCache(options.hub);
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

  /** What does not fit is found on disk: by its inbox, or by its timers, which the wheel looks through again. */
  #noteOrFindAgain(id: string): void {
    if (!this.#note(id)) this.#options.onTimers(0);
  }

  #note(id: string): boolean {
    if (!this.#running.has(id)) return this.#ready.add(id);
    this.#again.add(id);
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#pauses.forEach((pause) => clearTimeout(pause));
  }

  pump(): void {
    const { worker, maxConcurrent } = this.#options;
    while (!this.#isStopped && worker.isRunning && this.#running.size < maxConcurrent) {
      const id = this.#ready.take();
      if (id === undefined) return;
      this.#running.add(id);
      void this.#runTurn(id);
    }
  }

  async #runTurn(id: string): Promise<void> {
    try {
      const problem = await this.#tryTurn(id);
      if (problem === null) this.#failures.delete(id);
      else this.#pause(id, problem);
    } catch (error) {
      this.#pause(id, error instanceof Error ? error.message : String(error));
    }
    this.#running.delete(id);
    if (this.#again.delete(id)) this.#noteOrFindAgain(id);
    this.pump();
  }

  /** One turn; answers why it must be tried again, or null. */
  async #tryTurn(id: string): Promise<string | null> {
    const { hub, arrivals, findOrchestrator, now } = this.#options;
    const instance = hub.findInstance(id);
    if (instance === undefined) return null;
    const rows = hub.readInbox(id, inboxWindow);
    const arriving = arrivals.of(id).filter(({ seq }) => !rows.some((row) => row.seq === seq));
    const planned = {
      instance,
      input: hub.inputs.get(id) ?? null,
      inbox: [...rows, ...arriving],
      arriving: arriving.map(({ seq }) => seq),
      isWindowFull: rows.length === inboxWindow,
      stored: this.#histories.read(instance),
      now: now(),
      maxMessages: maxMessagesPerTurn,
    };
    const decision = planTurn(planned);
    if (decision.kind === "nothing") return this.#drop(decision.dropped, planned);
    const orchestrator = findOrchestrator(instance.name);
    if (orchestrator === undefined) return this.#commit(planned, decision.plan, orphaned(instance));
    const run = async (plan: TurnPlan): Promise<TurnResult | string> =>
      this.#replay(orchestrator, planned, plan);
    const exact = await this.#findDecision(planned, decision.plan, run);
    if (typeof exact === "string") return exact;
    return this.#commit(planned, exact.plan, exact.result);
  }

  /** Lets the app replay the instance; a text says why it could not. */
  async #replay(
    orchestrator: OrchestratorName,
    { instance, input, stored }: Planned,
    plan: TurnPlan,
  ): Promise<TurnResult | string> {
    const data = { string: makePayload(instance, input, stored, plan) };
    const request = { inputData: [{ name: orchestrator.triggerName, data }], triggerMetadata: {} };
    const outcome = await this.#options.worker.invoke(
      orchestrator.name,
      request,
      instance.ledger.leaves.length,
    );
    if (outcome.kind === "turned") return outcome.result;
    if (outcome.kind === "failed") return failedBeforeReport(instance, outcome.failure.message);
    return outcome.kind === "timedOut"
      ? "the orchestrator did not return in time"
      : `its worker was lost: ${outcome.kind === "workerLost" ? outcome.reason : "it answered as a plain function"}`;
  }

  /**
   * Runs the turn. A run that continued as new stopped reading its messages somewhere in the batch. The rest belongs to
   * the next generation, so the shortest prefix that leads to the same decision is the one delivered.
   */
  async #findDecision(
    planned: PlanInput,
    whole: TurnPlan,
    run: (plan: TurnPlan) => Promise<TurnResult | string>,
  ): Promise<{ readonly plan: TurnPlan; readonly result: TurnResult } | string> {
    const first = await run(whole);
    if (typeof first === "string") return first;
    let best = { plan: whole, result: first };
    if (first.end.kind !== "continuedAsNew") return best;
    let tooFew = 0;
    while (best.plan.delivered - tooFew > 1) {
      const maxMessages = Math.floor((best.plan.delivered + tooFew) / 2);
      const decision = planTurn({ ...planned, maxMessages });
      if (decision.kind === "nothing") return best;
      const result = await run(decision.plan);
      if (typeof result === "string") return result;
      if (result.end.kind === "continuedAsNew") best = { plan: decision.plan, result };
      else tooFew = maxMessages;
    }
    return best;
  }

  async #drop(dropped: readonly number[], { instance, arriving, isWindowFull }: Planned): Promise<null> {
    const { hub } = this.#options;
    const { instanceId: id } = instance;
    this.#nameNextTimer(instance);
    const seqs = dropped.filter((seq) => !arriving.includes(seq));
    if (seqs.length === 0) return null;
    await this.#persist("stale messages", async () =>
      hub.commit(() => seqs.forEach((seq) => void hub.inbox.remove([id, seq]))),
    );
    if (isWindowFull) this.#again.add(id);
    return null;
  }

  async #commit(planned: Planned, plan: TurnPlan, result: TurnResult): Promise<null> {
    const { hub, log, rules, arrivals } = this.#options;
    const { instance, isWindowFull, stored } = planned;
    const { instanceId } = instance;
    const now = this.#options.now();
    const commit = finishTurn({ instance, plan, result, now, rules, newId });
    const arriving = planned.arriving.filter((seq) => plan.consumed.includes(seq));
    const persisted = await this.#persist("a turn", async () => commitTurn(hub, commit, arriving, now));
    if (persisted.kind === "stopped") return null;
    const written = persisted.value;
    if (written.kind === "lost") {
      log.turnLost(instanceId);
      arrivals.withhold(instanceId, arriving);
      this.#histories.forget(instanceId);
      this.#again.add(instanceId);
      return null;
    }
    arriving.forEach((seq) => arrivals.remove(instanceId, seq));
    if (plan.hasMore || isWindowFull) this.#again.add(instanceId);
    this.#histories.advance(stored, commit);
    this.#warn(commit);
    this.#dispatch(commit, written.tasks, written.wake);
    return null;
  }

  async #persist<T>(what: string, change: () => Promise<T>): Promise<Persisted<T>> {
    const { log } = this.#options;
    return persist(change, {
      isStopped: () => this.#isStopped,
      onRefused: (problem) => log.storeFailed(what, problem),
    });
  }

  #dispatch(commit: TurnCommit, tasks: readonly TaskRow[], wake: readonly string[]): void {
    const { log, onTasks, onEnded } = this.#options;
    const { instanceId, name, status } = commit.instance;
    if (tasks.length > 0) onTasks(tasks);
    this.#nameNextTimer(commit.instance);
    if (commit.toSelf.length > 0) this.#again.add(instanceId);
    this.wake(wake);
    if (!isTerminal(status)) return;
    log.instanceEnded(instanceId, name, status);
    onEnded(instanceId);
  }

  /** Once for each orchestrator and kind: every instance of it would say the same. */
  #warn({ instance, warnings }: TurnCommit): void {
    for (const { kind, text } of warnings) {
      const key = `${instance.name} ${kind}`;
      if (!this.#warned.has(key)) this.#options.log.durableWarning(instance.instanceId, text);
      this.#warned.add(key);
    }
  }

  #nameNextTimer({ ledger, status }: Instance): void {
    if (status === "Suspended") return;
    const earliest = ledger.open.reduce(
      (least, task) => (task.kind === "call" ? least : Math.min(least, task.fireAt)),
      Infinity,
    );
    if (earliest < Infinity) this.#options.onTimers(earliest);
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

function newId(): string {
  return randomUUID().replace(/-/g, "");
}
