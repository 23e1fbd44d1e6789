import type { Ledger } from "./ledger";

/** Every runtime status, as the durable management API spells it. */
export const runtimeStatuses = [
  "Pending",
  "Running",
  "Completed",
  "ContinuedAsNew",
  "Failed",
  "Canceled",
  "Terminated",
  "Suspended",
] as const;
export type RuntimeStatus = (typeof runtimeStatuses)[number];

/** The orchestration that waits for this one, and under which task id. */
export interface ParentLink {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
}

/**
 * One orchestration instance as the store keeps it. `turns` is the number of committed turns of this
 * execution: with `executionId` it is the guard of every commit. Instants are Unix milliseconds.
 * `output` and `customStatus` are JSON texts.
 */
export interface Instance {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | null;
  readonly status: RuntimeStatus;
  readonly parent: ParentLink | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastEventAt: number;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly turns: number;
  /** Whether this execution took its start message. */
  readonly isStarted: boolean;
  readonly ledger: Ledger;
}

const terminal: ReadonlySet<RuntimeStatus> = new Set(["Completed", "Failed", "Canceled", "Terminated"]);

/** Whether the instance has ended: nothing will change it but purge or a new start. */
export function isTerminal(status: RuntimeStatus): boolean {
  return terminal.has(status);
}
