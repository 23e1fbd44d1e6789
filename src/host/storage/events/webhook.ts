/** Owns: the calls that Event Grid makes to a webhook: the validation handshake and a notification. */
import { randomUUID } from "node:crypto";

import type { BlobEvent } from "./blobEvent";
import type { DeliveryFailure } from "./retrySchedule";

const TIMEOUT_MS = 30_000;

/** Proves that the endpoint wants events of this subscription; rejects with one sentence when it does not. */
export async function validateWebhook(name: string, endpoint: string, signal: AbortSignal): Promise<void> {
  const validationCode = randomUUID();
  const event = {
    id: randomUUID(),
    topic: "/subscriptions/local",
    subject: "",
    data: { validationCode },
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    eventTime: new Date().toISOString(),
    dataVersion: "2",
    metadataVersion: "1",
  };
  const response = await post(endpoint, "SubscriptionValidation", name, 0, [event], signal);
  const text = await response.text();
  if (!response.ok)
    throw new Error(`The webhook of ${name} answered the validation with HTTP ${response.status}.`);
  if (answerIn(text) !== validationCode)
    throw new Error(`The webhook of ${name} did not answer the validation with its code.`);
}

function answerIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { validationResponse?: unknown } | null)?.validationResponse;
  } catch {
    return undefined;
  }
}

/** Delivers one event; undefined when the webhook took it (2xx). */
export async function notifyWebhook(
  subscription: { readonly name: string; readonly endpoint: string },
  event: BlobEvent,
  deliveryCount: number,
  signal: AbortSignal,
): Promise<DeliveryFailure | undefined> {
  try {
    const { name, endpoint } = subscription;
    const response = await post(endpoint, "Notification", name, deliveryCount, [event], signal);
    await response.arrayBuffer();
    return response.ok ? undefined : { kind: "answered", status: response.status };
  } catch (error) {
    return { kind: "unreachable", detail: causeOf(error) };
  }
}

function post(
  endpoint: string,
  type: string,
  name: string,
  deliveryCount: number,
  events: readonly unknown[],
  signal: AbortSignal,
): Promise<Response> {
  return fetch(endpoint, {
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "aeg-event-type": type,
      "aeg-subscription-name": name.toUpperCase(),
      "aeg-delivery-count": String(deliveryCount),
      "aeg-data-version": "",
      "aeg-metadata-version": "1",
    },
    body: JSON.stringify(events),
  });
}

/** Says what went wrong without the address, which carries a key. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "unknown error";
}
