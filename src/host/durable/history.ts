/**
 * The history events of the Durable Functions extension, in the shapes its JavaScript library replays.
 *
 * 1. `EventId` is the sequence number for scheduled things and -1 for everything else.
 * 2. `Result` exists on completions, as JSON text or null.
 * 3. Failures carry `FailureDetails` as an object or both `Reason` and `Details` as text.
 */
import type { Failure } from "./message";
import type { Instance } from "./instance";

export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly IsPlayed: boolean;
  readonly Timestamp: string;
  readonly [field: string]: unknown;
}

function event(type: number, at: number, fields: Record<string, unknown> = {}, id = -1): HistoryEvent {
  return { EventType: type, EventId: id, IsPlayed: false, Timestamp: new Date(at).toISOString(), ...fields };
}

function failureFields(failure: Failure): Record<string, unknown> {
  return { Reason: failure.reason, Details: failure.details, FailureDetails: failure.failureDetails };
}

/** Builders of every event this host writes; `at` is the event's own instant in Unix milliseconds. */
export const history = {
  orchestratorStarted: (at: number) => event(EventType.OrchestratorStarted, at),
  orchestratorCompleted: (at: number) => event(EventType.OrchestratorCompleted, at),
  executionStarted: (at: number, instance: Instance, input: string | null) =>
    event(EventType.ExecutionStarted, at, {
      OrchestrationInstance: { InstanceId: instance.instanceId, ExecutionId: instance.executionId },
      ParentInstance: parentInstance(instance),
      Name: instance.name,
      Version: instance.version,
      Input: input,
      Tags: null,
      Correlation: null,
      ScheduledStartTime: null,
      Generation: null,
    }),
  executionCompleted: (at: number, status: string, result: string | null) =>
    event(EventType.ExecutionCompleted, at, {
      OrchestrationStatus: status,
      Result: result,
      FailureDetails: null,
    }),
  executionTerminated: (at: number, reason: string) =>
    event(EventType.ExecutionTerminated, at, { Input: reason }),
  executionSuspended: (at: number, reason: string) =>
    event(EventType.ExecutionSuspended, at, { Reason: reason }),
  executionResumed: (at: number, reason: string) => event(EventType.ExecutionResumed, at, { Reason: reason }),
  taskScheduled: (at: number, id: number, name: string, input: string | null) =>
    event(EventType.TaskScheduled, at, { Name: name, Version: "", Input: input, Tags: null }, id),
  taskCompleted: (at: number, id: number, result: string | null) =>
    event(EventType.TaskCompleted, at, { TaskScheduledId: id, Result: result }),
  taskFailed: (at: number, id: number, failure: Failure) =>
    event(EventType.TaskFailed, at, { TaskScheduledId: id, ...failureFields(failure) }),
  childCreated: (at: number, id: number, name: string, instanceId: string, input: string | null) =>
    event(
      EventType.SubOrchestrationInstanceCreated,
      at,
      { Name: name, Version: "", InstanceId: instanceId, Input: input, Tags: null },
      id,
    ),
  childCompleted: (at: number, id: number, result: string | null) =>
    event(EventType.SubOrchestrationInstanceCompleted, at, { TaskScheduledId: id, Result: result }),
  childFailed: (at: number, id: number, failure: Failure) =>
    event(EventType.SubOrchestrationInstanceFailed, at, { TaskScheduledId: id, ...failureFields(failure) }),
  timerCreated: (at: number, id: number, fireAt: number) =>
    event(EventType.TimerCreated, at, { FireAt: new Date(fireAt).toISOString() }, id),
  timerFired: (at: number, id: number, fireAt: number) =>
    event(EventType.TimerFired, at, { TimerId: id, FireAt: new Date(fireAt).toISOString() }),
  eventRaised: (at: number, name: string, input: string | null) =>
    event(EventType.EventRaised, at, { Name: name, Input: input }),
};

function parentInstance({ parent }: Instance): Record<string, unknown> | null {
  if (parent === null) return null;
  return {
    OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
    TaskScheduleId: parent.taskId,
    Name: parent.name,
    Version: "",
  };
}

/** One stored piece of history: the events of a turn as JSON, joined by commas, without brackets. */
export function encodeChunk(events: readonly HistoryEvent[], isPlayed: boolean): string {
  return events.map((each) => JSON.stringify({ ...each, IsPlayed: isPlayed })).join(",");
}
