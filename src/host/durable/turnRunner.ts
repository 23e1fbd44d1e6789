/**
 * Takes one turn of one instance: reads where it stands, lets the app answer the questions of `turn`, commits what comes
 * of it and hands on what the instance caused. The rules are in `turn`; this file only acts.
 *
 * TR1. A turn that did not run to its end changed nothing. One that ended is kept until the store takes it.
 * TR2. What an instance caused (activities, children, its parent) is handed on only after its commit.
 * TR3. A turn may be computed with completions that are still on their way to the disk, never committed without them.
 */
import { randomUUID } from "node:crypto";
import type { AppWorker } from "../app/appWorker";
import { assertNever } from "../assertNever";
import type { HostLog } from "../log/hostLog";
import type { Arrivals } from "./arrivals";
import type { TurnCommit } from "./finishTurn";
import { HistoryCache } from "./historyCache";
import type { HubDatabase } from "./hubDatabase";
import type { TaskRow } from "./hubTables";
import { isTerminal, type Instance } from "./instance";
import { persist, type Persisted } from "./persist";
import { turn, type TurnAnswer, type TurnInput, type TurnOutcome, type TurnQuestion } from "./turn";
import { failedBeforeReport } from "./turnExchange";
import type { TurnRules } from "./turnProblems";
import { commitTurn } from "./turnStore";

export interface TurnRunnerOptions {
  readonly hub: HubDatabase;
  readonly worker: Pick<AppWorker, "isRunning" | "invoke">;
  readonly log: HostLog;
  readonly arrivals: Arrivals;
  readonly rules: TurnRules;
  readonly onTasks: (tasks: readonly TaskRow[]) => void;
  /** Told the instant from which on timers must be looked for: the earliest that a turn left open. */
  readonly onTimers: (earliest: number) => void;
  readonly onEnded: (instanceId: string) => void;
  readonly now: () => number;
}

interface Taken {
  readonly kind: "taken";
  /** The instance is to have another turn. */
  readonly hasMore: boolean;
  /** Other instances that have something in their inbox now. */
  readonly wake: readonly string[];
}

/** How a turn went. */
export type TurnTaken = Taken | { readonly kind: "failed"; readonly problem: string };

const maxMessagesPerTurn = 200;
/** Inbox rows looked at for one turn; more wait for the next. */
const inboxWindow = 400;

/** What a turn is computed from. `arriving` are the places of messages in its inbox that may not be on disk yet. */
interface Prepared extends TurnInput {
  readonly isWindowFull: boolean;
  readonly arriving: readonly number[];
}

export class TurnRunner {
  readonly #options: TurnRunnerOptions;
  readonly #histories: HistoryCache;
  readonly #warned = new Set<string>();
  #isStopped = false;

  constructor(options: TurnRunnerOptions) {
    this.#options = options;
    this.#histories = new HistoryCache(options.hub);
  }

  /** A turn that waits for the store waits no longer. */
  stop(): void {
    this.#isStopped = true;
  }

  /** One turn of the instance. */
  async take(id: string): Promise<TurnTaken> {
    const instance = this.#options.hub.findInstance(id);
    if (instance === undefined) return done;
    const prepared = this.#prepare(instance);
    const outcome = await this.#drive(prepared);
    if (typeof outcome === "string") return { kind: "failed", problem: outcome };
    return outcome.kind === "nothing"
      ? this.#drop(outcome.dropped, prepared)
      : this.#commit(outcome.commit, outcome.hasMore, prepared);
  }

