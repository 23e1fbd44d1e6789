/** What turns are computed from in tests. */
import type { Instance } from "../../../src/host/durable/instance";
import { emptyLedger } from "../../../src/host/durable/ledger";
import type { TurnRules } from "../../../src/host/durable/turnProblems";

/** Every function is there, and little is forbidden. */
export const lenientRules: TurnRules = {
  hasActivity: () => true,
  findOrchestrator: (name) => ({ name, triggerName: "context" }),
  maxActions: 1000,
  storeInputs: false,
  defaultVersion: null,
};

/** An instance that waits for its first turn, since `createdAt`. */
export function pendingInstance(instanceId: string, createdAt: number): Instance {
  return {
    instanceId,
    executionId: "e0",
    name: "program",
    version: null,
    status: "Pending",
    parent: null,
    createdAt,
    updatedAt: createdAt,
    lastEventAt: createdAt,
    output: null,
    customStatus: null,
    turns: 0,
    isStarted: false,
    ledger: emptyLedger,
  };
}
