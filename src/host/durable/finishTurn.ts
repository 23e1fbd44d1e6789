/**
 * Turns what an orchestrator reported into everything the commit of the turn writes. Pure.
 *
 * F1. An instance ends (completes, fails by its own code, continues as new) only when no scheduled call and no
 *    timer is open; until then it stays Running and replays to the same end.
 * F2. A broken promise (non-determinism, an unknown function, a refused feature, an oversized custom status)
 *    fails the instance at once, whatever is open.
 * F3. A parent gets exactly one message, in the commit that ends the child.
 */
import { assertNever } from "../assertNever";
import { encodeChunk, history, type HistoryEvent } from "./history";
import type { Instance, ParentLink, RuntimeStatus } from "./instance";
import { applyLeaves, emptyLedger, type Call, type Ledger, type Scheduled } from "./ledger";
import type { Message } from "./message";
import type { TurnPlan } from "./planTurn";
import { failureText, findBrokenPromise, findCounterMismatch, type TurnRules } from "./turnProblems";
import type { TurnResult } from "./turnResult";

export interface TaskStart {
  readonly taskId: number;
  readonly name: string;
  readonly input: string | null;
}

export interface ChildStart {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly parent: ParentLink;
}

export interface TimerChange {
  readonly id: number;
  readonly fireAt: number;
}

/** Something the author of an orchestrator should know; one of each kind is enough for all its instances. */
export interface TurnWarning {
  readonly kind: "open tasks" | "dropped events";
  readonly text: string;
}

/** One atomic commit. `expected` is the guard: the execution and position the turn was computed from. */
export interface TurnCommit {
  readonly expected: { readonly executionId: string; readonly turns: number };
  readonly instance: Instance;
  /** History to append, or null when the generation was replaced and its history goes away. */
  readonly chunk: string | null;
  readonly nextInput: { readonly input: string | null } | null;
  readonly consumed: readonly number[];
  readonly timersRemoved: readonly TimerChange[];
  readonly timersAdded: readonly TimerChange[];
  readonly tasks: readonly TaskStart[];
  readonly children: readonly ChildStart[];
  readonly toSelf: readonly Message[];
  readonly toParent: { readonly parent: ParentLink; readonly message: Message } | null;
  readonly warnings: readonly TurnWarning[];
}

export interface FinishInput {
  readonly instance: Instance;
  readonly plan: TurnPlan;
  readonly result: TurnResult;
  readonly now: number;
  readonly rules: TurnRules;
  /** Fresh execution ids for a new generation and for children. */
  readonly newId: () => string;
}

/** Computes the commit of a turn whose orchestrator ran. */
export function finishTurn(input: FinishInput): TurnCommit {
  const { instance, plan, result, rules } = input;
  const now = Math.max(input.now, plan.startedAt);
  const broken = findBrokenPromise(instance, result, rules);
  if (broken !== null) return endTurn(input, now, "Failed", broken, plan.step.ledger, []);
  const walked = applyLeaves(plan.step.ledger, result.leaves, plan.startedAt);
  const scheduled = [...plan.step.scheduled, ...walked.scheduled];
  const mismatch = findCounterMismatch(result, walked.ledger);
  if (mismatch !== null) return endTurn(input, now, "Failed", mismatch, walked.ledger, []);
  const scheduleEvents = scheduled.map((each) => scheduledEvent(instance, each, now, rules));
  if (walked.ledger.open.length > 0 || result.end.kind === "waiting") {
    return continueTurn(input, now, walked.ledger, scheduled, scheduleEvents);
  }
  switch (result.end.kind) {
    case "completed":
      return endTurn(input, now, "Completed", result.end.output, walked.ledger, scheduleEvents);
    case "failed":
      return endTurn(
        input,
        now,
        "Failed",
        failureText(instance, result.end.message),
        walked.ledger,
        scheduleEvents,
      );
    case "continuedAsNew":
      return newGeneration(input, now, result.end.input);
    default:
      return assertNever(result.end);
  }
}

function scheduledEvent(instance: Instance, each: Scheduled, now: number, rules: TurnRules): HistoryEvent {
  if (each.kind === "timer") return history.timerCreated(now, each.id, each.fireAt);
  const input = rules.storeInputs ? each.call.input : null;
  if (each.call.kind === "activity") return history.taskScheduled(now, each.id, each.call.name, input);
  return history.childCreated(now, each.id, each.call.name, childId(instance, each.id, each.call), input);
}

function childId(instance: Instance, id: number, call: Call): string {
  const wanted = call.instanceId?.trim() ?? "";
  return wanted === "" ? `${instance.executionId}:${id}` : wanted;
}

