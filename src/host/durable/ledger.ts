/**
 * The sequence numbers of one orchestration execution, kept in step with the counter of the JavaScript
 * Durable Functions library, which reports the cumulative list of actions but never their numbers.
 *
 * L1. A number is consumed when a leaf task is first seen in the walk of the action list (depth-first, each
 *    object once), in walk order, continuing where the previous turn stopped.
 * L2. A failed attempt of a retried task consumes one number (its timer), the last attempt included; when that timer
 *    fires and attempts remain, one more (the next attempt). These dynamic numbers come before the new leaves
 *    of the turn, so a turn has at most one dynamic message and delivers it first.
 * L3. Leaves known from earlier turns keep their number, kind and name; anything else is non-determinism.
 */
import { assertNever } from "../assertNever";
import type { Failure, Message } from "./message";

export interface RetryOptions {
  readonly firstIntervalMs: number;
  readonly maxAttempts: number;
  readonly backoffCoefficient: number;
  readonly maxIntervalMs: number;
  readonly timeoutMs: number | null;
}

/** What a scheduled activity or sub-orchestration needs to run. `input` is JSON text. */
export interface Call {
  readonly kind: "activity" | "child";
  readonly name: string;
  readonly input: string | null;
  readonly instanceId: string | null;
  readonly version: string | null;
}

export interface RetryState {
  readonly call: Call;
  readonly options: RetryOptions;
  readonly attempt: number;
  readonly firstAttemptAt: number;
  readonly gaveUp: Failure | null;
}

export type OpenTask =
  | { readonly id: number; readonly kind: "call"; readonly retry: RetryState | null }
  | { readonly id: number; readonly kind: "timer"; readonly fireAt: number }
  | { readonly id: number; readonly kind: "retryTimer"; readonly fireAt: number; readonly retry: RetryState };

export interface KnownLeaf {
  readonly id: number;
  readonly kind: LeafKind;
  readonly name: string;
}

export type LeafKind = "activity" | "child" | "timer";

export interface Ledger {
  readonly nextId: number;
  readonly leaves: readonly KnownLeaf[];
  readonly open: readonly OpenTask[];
}

/** A leaf of the walked action list. For a leaf known from an earlier turn `detail` may be null. */
export interface WalkedLeaf {
  readonly kind: LeafKind;
  readonly name: string;
  readonly isCanceled: boolean;
  readonly detail: LeafDetail | null;
}

export type LeafDetail =
  | { readonly kind: "call"; readonly call: Call; readonly retry: RetryOptions | null }
  | { readonly kind: "timer"; readonly fireAt: number };

/** Something a turn starts, with its number. `failAtOnce` marks an attempt recorded only for replay. */
export type Scheduled =
  | { readonly kind: "call"; readonly id: number; readonly call: Call; readonly failAtOnce: Failure | null }
  | { readonly kind: "timer"; readonly id: number; readonly fireAt: number; readonly isCanceled: boolean };

export interface LedgerStep {
  readonly ledger: Ledger;
  readonly scheduled: readonly Scheduled[];
  readonly canceled: readonly { readonly id: number; readonly fireAt: number }[];
}

export const emptyLedger: Ledger = { nextId: 0, leaves: [], open: [] };

const defaultMaxIntervalMs = 6 * 24 * 3600 * 1000;

/** Whether the message consumes numbers when the library processes it (L2). */
export function isDynamic(ledger: Ledger, message: Message): boolean {
  const open = findTarget(ledger, message);
  if (open === undefined) return false;
  if (open.kind === "retryTimer") return message.kind === "timerFired";
  return (
    open.kind === "call" &&
    open.retry !== null &&
    (message.kind === "taskFailed" || message.kind === "childFailed")
  );
}

/** The open task a message is for; undefined for messages without a number and for stale ones. */
export function findTarget(ledger: Ledger, message: Message): OpenTask | undefined {
  const id = targetId(message);
  return id === null ? undefined : ledger.open.find((task) => task.id === id);
}

/** The number a message answers, or null for a start or an external event. */
export function targetId(message: Message): number | null {
  switch (message.kind) {
    case "start":
    case "eventRaised":
      return null;
    case "taskCompleted":
    case "taskFailed":
    case "childCompleted":
    case "childFailed":
      return message.taskId;
    case "timerFired":
      return message.timerId;
    default:
      return assertNever(message);
  }
}

/** Applies the messages of one turn, the dynamic one first. `now` is the turn's OrchestratorStarted instant. */
export function applyMessages(ledger: Ledger, messages: readonly Message[], now: number): LedgerStep {
  const open = new Map(ledger.open.map((task) => [task.id, task]));
  const scheduled: Scheduled[] = [];
  let nextId = ledger.nextId;
  for (const message of messages) {
    const id = targetId(message);
    const target = id === null ? undefined : open.get(id);
    if (target === undefined) continue;
    open.delete(target.id);
    const next = followUp(target, message, nextId, now);
    if (next === null) continue;
    nextId += 1;
    open.set(next.task.id, next.task);
    scheduled.push(next.scheduled);
  }
  return { ledger: { ...ledger, nextId, open: [...open.values()] }, scheduled, canceled: [] };
}

