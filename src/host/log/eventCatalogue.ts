/**
 * Everything that the host says about itself: one entry per event, with an id that never changes its meaning.
 *
 * 1. Ids and names are unique; an event that is no longer said keeps its number out of use.
 * 2. Fields carry names, ids, counts and problems; never keys, inputs, outputs or bodies.
 * 3. The category decides, by `logging.logLevel` of host.json, whether an event is heard.
 */
import type { LogLevel } from "./logLevel";

export interface LogEvent {
  readonly id: number;
  readonly name: string;
  readonly level: LogLevel;
  /** May name fields in braces, as the message does. */
  readonly category: string;
  readonly message: string;
}

function event<const Category extends string, const Message extends string>(
  id: number,
  name: string,
  level: LogLevel,
  category: Category,
  message: Message,
): LogEvent & { readonly category: Category; readonly message: Message } {
  return { id, name, level, category, message };
}

/** The host's own events, by the name that the code uses. */
export const hostEvents = {
  hostReady: event(100, "host-ready", "information", "Host", "Ready on {url} with {functions} functions."),
  hostStopping: event(101, "host-stopping", "information", "Host", "Stopping: {reason}."),
  hostWarning: event(102, "host-warning", "warning", "Host", "{problem}"),
  hostRefused: event(103, "host-refused", "critical", "Host", "{problem}"),
  functionLoaded: event(
    110,
    "function-loaded",
    "information",
    "Host",
    "Functions: {name}: {trigger} {route}",
  ),
  functionDisabled: event(111, "function-disabled", "information", "Host", "Functions: {name}: disabled"),
  workerLost: event(
    120,
    "worker-lost",
    "error",
    "Host",
    "The app's process ended ({reason}); a new one starts in {pauseMs} ms.",
  ),
  workerFailed: event(
    121,
    "worker-failed",
    "error",
    "Host",
    "The app's process could not be reached: {problem}",
  ),
  functionTimedOut: event(
    122,
    "function-timed-out",
    "error",
    "Host",
    "Function '{name}' took more than {timeoutMs} ms; its process is replaced.",
  ),
  workerRunning: event(
    123,
    "worker-running",
    "information",
    "Host",
    "The app runs again as process {processId}.",
  ),
  executing: event(
    130,
    "function-executing",
    "debug",
    "Function.{name}",
    "Executing 'Functions.{name}' (Reason={reason})",
  ),
  executed: event(
    131,
    "function-executed",
    "debug",
    "Function.{name}",
    "Executed 'Functions.{name}' (Succeeded, Duration={durationMs}ms)",
  ),
  executionFailed: event(
    132,
    "function-failed",
    "error",
    "Function.{name}",
    "Executed 'Functions.{name}' (Failed, Duration={durationMs}ms): {problem}",
  ),
  requestFailed: event(140, "request-failed", "error", "Host", "{method} {path} failed: {problem}"),
  turnLost: event(
    200,
    "turn-lost",
    "debug",
    "DurableTask",
    "A turn of '{instanceId}' lost its commit and runs again.",
  ),
  turnDelayed: event(
    201,
    "turn-delayed",
    "warning",
    "DurableTask",
    "A turn of '{instanceId}' did not finish ({problem}); again in {pauseMs} ms.",
  ),
  instanceEnded: event(
    202,
    "instance-ended",
    "information",
    "DurableTask",
    "'{instanceId}' ({name}) is {status}.",
  ),
  durableWarning: event(203, "durable-warning", "warning", "DurableTask", "'{instanceId}': {problem}"),
  instanceFailed: event(
    204,
    "instance-failed",
    "warning",
    "DurableTask",
    "'{instanceId}' ({name}) is Failed.",
  ),
  activityRedelivered: event(
    210,
    "activity-redelivered",
    "warning",
    "DurableTask",
    "Activity '{name}' of '{instanceId}' runs again (attempt {attempt}): its worker was lost ({reason}).",
  ),
  activityGivenUp: event(
    211,
    "activity-given-up",
    "error",
    "DurableTask",
    "Activity '{name}' of '{instanceId}' fails: its worker was lost in each of {attempts} runs ({reason}).",
  ),
  activityResumed: event(
    212,
    "activity-resumed",
    "information",
    "DurableTask",
    "Activity '{name}' of '{instanceId}' may have begun before the last host ended: it runs as attempt {attempt}.",
  ),
  storeFailed: event(220, "store-failed", "error", "DurableTask", "{what} could not be stored: {problem}"),
  timerFired: event(300, "timer-fired", "debug", "Function.{name}", "Timer of '{name}' fired."),
  timerPastDue: event(
    301,
    "timer-past-due",
    "information",
    "Function.{name}",
    "Timer of '{name}' fired (past due).",
  ),
  functionRetried: event(
    302,
    "function-retried",
    "warning",
    "Function.{name}",
    "Attempt {attempt} of '{name}' failed; again in {pauseMs} ms: {problem}",
  ),
  eventsSubscribed: event(310, "events-subscribed", "information", "Host", "Blob events reach '{name}'."),
  eventsNotSubscribed: event(
    311,
    "events-not-subscribed",
    "error",
    "Host",
    "Blob events do not reach '{name}': {problem}",
  ),
  storageEvent: event(400, "storage-event", "information", "Storage", "{detail}"),
  storageOpened: event(
    401,
    "storage.opened",
    "information",
    "Storage",
    "Blobs at {blobEndpoint}, tables at {tableEndpoint}.",
  ),
  storageDamaged: event(402, "storage.damaged", "error", "Storage", "The storage is damaged: {what}"),
  storageRequestFailed: event(
    403,
    "storage.request-failed",
    "error",
    "Storage",
    "Request {requestId} failed: {error}",
  ),
  subscriptionForgotten: event(
    410,
    "events.subscription-forgotten",
    "warning",
    "Storage",
    "No function took up '{subscription}' again; {deadLettered} of its events are dead letters.",
  ),
  deliveryFailed: event(
    411,
    "events.delivery-failed",
    "warning",
    "Storage",
    "An event for '{subscription}' was not delivered ({why}, attempt {attempts}); again in {afterMs} ms.",
  ),
  deadLettered: event(
    412,
    "events.dead-lettered",
    "error",
    "Storage",
    "An event for '{subscription}' is a dead letter: {reason}",
  ),
  appLog: event(500, "app-log", "information", "{scope}", "{text}"),
  appOutput: event(501, "app-output", "information", "Console", "{text}"),
} as const;

export type HostEventName = keyof typeof hostEvents;

type Named<Text extends string> = Text extends `${string}{${infer Field}}${infer Rest}`
  ? Field | Named<Rest>
  : never;

/** The fields of an event: what its category and its message name. */
export type EventFields<Name extends HostEventName> = Readonly<
  Record<
    Named<(typeof hostEvents)[Name]["category"] | (typeof hostEvents)[Name]["message"]>,
    string | number | boolean
  >
>;

/** A template with its fields filled in; a field that is not there stays visible in braces. */
export function fillTemplate(template: string, fields: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (braced, field: string) => {
    const value = fields[field];
    if (value === undefined) return braced;
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}
