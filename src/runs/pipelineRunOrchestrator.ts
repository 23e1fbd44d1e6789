/**
 * The loop of one run: look and act, wait for a wake-up or the safety timer, begin again.
 *
 * Invariants:
 * 1. Looking comes first and waiting last. A wake-up that arrives while a generation looks is either consumed
 *    by its wait or dropped with the generation, and then the next one looks anyway: none is lost.
 * 2. A generation is one activity and one wait, so history does not grow with the pipeline or with time, and
 *    many wake-ups cost one look.
 * 3. A failed activity is tried again with back-off, and told how often it has failed, so that it can give up; the
 *    orchestration itself never fails.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import { backOffMs, later } from "./backOff";
import {
  advanceRunName,
  wakeEvent,
  type AdvanceRunInput,
  type AdvanceRunResult,
  type PipelineRunInput,
} from "./orchestrations";

/** Longest time for which a lost wake-up can hold a run up. */
const safetyMs = 30_000;

export function* pipelineRunOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const { df } = context;
  const { runId, token, started = [], failures = 0 } = df.getInput<PipelineRunInput>();
  const input: AdvanceRunInput = { runId, token, started, ...(failures > 0 && { failures }) };
  let result: AdvanceRunResult | undefined;
  try {
    result = (yield df.callActivity(advanceRunName, input)) as AdvanceRunResult;
  } catch {
    result = undefined;
  }
  if (result?.over === true) return;
  const waitMs = result === undefined ? backOffMs(failures) : Math.min(safetyMs, result.dueInMs ?? safetyMs);
  const timer = df.createTimer(later(df.currentUtcDateTime, waitMs));
  const woken = df.waitForExternalEvent(wakeEvent);
  const first = yield df.Task.any([woken, timer]);
  if (!timer.isCompleted) timer.cancel();
  const next: PipelineRunInput = {
    runId,
    token,
    // Nobody spoke for a while: a start that got lost is made good by starting again.
    started: first === timer ? [] : (result?.started ?? started),
    failures: result === undefined ? failures + 1 : 0,
  };
  df.continueAsNew(next);
}
