/** The status object and the history view of the durable management API. Pure. */
import { EventType, type HistoryEvent } from "./history";
import type { Instance } from "./instance";

export interface StatusOptions {
  readonly showInput: boolean;
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
}

/** The status of an instance. `history` is its stored history, or null when it is not wanted. */
export function toStatus(
  instance: Instance,
  input: string | null,
  history: readonly HistoryEvent[] | null,
  options: StatusOptions,
): Readonly<Record<string, unknown>> {
  const view = history === null ? {} : historyFields(history, options);
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: options.showInput ? parse(input) : null,
    customStatus: parse(instance.customStatus),
    output: parse(instance.output),
    createdTime: toSeconds(instance.createdAt),
    lastUpdatedTime: toSeconds(instance.updatedAt),
    ...view,
  };
}

function historyFields(
  history: readonly HistoryEvent[],
  options: StatusOptions,
): Readonly<Record<string, unknown>> {
  const events = viewHistory(history, options);
  return { historyEvents: events, history: events };
}

function parse(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

function toSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

const hidden: ReadonlySet<number> = new Set([
  EventType.OrchestratorStarted,
  EventType.OrchestratorCompleted,
  EventType.TaskScheduled,
  EventType.TimerCreated,
  EventType.SubOrchestrationInstanceCreated,
]);
const internalFields: ReadonlySet<string> = new Set([
  "EventId",
  "IsPlayed",
  "TaskScheduledId",
  "TimerId",
  "Version",
  "Tags",
]);
const typeNames = new Map<number, string>(Object.entries(EventType).map(([name, type]) => [type, name]));

/** Stored events as people read them: scheduled events are merged into their completions. */
export function viewHistory(
  history: readonly HistoryEvent[],
  options: StatusOptions,
): Readonly<Record<string, unknown>>[] {
  const scheduled = new Map(
    history.filter((event) => event.EventId >= 0).map((event) => [event.EventId, event]),
  );
  const completed = new Set(history.map(completedId));
  return history
    .filter((event) => !hidden.has(event.EventType) || (event.EventId >= 0 && !completed.has(event.EventId)))
    .map((event) => viewEvent(event, scheduled.get(completedId(event) ?? -1), options));
}

function completedId(event: HistoryEvent): number | null {
  const id = event["TaskScheduledId"] ?? event["TimerId"];
  return typeof id === "number" ? id : null;
}

function viewEvent(
  event: HistoryEvent,
  origin: HistoryEvent | undefined,
  options: StatusOptions,
): Readonly<Record<string, unknown>> {
  const view: Record<string, unknown> = {
    ...event,
    EventType: typeNames.get(event.EventType) ?? event.EventType,
  };
  for (const field of internalFields) Reflect.deleteProperty(view, field);
  if (!options.showHistoryOutput) delete view["Result"];
  if (!options.showInput) delete view["Input"];
  if ("Name" in event && event.EventType !== EventType.EventRaised) {
    view["FunctionName"] = view["Name"];
    delete view["Name"];
  }
  if (origin !== undefined) {
    view["ScheduledTime"] = origin.Timestamp;
    if (origin["Name"] !== undefined) view["FunctionName"] = origin["Name"];
    if (options.showInput && origin["Input"] !== undefined) view["Input"] = origin["Input"];
  }
  return view;
}
