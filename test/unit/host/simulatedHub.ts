/**
 * Drives an orchestrator of the real durable-functions library with the pure turn rules and no store, worker or clock:
 * the test decides which task completes when.
 */
import { finishTurn, type TurnCommit } from "../../../src/host/durable/finishTurn";
import { encodeChunk } from "../../../src/host/durable/history";
import type { Instance } from "../../../src/host/durable/instance";
import { emptyLedger } from "../../../src/host/durable/ledger";
import type { InboxEntry, Message } from "../../../src/host/durable/message";
import { dueTimers, planTurn } from "../../../src/host/durable/planTurn";
import { replayProgram, type Program } from "./replayProgram";

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
    this.instance = {
      instanceId: "i",
      executionId: "e0",
      name: "program",
      version: null,
      status: "Pending",
      parent: null,
      createdAt: this.now,
      updatedAt: this.now,
      lastEventAt: this.now,
      output: null,
      customStatus: null,
      turns: 0,
      isStarted: false,
      ledger: emptyLedger,
    };
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

  /** One turn; false when there was nothing to do. */
  async turn(maxMessages = 200): Promise<boolean> {
    const decision = planTurn({
      instance: this.instance,
      input: this.#input,
      inbox: this.inbox,
      now: this.now,
      maxMessages,
    });
    if (decision.kind === "nothing") return false;
    const { plan } = decision;
    const events = [...this.#chunks, encodeChunk(plan.events, false)].join(",");
    const payload = {
      history: JSON.parse(`[${events}]`) as unknown,
      input: JSON.parse(this.#input ?? "null") as unknown,
      instanceId: "i",
    };
    const result = await replayProgram(this.#program, payload, this.instance.ledger.leaves.length);
    const { instance } = this;
    const rules = {
      hasActivity: () => true,
      hasOrchestrator: () => true,
      maxActions: 1000,
      storeInputs: false,
      defaultVersion: null,
    };
    const newId = (): string => `e${this.#seq++}`;
    const commit = finishTurn({ instance, plan, result, now: this.now, rules, newId });
    this.#apply(commit);
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
