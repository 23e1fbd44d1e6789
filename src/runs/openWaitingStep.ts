/**
 * The first look at a step: it is reused, waits for an equal one, or is queued for its compute target.
 *
 * Invariants:
 * 1. A reused step ends with one write, from `waiting` to `finished`, and never had an attempt: its compute target does
 *    not hear of it.
 * 2. What comes next is told after that write.
 */
import type { StepToSettle, ReuseDependencies, Settled } from "./settleReuse";
import { settleReuse } from "./settleReuse";
import { handOn } from "./handOn";
import type { RunEngine } from "./runs";
import type { StoredStep } from "./stepRow";

export async function openWaitingStep(
  dependencies: ReuseDependencies,
  subject: StepToSettle,
  attempt: number,
  engine: RunEngine,
): Promise<StoredStep | "waiting" | "over" | "again"> {
  const { step, plan } = subject;
  const { steps } = dependencies.stores;
  const settled = await settleReuse(dependencies, subject);
  switch (settled.kind) {
    case "again":
      return "again";
    case "wait":
      return "waiting";
    case "run": {
      const record = { ...step.record, status: "queued" as const, attempt, reuse: settled.reuse };
      return (await steps.move({ from: step, to: { ...step, record } })) ?? "again";
    }
    case "reuse": {
      const endedAt = dependencies.workspace.clock.now().toISOString();
      const to = reusedStep(step, settled, endedAt);
      if ((await steps.move({ from: step, to })) === undefined) return "again";
      await handOn(plan, step.record.stepId, engine);
      return "over";
    }
  }
}

function reusedStep(
  step: StoredStep,
  { reuse, result }: Extract<Settled, { kind: "reuse" }>,
  now: string,
): StoredStep {
  const { outputs } = result.record;
  return {
    ...step,
    record: { ...step.record, status: "finished", startedAt: now, endedAt: now, outputs, reuse },
  };
}
