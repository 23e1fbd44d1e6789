/**
 * Chooses what one turn of an orchestration delivers. Pure.
 *
 * P1. The start comes first, whatever was raised before it; everything else in inbox order.
 * P2. At most one dynamic message a turn, and it is the first (see the ledger).
 * P3. Messages for another execution, or for a number that is not open, are dropped, in the same commit.
 * P4. A suspended or ended instance takes nothing: its inbox waits (suspended) or is dropped (ended).
 * P5. History timestamps never go back, whatever the clock does.
 */
import { assertNever } from "../assertNever";
import { history, type HistoryEvent } from "./history";
import { isTerminal, type Instance } from "./instance";
import { applyMessages, findTarget, isDynamic, targetId, type LedgerStep } from "./ledger";
import type { InboxEntry, Message } from "./message";

export interface TurnPlan {
  readonly startedAt: number;
  /** The new history up to the handler: OrchestratorStarted and the delivered messages. */
  readonly events: readonly HistoryEvent[];
  readonly step: LedgerStep;
  readonly delivered: number;
  /** Whether messages were left for the next turn. */
  readonly hasMore: boolean;
  /** Inbox rows that the commit deletes: delivered and dropped ones. */
  readonly consumed: readonly number[];
}

export type TurnDecision =
  | { readonly kind: "nothing"; readonly dropped: readonly number[] }
  | { readonly kind: "run"; readonly plan: TurnPlan };

export interface PlanInput {
  readonly instance: Instance;
  readonly input: string | null;
  readonly inbox: readonly InboxEntry[];
  readonly now: number;
  readonly maxMessages: number;
}

/** The open timers that are due, as inbox entries, oldest first. */
export function dueTimers(instance: Instance, now: number): InboxEntry[] {
  return instance.ledger.open
    .flatMap((task): InboxEntry[] => {
      if (task.kind === "call" || task.fireAt > now) return [];
      const message: Message = { kind: "timerFired", timerId: task.id, fireAt: task.fireAt };
      return [{ seq: null, at: task.fireAt, executionId: instance.executionId, message }];
    })
    .sort((a, b) => a.at - b.at);
}

/** Decides the next turn from the stored inbox rows; due timers are added here, in order of their instants. */
export function planTurn({ instance, input, inbox, now, maxMessages }: PlanInput): TurnDecision {
  if (isTerminal(instance.status))
    return { kind: "nothing", dropped: inbox.flatMap((entry) => entry.seq ?? []) };
  if (instance.status === "Suspended") return { kind: "nothing", dropped: [] };
  const pending = mergeByTime(inbox, dueTimers(instance, now));
  const valid = pending.filter((entry) => isFor(instance, entry));
  const dropped = pending.filter((entry) => !isFor(instance, entry)).flatMap((entry) => entry.seq ?? []);
  const batch = chooseBatch(instance, valid, maxMessages);
  if (batch.length === 0) return { kind: "nothing", dropped };
  const startedAt = Math.max(now, instance.lastEventAt);
  const step = applyMessages(
    instance.ledger,
    batch.map((entry) => entry.message),
    startedAt,
  );
  const events = toEvents(instance, input, batch, startedAt);
  const consumed = [...dropped, ...batch.flatMap((entry) => entry.seq ?? [])];
  return {
    kind: "run",
    plan: {
      startedAt,
      events: [history.orchestratorStarted(startedAt), ...events],
      step,
      delivered: batch.length,
      hasMore: batch.length < valid.length,
      consumed,
    },
  };
}

function mergeByTime(inbox: readonly InboxEntry[], timers: readonly InboxEntry[]): InboxEntry[] {
  const merged: InboxEntry[] = [];
  let next = 0;
  for (const timer of timers) {
    for (let entry = inbox[next]; entry !== undefined && entry.at <= timer.at; entry = inbox[++next])
      merged.push(entry);
    merged.push(timer);
  }
  return [...merged, ...inbox.slice(next)];
}

function isFor(instance: Instance, { executionId, message }: InboxEntry): boolean {
  if (executionId !== null && executionId !== instance.executionId) return false;
  return targetId(message) === null || findTarget(instance.ledger, message) !== undefined;
}

function chooseBatch(instance: Instance, entries: readonly InboxEntry[], maxMessages: number): InboxEntry[] {
  const start = entries.find((entry) => entry.message.kind === "start");
  if (start === undefined && !instance.isStarted) return [];
  const ordered = start === undefined ? entries : [start, ...entries.filter((entry) => entry !== start)];
  const seen = new Set<number>();
  const batch: InboxEntry[] = [];
  for (const entry of ordered) {
    if (batch.length >= maxMessages) break;
    if (batch.length > 0 && isDynamic(instance.ledger, entry.message)) break;
    const id = targetId(entry.message);
    if (id !== null && seen.has(id)) break;
    if (id !== null) seen.add(id);
    batch.push(entry);
  }
  return batch;
}

/** The events of the messages, each with the instant at which it came, as far as that goes forward (P5). */
function toEvents(
  instance: Instance,
  input: string | null,
  batch: readonly InboxEntry[],
  startedAt: number,
): HistoryEvent[] {
  let last = instance.lastEventAt;
  return batch.map(({ at, message }) => {
    last = Math.max(last, Math.min(at, startedAt));
    return toEvent(instance, input, message, last);
  });
}

function toEvent(instance: Instance, input: string | null, message: Message, stamp: number): HistoryEvent {
  switch (message.kind) {
    case "start":
      return history.executionStarted(stamp, instance, input);
    case "taskCompleted":
      return history.taskCompleted(stamp, message.taskId, message.result);
    case "taskFailed":
      return history.taskFailed(stamp, message.taskId, message.failure);
    case "childCompleted":
      return history.childCompleted(stamp, message.taskId, message.result);
    case "childFailed":
      return history.childFailed(stamp, message.taskId, message.failure);
    case "timerFired":
      return history.timerFired(stamp, message.timerId, message.fireAt);
    case "eventRaised":
      return history.eventRaised(stamp, message.name, message.input);
    default:
      return assertNever(message);
  }
}
