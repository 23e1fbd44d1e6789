/**
 * Owns: bringing journaled events to the webhooks of live subscriptions. Must not: decide what is an event or when to
 * retry; eventJournal.ts and retrySchedule.ts do.
 *
 * Invariants:
 * L1. At least once: an event leaves the journal only after a 2xx, so a crash in between delivers it again.
 * L2. Delivery starts with the commit, without polling.
 * L3. Memory is bounded: at most WINDOW events of a subscription are held, the rest stays in the journal.
 */
import type { EventJournal, PendingEvent, SubscriptionRow } from "./eventJournal";
import { decideNextStep, SUBSCRIPTION_LIFE_MS } from "./retrySchedule";
import { notifyWebhook, validateWebhook } from "./webhook";

export interface EventSubscription {
  readonly name: string;
  /** Webhook URL with functionName and code; kept in memory only. */
  readonly endpoint: string;
  readonly eventTypes: readonly string[];
}

export interface Deliverer {
  subscribe(subscription: EventSubscription): Promise<void>;
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface DelivererParts {
  readonly journal: EventJournal;
  readonly log: (level: "info" | "warn" | "error", event: string, detail: Record<string, unknown>) => void;
  readonly now: () => number;
}

const CONCURRENT = 16;
const WINDOW = 1_000;
/** How long a stop waits for webhooks that are at work, so that what they took is not delivered twice. */
const STOP_GRACE_MS = 1_000;

interface Lane {
  readonly stop: () => Promise<void>;
  readonly wake: () => void;
  readonly problem: () => string | undefined;
}

export function openDeliverer(parts: DelivererParts): Deliverer {
  const lanes = new Map<string, Lane>();
  const absent = new Map<string, NodeJS.Timeout>();
  const closing = new AbortController();

  function awaitReturn(row: SubscriptionRow): void {
    const timer = setTimeout(() => void giveUp(row), SUBSCRIPTION_LIFE_MS);
    absent.set(row.name, timer.unref());
  }

  async function giveUp(row: SubscriptionRow): Promise<void> {
    absent.delete(row.name);
    const events = await parts.journal.forget(row, "the subscription did not come back within 24 hours");
    parts.log("warn", "events.subscription-forgotten", { subscription: row.name, deadLettered: events });
  }

  for (const row of parts.journal.known()) awaitReturn(row);
  parts.journal.onRecorded(() => {
    for (const lane of lanes.values()) lane.wake();
  });

  return {
    subscribe: async (subscription) => {
      const row = await parts.journal.know(subscription.name, subscription.eventTypes);
      await validateWebhook(subscription.name, subscription.endpoint, closing.signal);
      clearTimeout(absent.get(row.name));
      absent.delete(row.name);
      await lanes.get(row.name)?.stop();
      const lane = openLane(parts, row, subscription.endpoint, closing.signal);
      lanes.set(row.name, lane);
      lane.wake();
    },
    problems: () => [...lanes.values()].flatMap((lane) => lane.problem() ?? []),
    close: async () => {
      for (const timer of absent.values()) clearTimeout(timer);
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
      closing.abort();
    },
  };
}

interface Attempted {
  readonly pending: PendingEvent;
  readonly attempts: number;
  readonly firstAt: number;
}

function openLane(parts: DelivererParts, row: SubscriptionRow, endpoint: string, closed: AbortSignal): Lane {
  const stopping = new AbortController();
  const signal = AbortSignal.any([closed, stopping.signal]);
  const running = new Set<Promise<void>>();
  const retries = new Map<number, NodeJS.Timeout>();
  const ready: Attempted[] = [];
  let cursor = 0;
  let stopped = false;
  let lastFailure: string | undefined;

  function wake(): void {
    if (stopped) return;
    refill();
    while (running.size < CONCURRENT) {
      const next = ready.shift();
      if (next === undefined) return;
      const run = attempt(next).finally(() => {
        running.delete(run);
        wake();
      });
      running.add(run);
    }
  }

  function refill(): void {
    const room = Math.min(CONCURRENT, WINDOW - retries.size) - ready.length;
    if (room <= 0) return;
    const firstAt = parts.now();
    for (const pending of parts.journal.pending(row.id, cursor, room)) {
      ready.push({ pending, attempts: 0, firstAt });
      cursor = pending.sequence;
    }
  }

  async function attempt({ pending, attempts, firstAt }: Attempted): Promise<void> {
    const failure = await notifyWebhook({ name: row.name, endpoint }, pending.event, attempts, signal);
    if (stopped && failure !== undefined) return;
    if (failure === undefined) {
      lastFailure = undefined;
      await parts.journal.delivered(row.id, [pending.sequence]);
      return;
    }
    lastFailure = failure.kind === "answered" ? `HTTP ${failure.status}` : failure.detail;
    const made = { pending, attempts: attempts + 1, firstAt };
    const step = decideNextStep(failure, made.attempts, parts.now() - firstAt);
    if (step.kind === "retry") retryLater(made, step.afterMs);
    else await deadLetter(pending, step.reason);
  }

  function retryLater(made: Attempted, afterMs: number): void {
    const { sequence } = made.pending;
    parts.log("warn", "events.delivery-failed", {
      subscription: row.name,
      attempts: made.attempts,
      afterMs,
      why: lastFailure,
    });
    const timer = setTimeout(() => {
      retries.delete(sequence);
      ready.push(made);
      wake();
    }, afterMs);
    retries.set(sequence, timer);
  }

  async function deadLetter(pending: PendingEvent, reason: string): Promise<void> {
    const detail = {
      subscription: row.name,
      event: pending.event.id,
      subject: pending.event.subject,
      reason,
    };
    parts.log("error", "events.dead-lettered", detail);
    await parts.journal.deadLetter(row.id, pending.sequence, reason);
  }

  return {
    wake,
    problem: () =>
      retries.size === 0 || lastFailure === undefined
        ? undefined
        : `${retries.size} blob event(s) for ${row.name} cannot be delivered; the last attempt ended with ${lastFailure}.`,
    stop: async () => {
      stopped = true;
      for (const timer of retries.values()) clearTimeout(timer);
      const impatience = setTimeout(() => stopping.abort(), STOP_GRACE_MS);
      await Promise.allSettled([...running]);
      clearTimeout(impatience);
    },
  };
}
