/** What is given to an orchestrator function, and what stands in for its answer when it gave none. Pure. */
import { encodeChunk } from "./history";
import type { Instance } from "./instance";
import type { TurnPlan } from "./planTurn";
import type { TurnResult } from "./turnResult";

/** The text the library replays: stored history, then the new events, then the fixed settings of this host. */
export function makePayload(
  instance: Instance,
  input: string | null,
  stored: string,
  plan: TurnPlan,
): string {
  const fresh = encodeChunk(plan.events, false);
  const fixed = JSON.stringify({
    instanceId: instance.instanceId,
    isReplaying: stored !== "",
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: "36500.00:00:00",
    maximumShortTimerDuration: "36500.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const events = stored === "" ? fresh : `${stored},${fresh}`;
  return `{"history":[${events}],"input":${input ?? "null"},${fixed.slice(1)}`;
}

/** The result of an orchestrator that failed before it reported anything: its known tasks stand. */
export function failedBeforeReport(instance: Instance, message: string): TurnResult {
  const leaves = instance.ledger.leaves.map(({ kind, name }) => ({
    kind,
    name,
    isCanceled: false,
    detail: null,
  }));
  const end = { kind: "failed", message } as const;
  return { leaves, customStatus: null, end, refused: null, sequenceNumber: null, parkedEvents: [] };
}

/** The result of an instance whose function is gone: it fails at once. */
export function orphaned(instance: Instance): TurnResult {
  const message = `The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function.`;
  return { ...failedBeforeReport(instance, message), refused: message };
}