function followUp(target: OpenTask, message: Message, id: number, now: number): FollowUp | null {
  if (target.kind === "retryTimer")
    return message.kind === "timerFired" ? nextAttempt(target.retry, id) : null;
  if (target.kind !== "call" || target.retry === null) return null;
  if (message.kind !== "taskFailed" && message.kind !== "childFailed") return null;
  return retryTimer(target.retry, message.failure, id, now);
}

interface FollowUp {
  readonly task: OpenTask;
  readonly scheduled: Scheduled;
}

function nextAttempt(retry: RetryState, id: number): FollowUp | null {
  if (retry.attempt >= retry.options.maxAttempts) return null;
  const state = { ...retry, attempt: retry.attempt + 1 };
  return {
    task: { id, kind: "call", retry: state },
    scheduled: { kind: "call", id, call: retry.call, failAtOnce: retry.gaveUp },
  };
}

function retryTimer(retry: RetryState, failure: Failure, id: number, now: number): FollowUp {
  const gaveUp = retry.gaveUp ?? (isTimedOut(retry, now) ? failure : null);
  const isLast = retry.attempt >= retry.options.maxAttempts;
  const fireAt = isLast || gaveUp !== null ? now : now + retryDelayMs(retry.options, retry.attempt);
  return {
    task: { id, kind: "retryTimer", fireAt, retry: { ...retry, gaveUp } },
    scheduled: { kind: "timer", id, fireAt, isCanceled: false },
  };
}

function isTimedOut({ options, firstAttemptAt }: RetryState, now: number): boolean {
  return options.timeoutMs !== null && now - firstAttemptAt >= options.timeoutMs;
}

/** Delay after failed attempt `attempt` (from 1): first × coefficient^(attempt-1), capped. */
export function retryDelayMs(options: RetryOptions, attempt: number): number {
  const delay = options.firstIntervalMs * Math.pow(options.backoffCoefficient, attempt - 1);
  return Math.min(delay, options.maxIntervalMs, defaultMaxIntervalMs);
}

/** Numbers the new leaves of the walk and notices cancelled timers; the caller checked determinism first. */
export function applyLeaves(ledger: Ledger, walked: readonly WalkedLeaf[], now: number): LedgerStep {
  const scheduled: Scheduled[] = [];
  const leaves = [...ledger.leaves];
  const open = new Map(ledger.open.map((task) => [task.id, task]));
  const canceled = cancelTimers(open, leaves, walked);
  let nextId = ledger.nextId;
  for (const leaf of walked.slice(leaves.length)) {
    if (leaf.detail === null) throw new Error("A new leaf came without its detail.");
    const id = nextId++;
    leaves.push({ id, kind: leaf.kind, name: leaf.name });
    scheduled.push(schedule(id, leaf.detail, leaf.isCanceled));
    if (!leaf.isCanceled) open.set(id, openTask(id, leaf.detail, now));
  }
  return { ledger: { nextId, leaves, open: [...open.values()] }, scheduled, canceled };
}

function cancelTimers(
  open: Map<number, OpenTask>,
  known: readonly KnownLeaf[],
  walked: readonly WalkedLeaf[],
): { id: number; fireAt: number }[] {
  const canceled: { id: number; fireAt: number }[] = [];
  known.forEach((leaf, index) => {
    const task = open.get(leaf.id);
    if (walked[index]?.isCanceled !== true || task?.kind !== "timer") return;
    open.delete(leaf.id);
    canceled.push({ id: leaf.id, fireAt: task.fireAt });
  });
  return canceled;
}

function schedule(id: number, detail: LeafDetail, isCanceled: boolean): Scheduled {
  if (detail.kind === "timer") return { kind: "timer", id, fireAt: detail.fireAt, isCanceled };
  return { kind: "call", id, call: detail.call, failAtOnce: null };
}

function openTask(id: number, detail: LeafDetail, now: number): OpenTask {
  if (detail.kind === "timer") return { id, kind: "timer", fireAt: detail.fireAt };
  const { call, retry } = detail;
  if (retry === null) return { id, kind: "call", retry: null };
  return { id, kind: "call", retry: { call, options: retry, attempt: 1, firstAttemptAt: now, gaveUp: null } };
}

/** Says how the walk contradicts what earlier turns recorded, or null when it agrees (L3). */
export function findNonDeterminism(ledger: Ledger, walked: readonly WalkedLeaf[]): string | null {
  for (const [index, known] of ledger.leaves.entries()) {
    const leaf = walked[index];
    if (leaf?.kind === known.kind && leaf.name.toLowerCase() === known.name.toLowerCase()) continue;
    const current = leaf === undefined ? "schedules nothing in its place" : `schedules ${describe(leaf)}`;
    return (
      `A previous execution of this orchestration scheduled ${describe(known)} with sequence number ${known.id}, ` +
      `but the current code ${current}. Was the orchestrator changed while this instance was running, or does it use ` +
      `time, randomness or I/O outside of the durable context?`
    );
  }
  return null;
}

function describe({ kind, name }: { readonly kind: LeafKind; readonly name: string }): string {
  if (kind === "timer") return "a timer";
  return `${kind === "activity" ? "the activity" : "the sub-orchestration"} '${name}'`;
}