function continueTurn(
  input: FinishInput,
  now: number,
  ledger: Ledger,
  scheduled: readonly Scheduled[],
  scheduleEvents: readonly HistoryEvent[],
): TurnCommit {
  const { instance, plan, result } = input;
  const calls = scheduled.filter((each) => each.kind === "call");
  const live = calls.filter((each) => each.failAtOnce === null);
  return {
    ...base(
      input,
      now,
      "Running",
      [...plan.events, ...scheduleEvents, history.orchestratorCompleted(now)],
      ledger,
    ),
    timersRemoved: timersGone(instance.ledger, ledger),
    timersAdded: timersGone(ledger, instance.ledger),
    tasks: live
      .filter(({ call }) => call.kind === "activity")
      .map(({ id, call }) => ({ taskId: id, name: call.name, input: call.input })),
    children: live
      .filter(({ call }) => call.kind === "child")
      .map(({ id, call }) => childStart(input, id, call)),
    toSelf: calls.flatMap(syntheticFailure),
    warnings:
      result.end.kind === "waiting"
        ? []
        : [
            {
              kind: "open tasks",
              text: `It has ended but stays Running until ${ledger.open.length} open task(s) are done.`,
            },
          ],
  };
}

function syntheticFailure(each: Scheduled): Message[] {
  if (each.kind !== "call" || each.failAtOnce === null) return [];
  const kind = each.call.kind === "activity" ? "taskFailed" : "childFailed";
  return [{ kind, taskId: each.id, failure: each.failAtOnce }];
}

function childStart({ instance, newId, rules }: FinishInput, id: number, call: Call): ChildStart {
  const { instanceId, executionId: own, name } = instance;
  const parent = { instanceId, executionId: own, taskId: id, name };
  return {
    instanceId: childId(instance, id, call),
    executionId: newId(),
    name: call.name,
    version: call.version ?? rules.defaultVersion,
    input: call.input,
    parent,
  };
}

function endTurn(
  input: FinishInput,
  now: number,
  status: "Completed" | "Failed",
  output: string | null,
  ledger: Ledger,
  scheduleEvents: readonly HistoryEvent[],
): TurnCommit {
  const { instance, plan } = input;
  const text = status === "Failed" ? JSON.stringify(output) : output;
  const events = [
    ...plan.events,
    ...scheduleEvents,
    history.executionCompleted(now, status, text),
    history.orchestratorCompleted(now),
  ];
  const closed = base(input, now, status, events, { ...ledger, open: [] });
  return {
    ...closed,
    instance: { ...closed.instance, output: text },
    timersRemoved: timersGone(instance.ledger, emptyLedger),
    toParent:
      instance.parent === null
        ? null
        : { parent: instance.parent, message: endMessage(instance.parent, status, output) },
  };
}

/** What a parent is told when its child ends. */
export function endMessage(
  parent: ParentLink,
  status: "Completed" | "Failed" | "Terminated",
  output: string | null,
): Message {
  if (status === "Completed") return { kind: "childCompleted", taskId: parent.taskId, result: output };
  const reason = output ?? "";
  return {
    kind: "childFailed",
    taskId: parent.taskId,
    failure: { reason, details: reason, failureDetails: null },
  };
}

function newGeneration(input: FinishInput, now: number, nextInput: string | null): TurnCommit {
  const { instance, result } = input;
  const started = base(input, now, "Running", [], emptyLedger);
  return {
    ...started,
    instance: { ...started.instance, executionId: input.newId(), createdAt: now, turns: 0, isStarted: false },
    chunk: null,
    nextInput: { input: nextInput },
    timersRemoved: timersGone(instance.ledger, emptyLedger),
    toSelf: [{ kind: "start" }],
    warnings:
      result.parkedEvents.length === 0
        ? []
        : [{ kind: "dropped events", text: dropped(result.parkedEvents) }],
  };
}

function dropped(names: readonly string[]): string {
  const list = [...new Set(names)].map((name) => `'${name}'`).join(", ");
  return `${names.length} event(s) that were never waited for (${list}) are dropped by continueAsNew.`;
}

function base(
  { instance, plan, result }: FinishInput,
  now: number,
  status: RuntimeStatus,
  events: readonly HistoryEvent[],
  ledger: Ledger,
): TurnCommit {
  const { executionId, turns } = instance;
  const customStatus = result.customStatus ?? instance.customStatus;
  return {
    expected: { executionId, turns },
    instance: {
      ...instance,
      status,
      customStatus,
      updatedAt: now,
      lastEventAt: now,
      turns: turns + 1,
      isStarted: true,
      ledger,
    },
    chunk: encodeChunk(events, true),
    nextInput: null,
    consumed: plan.consumed,
    timersRemoved: [],
    timersAdded: [],
    tasks: [],
    children: [],
    toSelf: [],
    toParent: null,
    warnings: [],
  };
}

/** The timers that are open in `before` and no longer in `after`. */
export function timersGone(before: Ledger, after: Ledger): TimerChange[] {
  const kept = new Set(after.open.map((task) => task.id));
  return before.open.flatMap((task) =>
    task.kind === "call" || kept.has(task.id) ? [] : [{ id: task.id, fireAt: task.fireAt }],
  );
}
