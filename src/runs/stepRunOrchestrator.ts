/**
 * The loop of one step attempt: look and act, wait for the compute target's hint or the next poll, begin again.
 * Its instance id is the attempt id. The invariants of `pipelineRunOrchestrator` hold here too.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import { backOffMs, later } from "./backOff";
import {
  advanceStepName,
  wakeEvent,
  type AdvanceStepInput,
  type AdvanceStepResult,
  type StepRunInput,
} from "./orchestrations";

const firstLook: StepRunInput = { looks: 0, failures: 0 };

export function* stepRunOrchestrator(context: OrchestrationContext): Generator<Task, void, unknown> {
  const { df } = context;
  // A start without input arrives as the empty text, not as nothing.
  const { looks, failures } = df.getInput<StepRunInput | "">() || firstLook;
  const input: AdvanceStepInput = { attemptId: df.instanceId, failures };
  let result: AdvanceStepResult | undefined;
  try {
    result = (yield df.callActivity(advanceStepName, input)) as AdvanceStepResult;
  } catch {
    result = undefined;
  }
  if (result?.over === true) return;
  const timer = df.createTimer(later(df.currentUtcDateTime, result?.waitMs ?? backOffMs(looks)));
  const woken = df.waitForExternalEvent(wakeEvent);
  yield df.Task.any([woken, timer]);
  if (!timer.isCompleted) timer.cancel();
  const next: StepRunInput = {
    looks: result?.ending === true || result?.waitMs !== undefined ? 0 : looks + 1,
    failures: result === undefined ? failures + 1 : 0,
  };
  df.continueAsNew(next);
}
