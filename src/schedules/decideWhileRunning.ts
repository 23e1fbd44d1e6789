/** What a slot does while earlier runs of its schedule are not over. Pure. */
import { assertNever } from "../model/assertNever";
import type { WhileRunning } from "./schedules";

export type WhileRunningDecision =
  | { readonly kind: "start" }
  | { readonly kind: "cancel"; readonly runIds: readonly string[] }
  | { readonly kind: "skip"; readonly reason: string }
  | { readonly kind: "hold" };

export function decideWhileRunning(policy: WhileRunning, running: readonly string[]): WhileRunningDecision {
  if (running.length === 0) return { kind: "start" };
  switch (policy) {
    case "allow":
      return { kind: "start" };
    case "cancelPrevious":
      return { kind: "cancel", runIds: running };
    case "skip":
      return { kind: "skip", reason: `run ${running.join(", ")} is not over` };
    case "queueOne":
      return { kind: "hold" };
    default:
      return assertNever(policy);
  }
}
