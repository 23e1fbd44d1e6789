/** The reasons for which a turn fails its instance at once instead of going on. Pure. */
import type { DurableFunctionName } from "./durableFunctionName";
import type { Instance } from "./instance";
import { findNonDeterminism, type Ledger } from "./ledger";
import type { TurnResult } from "./turnResult";

/** What the host allows orchestrations. */
export interface TurnRules {
  readonly hasActivity: (name: string) => boolean;
  /** Undefined when the app has no such orchestrator. */
  readonly findOrchestrator: (name: string) => DurableFunctionName | undefined;
  readonly maxActions: number;
  readonly storeInputs: boolean;
  /** The version of children that are called without one. */
  readonly defaultVersion: string | null;
}

const maxCustomStatusBytes = 16 * 1024;

/** The text an instance's own failure is reported with. */
export function failureText(instance: Instance, message: string): string {
  return `Orchestrator function '${instance.name}' failed: ${message}`;
}

/** What ends an instance at once, whatever is open: the text it fails with, or null. */
export function findBrokenPromise(instance: Instance, result: TurnResult, rules: TurnRules): string | null {
  const difference = findNonDeterminism(instance.ledger, result.leaves);
  if (difference !== null) return difference;
  if (result.refused !== null) return failureText(instance, result.refused);
  if (result.leaves.length > rules.maxActions) {
    return failureText(
      instance,
      `it scheduled more than ${rules.maxActions} actions; continue as new instead.`,
    );
  }
  if (
    result.customStatus !== null &&
    Buffer.byteLength(result.customStatus, "utf16le") > maxCustomStatusBytes
  ) {
    return failureText(instance, "its custom status is larger than 16 KB of UTF-16 JSON.");
  }
  return findUnknownFunction(instance, result, rules);
}

function findUnknownFunction(instance: Instance, result: TurnResult, rules: TurnRules): string | null {
  for (const leaf of result.leaves.slice(instance.ledger.leaves.length)) {
    if (leaf.kind === "timer") continue;
    const isKnown =
      leaf.kind === "activity"
        ? rules.hasActivity(leaf.name)
        : rules.findOrchestrator(leaf.name) !== undefined;
    const noun = leaf.kind === "activity" ? "an activity" : "an orchestrator";
    if (!isKnown) {
      const text = `The function '${leaf.name}' doesn't exist, is disabled, or is not ${noun} function.`;
      return failureText(instance, text);
    }
  }
  return null;
}

/** Says that the library counted otherwise than the ledger, while its counter still matters; or null. */
export function findCounterMismatch(result: TurnResult, ledger: Ledger): string | null {
  if (result.end.kind !== "waiting" || result.sequenceNumber === null) return null;
  if (result.sequenceNumber === ledger.nextId) return null;
  return (
    `The host numbered ${ledger.nextId} tasks of this orchestration, the durable-functions library ${result.sequenceNumber}. ` +
    `Continuing would wait for ever; this is a fault of the host.`
  );
}
