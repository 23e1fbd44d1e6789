/**
 * What the durable client asks of an instance. Each operation is one transaction, and durable when its promise
 * resolves. Terminate, suspend and resume move the instance's position, so a turn in flight loses its commit.
 */
import { endMessage, timersGone } from "./finishTurn";
import { encodeChunk, history, type HistoryEvent } from "./history";
import type { HubDatabase } from "./hubDatabase";
import { isTerminal, type Instance, type RuntimeStatus } from "./instance";
import type { InstanceFilter } from "./instanceIndex";
import { emptyLedger } from "./ledger";
import { createInstance, removeInstance, tellParent, type NewInstance } from "./turnStore";

export type StartOutcome =
  { readonly kind: "started" } | { readonly kind: "exists"; readonly status: RuntimeStatus };
export type TargetOutcome = "done" | "missing" | "ended" | "not suspended";

export interface Operation {
  readonly outcome: TargetOutcome;
  /** Instances that have something to do now. */
  readonly wake: readonly string[];
}

/** Starts an instance, replacing an ended one; a living one stays (unless `replaceLiving`). */
export async function startInstance(
  hub: HubDatabase,
  start: Omit<NewInstance, "parent">,
  replaceLiving: boolean,
): Promise<StartOutcome> {
  return hub.commit(() => {
    const existing = hub.findInstance(start.instanceId);
    if (existing !== undefined && !isTerminal(existing.status) && !replaceLiving) {
      return { kind: "exists", status: existing.status };
    }
    createInstance(hub, { ...start, parent: null });
    return { kind: "started" };
  });
}

/** Puts an external event into the inbox; delivered once, in the order of acknowledgement. */
export async function raiseEvent(
  hub: HubDatabase,
  instanceId: string,
  event: { readonly name: string; readonly input: string | null },
  now: number,
): Promise<Operation> {
  return change(hub, instanceId, () => {
    hub.putMessage(instanceId, null, { kind: "eventRaised", ...event }, now);
    return { outcome: "done", wake: [instanceId] };
  });
}

/** Ends the instance at once: no user code runs, timers and inbox go, a parent is told. */
export async function terminate(
  hub: HubDatabase,
  instanceId: string,
  reason: string,
  now: number,
): Promise<Operation> {
  return change(hub, instanceId, (instance) => {
    const at = Math.max(now, instance.lastEventAt);
    const events = startedEvents(hub, instance, at);
    const terminated: Instance = { ...instance, status: "Terminated", output: JSON.stringify(reason) };
    appendTurn(hub, instance, terminated, at, [...events, history.executionTerminated(at, reason)]);
    for (const { id, fireAt } of timersGone(instance.ledger, emptyLedger))
      void hub.timers.remove([fireAt, instanceId, id]);
    hub.removeInbox(instanceId);
    const { parent } = instance;
    if (parent === null) return { outcome: "done", wake: [] };
    return {
      outcome: "done",
      wake: tellParent(hub, { parent, message: endMessage(parent, "Terminated", reason) }, now),
    };
  });
}

/** A history that ends before its start would be unreadable, so a pending instance is started first. */
function startedEvents(hub: HubDatabase, instance: Instance, at: number): HistoryEvent[] {
  if (instance.isStarted) return [];
  return [history.executionStarted(at, instance, hub.inputs.get(instance.instanceId) ?? null)];
}

/** Stops the instance from taking anything; messages wait. Suspending twice is harmless. */
export async function suspend(
  hub: HubDatabase,
  instanceId: string,
  reason: string,
  now: number,
): Promise<Operation> {
  return change(hub, instanceId, (instance) => {
    if (instance.status === "Suspended") return { outcome: "done", wake: [] };
    const at = Math.max(now, instance.lastEventAt);
    const suspended: Instance = { ...instance, status: "Suspended", output: JSON.stringify(reason) };
    appendTurn(hub, instance, suspended, at, [history.executionSuspended(at, reason)]);
    return { outcome: "done", wake: [] };
  });
}

/** Lets a suspended instance go on with what waited for it. */
export async function resume(
  hub: HubDatabase,
  instanceId: string,
  reason: string,
  now: number,
): Promise<Operation> {
  return change(hub, instanceId, (instance) => {
    if (instance.status !== "Suspended") return { outcome: "not suspended", wake: [] };
    const at = Math.max(now, instance.lastEventAt);
    const resumed: Instance = { ...instance, status: "Running", output: null };
    appendTurn(hub, instance, resumed, at, [history.executionResumed(at, reason)]);
    return { outcome: "done", wake: [instanceId] };
  });
}

/** Removes the instances and their histories; answers how many there were. */
export async function purge(hub: HubDatabase, instanceIds: readonly string[]): Promise<number> {
  return hub.commit(() => {
    const present = instanceIds.filter((id) => hub.findInstance(id) !== undefined);
    present.forEach((id) => removeInstance(hub, id));
    return present.length;
  });
}

/** Removes the instances that match, page by page: what was removed before a crash or a refusal stays removed. */
export async function purgeWhere(hub: HubDatabase, filter: InstanceFilter): Promise<number> {
  let removed = 0;
  let after = "";
  do {
    const { ids, next } = hub.findIds(filter, after, { maxFound: 500, maxLooked: 5_000 });
    removed += await purge(hub, ids);
    after = next;
  } while (after !== "");
  return removed;
}

async function change(
  hub: HubDatabase,
  instanceId: string,
  body: (instance: Instance) => Operation,
): Promise<Operation> {
  return hub.commit(() => {
    const instance = hub.findInstance(instanceId);
    if (instance === undefined) return { outcome: "missing", wake: [] };
    if (isTerminal(instance.status)) return { outcome: "ended", wake: [] };
    return body(instance);
  });
}

function appendTurn(
  hub: HubDatabase,
  before: Instance,
  instance: Instance,
  at: number,
  events: readonly HistoryEvent[],
): void {
  const all = [history.orchestratorStarted(at), ...events, history.orchestratorCompleted(at)];
  const { instanceId, turns, ledger, status } = instance;
  const open = isTerminal(status) ? [] : ledger.open;
  void hub.history.put([instanceId, turns], encodeChunk(all, true));
  const row = { ...instance, updatedAt: at, lastEventAt: at, turns: turns + 1, ledger: { ...ledger, open } };
  hub.putInstance(row, before);
}
