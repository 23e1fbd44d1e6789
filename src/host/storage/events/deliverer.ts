/**
 * Owns: which subscriptions are live, and forgetting those that stay away. Must not: deliver; deliveryLane.ts does.
 */
import { openLane, type DeliveryParts, type Lane } from "./deliveryLane";
import type { SubscriptionRow } from "./eventJournal";
import { SUBSCRIPTION_LIFE_MS } from "./retrySchedule";
import { validateWebhook } from "./webhook";

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

export function openDeliverer(parts: DeliveryParts): Deliverer {
  const lanes = new Map<string, Lane>();
  const absent = new Map<string, () => void>();
  const closing = new AbortController();

  function awaitReturn(row: SubscriptionRow): void {
    const callOff = parts.clock.after(SUBSCRIPTION_LIFE_MS, () => {
      giveUp(row).catch(() => awaitReturn(row));
    });
    absent.set(row.name, callOff);
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
      absent.get(row.name)?.();
      absent.delete(row.name);
      await lanes.get(row.name)?.stop();
      const lane = openLane(parts, row, subscription.endpoint, closing.signal);
      lanes.set(row.name, lane);
      lane.wake();
    },
    problems: () => [
      ...[...lanes.values()].flatMap((lane) => lane.problem() ?? []),
      ...parts.journal.deadLetters.problems(),
    ],
    close: async () => {
      for (const callOff of absent.values()) callOff();
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
      closing.abort();
    },
  };
}
