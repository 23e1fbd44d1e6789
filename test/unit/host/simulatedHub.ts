/**
 * Drives an orchestrator of the real durable-functions library with the pure turn rules and no store, worker or clock:
 * the test decides which task completes when.
 */
import type { TurnCommit } from "../../../src/host/durable/finishTurn";
import type { Instance } from "../../../src/host/durable/instance";
import type { InboxEntry, Message } from "../../../src/host/durable/message";
import { dueTimers } from "../../../src/host/durable/planTurn";
import { turn, type TurnInput, type TurnOutcome } from "../../../src/host/durable/turn";
import { replayProgram, type Program } from "./replayProgram";
import { lenientRules, pendingInstance } from "./turnFixture";

export type { Program } from "./replayProgram";

export const startOfTime = Date.UTC(2026, 0, 1);

export class SimulatedHub {
  readonly commits: TurnCommit[] = [];
  now = startOfTime;
  instance: Instance;
  inbox: InboxEntry[] = [];
  readonly #chunks: string[] = [];
  #program: Program;
  #seq = 0;
  #input: string | null = null;

  constructor(program: Program) {
    this.#program = program;
    this.instance = pendingInstance("i", this.now);
    this.send({ kind: "start" });
  }

  /** Replaces the code, as a deployment does. */
  redeploy(program: Program): void {
    this.#program = program;
  }

  send(message: Message): void {
    this.#seq += 1;
    this.inbox.push({ seq: this.#seq, at: this.now, executionId: null, message });
  }

  complete(taskId: number, value: unknown = null): void {
    this.send({ kind: "taskCompleted", taskId, result: JSON.stringify(value) });
  }

  fail(taskId: number): void {
    this.send({ kind: "taskFailed", taskId, failure: { reason: "boom", details: "", failureDetails: null } });
  }

  /** Ids of the activities and timers that are open. */
  get open(): { readonly calls: readonly number[]; readonly timers: readonly number[] } {
    const tasks = this.instance.ledger.open;
    return {
      calls: tasks.filter((task) => task.kind === "call").map((task) => task.id),
      timers: tasks.filter((task) => task.kind !== "call").map((task) => task.id),
    };
  }

  get isTimerDue(): boolean {
    return dueTimers(this.instance, this.now).length > 0;
  }

  /** Runs turns until nothing is left to deliver. */
  async settle(): Promise<void> {
    while (await this.turn());
  }

  /** What the next turn is computed from. */
  input(maxMessages: number): TurnInput {
    return {
      instance: this.instance,
      history: this.#chunks.join(","),
      input: this.#input,
      inbox: this.inbox,
      now: this.now,
      maxMessages,
      rules: lenientRules,
      newId: () => `e${this.#seq + 1}`,
    };
  }

  /** A turn with the library's answers; it changes nothing here. */
  async drive(input: TurnInput): Promise<TurnOutcome> {
    const asking = turn(input);
    let step = asking.next();
    while (step.done !== true) {
      const { payload, knownLeaves } = step.value;
      step = asking.next({ result: await replayProgram(this.#program, payload, knownLeaves), at: this.now });
    }
    return step.value;
  }

  /** One turn; false when there was nothing to do. */
  async turn(maxMessages = 200): Promise<boolean> {
    const outcome = await this.drive(this.input(maxMessages));
    if (outcome.kind === "nothing") return false;
    this.#apply(outcome.commit);
    return true;
  }

  #apply(commit: TurnCommit): void {
    this.commits.push(commit);
    this.instance = commit.instance;
    if (commit.nextInput !== null) this.#input = commit.nextInput.input;
    if (commit.chunk === null) this.#chunks.length = 0;
    else this.#chunks.push(commit.chunk);
    this.inbox = this.inbox.filter(({ seq }) => !commit.consumed.includes(seq ?? -1));
    commit.toSelf.forEach((message) => this.send(message));
  }
}
