/**
 * Waits for an instant off the full minute and has what is due then fired.
 *
 * Invariants:
 * 1. The slot's time is in the input: the orchestration carries no facts about schedules, so an edit needs not find it.
 * 2. What it fails to fire is left to the next minute's tick, so it never fails itself.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import { later } from "../runs/backOff";

export const tickAtName = "tickAt";
export const fireSlotsName = "fireSlots";

/** Milliseconds since 1970. */
export interface TickAtInput {
  readonly dueAt: number;
}

/** One per instant: `tick-<instant>`. */
export const tickAtId = (dueAt: Date): string => `tick-${dueAt.toISOString()}`;

export function* tickAtOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const { df } = context;
  const input = df.getInput<TickAtInput>();
  const now = df.currentUtcDateTime;
  yield df.createTimer(later(now, input.dueAt - now.getTime()));
  try {
    yield df.callActivity(fireSlotsName, input);
  } catch {
    return;
  }
}