  #prepare(instance: Instance): Prepared {
    const { hub, arrivals, rules, now } = this.#options;
    const { instanceId } = instance;
    const rows = hub.readInbox(instanceId, inboxWindow);
    const arriving = arrivals.of(instanceId).filter(({ seq }) => !rows.some((row) => row.seq === seq));
    return {
      instance,
      input: hub.inputs.get(instanceId) ?? null,
      history: this.#histories.read(instance),
      inbox: [...rows, ...arriving],
      arriving: arriving.map(({ seq }) => seq),
      isWindowFull: rows.length === inboxWindow,
      now: now(),
      maxMessages: maxMessagesPerTurn,
      rules,
      newId,
    };
  }

  /** Brings the turn's questions to the app; a text says why one has no answer. */
  async #drive(prepared: Prepared): Promise<TurnOutcome | string> {
    const asking = turn(prepared);
    let step = asking.next();
    while (step.done !== true) {
      const answer = await this.#ask(step.value, prepared.instance);
      if (typeof answer === "string") return answer;
      step = asking.next(answer);
    }
    return step.value;
  }

  async #ask(
    { orchestrator, payload, knownLeaves }: TurnQuestion,
    instance: Instance,
  ): Promise<TurnAnswer | string> {
    const { worker, now } = this.#options;
    const inputData = [{ name: orchestrator.triggerName, data: { string: payload } }];
    const outcome = await worker.invoke(orchestrator.name, { inputData, triggerMetadata: {} }, knownLeaves);
    switch (outcome.kind) {
      case "turned":
        return { result: outcome.result, at: now() };
      case "failed":
        return { result: failedBeforeReport(instance, outcome.failure.message), at: now() };
      case "timedOut":
        return "the orchestrator did not return in time";
      case "workerLost":
        return `its worker was lost: ${outcome.reason}`;
      case "returned":
        return "it answered as a plain function";
      default:
        return assertNever(outcome);
    }
  }

  async #drop(dropped: readonly number[], prepared: Prepared): Promise<TurnTaken> {
    const { hub } = this.#options;
    const { instance, arriving, isWindowFull } = prepared;
    this.#nameNextTimer(instance);
    const seqs = dropped.filter((seq) => !arriving.includes(seq));
    if (seqs.length === 0) return done;
    await this.#persist("stale messages", async () =>
      hub.commit(() => seqs.forEach((seq) => void hub.inbox.remove([instance.instanceId, seq]))),
    );
    return { ...done, hasMore: isWindowFull };
  }

  async #commit(commit: TurnCommit, hasMore: boolean, prepared: Prepared): Promise<TurnTaken> {
    const { hub, log, arrivals, now } = this.#options;
    const { instanceId } = commit.instance;
    const arriving = prepared.arriving.filter((seq) => commit.consumed.includes(seq));
    const persisted = await this.#persist("a turn", async () => commitTurn(hub, commit, arriving, now()));
    if (persisted.kind === "stopped") return done;
    const written = persisted.value;
    if (written.kind === "lost") {
      log.turnLost(instanceId);
      arrivals.withhold(instanceId, arriving);
      this.#histories.forget(instanceId);
      return { ...done, hasMore: true };
    }
    arriving.forEach((seq) => arrivals.remove(instanceId, seq));
    this.#histories.advance(prepared.history, commit);
    this.#warn(commit);
    this.#handOn(commit, written.tasks);
    const isToGoOn = hasMore || prepared.isWindowFull || commit.toSelf.length > 0;
    return { kind: "taken", hasMore: isToGoOn, wake: written.wake };
  }

  async #persist<T>(what: string, change: () => Promise<T>): Promise<Persisted<T>> {
    const { log } = this.#options;
    return persist(change, {
      isStopped: () => this.#isStopped,
      onRefused: (problem) => log.storeFailed(what, problem),
    });
  }

  #handOn({ instance }: TurnCommit, tasks: readonly TaskRow[]): void {
    const { log, onTasks, onEnded } = this.#options;
    const { instanceId, name, status } = instance;
    if (tasks.length > 0) onTasks(tasks);
    this.#nameNextTimer(instance);
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
}

const done: Taken = { kind: "taken", hasMore: false, wake: [] };

function newId(): string {
  return randomUUID().replace(/-/g, "");
}
