/**
 * Owns: bringing the journaled events of one subscription to its webhook. Must not: decide what is an event or when to
 * retry; eventJournal.ts and retrySchedule.ts do.
 *
 * Invariants:
 * L1. At least once: an event leaves the journal only after a 2xx, so a crash in between delivers it again.
 * L2. Delivery starts with the commit, without polling.
 * L3. Memory is bounded: at most WINDOW events of a subscription are held, the rest stays in the journal.
 * L4. A journal that cannot be written (a full disk) costs a repeated delivery, never an event.
 */
import type { StorageClock } from "../store/clock";
import type { Disturbance } from "./disturbance";
import type { EventJournal, FailedAttempts, GivenUp, PendingEvent, SubscriptionRow } from "./eventJournal";
import { decideNextStep } from "./retrySchedule";
import { notifyWebhook } from "./webhook";

export interface DeliveryParts {
  readonly journal: EventJournal;
  readonly log: (level: "info" | "warn" | "error", event: string, detail: Record<string, unknown>) => void;
  readonly clock: StorageClock;
  /** In tests only. */
  readonly disturbance?: Disturbance | undefined;
}

const CONCURRENT = 16;
const WINDOW = 1_000;
/** How long a stop waits for webhooks that are at work, so that what they took is not delivered twice. */
const STOP_GRACE_MS = 1_000;
/** When an event is tried again whose outcome could not be written down. */
const UNWRITTEN_RETRY_MS = 10_000;

export interface Lane {
  readonly stop: () => Promise<void>;
  readonly wake: () => void;
  readonly problem: () => string | undefined;
}

export function openLane(
  parts: DeliveryParts,
  row: SubscriptionRow,
  endpoint: string,
  closed: AbortSignal,
): Lane {
  const stopping = new AbortController();
  const signal = AbortSignal.any([closed, stopping.signal]);
  const running = new Set<Promise<void>>();
  const waiting = new Set<() => void>();
  const ready: PendingEvent[] = [];
  let cursor = 0;
  let failing = 0;
  let stopped = false;
  let lastFailure: string | undefined;

  function wake(): void {
    if (stopped) return;
    refill();
    while (running.size < CONCURRENT) {
      const next = ready.shift();
      if (next === undefined) return;
      track(attempt(next).catch(() => later(next, UNWRITTEN_RETRY_MS)));
    }
  }

  function track(work: Promise<void>): void {
    const run = work.finally(() => {
      running.delete(run);
      wake();
    });
    running.add(run);
  }

  function refill(): void {
    const room = Math.min(CONCURRENT, WINDOW - waiting.size) - ready.length;
    if (room <= 0) return;
    for (const pending of parts.journal.pending(row.id, cursor, room)) {
      cursor = pending.sequence;
      const [first = 0, ...copies] = parts.disturbance?.next() ?? [];
      if (parts.disturbance === undefined) ready.push(pending);
      else later(pending, first);
      for (const afterMs of copies) after(afterMs, () => track(repeat(pending)));
    }
  }

  function after(afterMs: number, action: () => void): void {
    const callOff = parts.clock.after(afterMs, () => {
      waiting.delete(callOff);
      if (!stopped) action();
    });
    waiting.add(callOff);
  }

  function later(pending: PendingEvent, afterMs: number): void {
    after(afterMs, () => {
      ready.push(pending);
      wake();
    });
  }

  /** A copy that a receiver must expect; what becomes of it is without consequence. */
  async function repeat({ event, failed }: PendingEvent): Promise<void> {
    await notifyWebhook({ name: row.name, endpoint }, event, failed?.attempts ?? 0, signal);
  }

  async function attempt(pending: PendingEvent): Promise<void> {
    const { sequence, event, failed } = pending;
    const failure = await notifyWebhook({ name: row.name, endpoint }, event, failed?.attempts ?? 0, signal);
    if (stopped && failure !== undefined) return;
    if (failure === undefined) {
      await parts.journal.delivered(row.id, [sequence]);
      lastFailure = undefined;
      return;
    }
    lastFailure = failure.kind === "answered" ? `HTTP ${failure.status}` : failure.detail;
    const now = parts.clock.now();
    const made = { attempts: (failed?.attempts ?? 0) + 1, firstAt: failed?.firstAt ?? now };
    const step = decideNextStep(failure, made.attempts, now - made.firstAt);
    if (step.kind === "give-up") return deadLetter(pending, { reason: step.reason, attempts: made.attempts });
    await parts.journal.failed(row.id, sequence, made);
    retryLater({ ...pending, failed: made }, made, step.afterMs);
  }

  function retryLater(pending: PendingEvent, made: FailedAttempts, afterMs: number): void {
    const detail = { subscription: row.name, attempts: made.attempts, afterMs, why: lastFailure };
    parts.log("warn", "events.delivery-failed", detail);
    failing++;
    after(afterMs, () => {
      failing--;
      ready.push(pending);
      wake();
    });
  }

  async function deadLetter({ sequence, event }: PendingEvent, given: GivenUp): Promise<void> {
    await parts.journal.deadLetter(row, sequence, given);
    const { id, subject } = event;
    parts.log("error", "events.dead-lettered", { subscription: row.name, event: id, subject, ...given });
  }

  return {
    wake,
    problem: () =>
      failing === 0 || lastFailure === undefined
        ? undefined
        : `${failing} blob event(s) for ${row.name} cannot be delivered; the last attempt ended with ${lastFailure}.`,
    stop: async () => {
      stopped = true;
      for (const callOff of waiting) callOff();
      const impatience = setTimeout(() => stopping.abort(), STOP_GRACE_MS);
      await Promise.allSettled([...running]);
      clearTimeout(impatience);
    },
  };
}
