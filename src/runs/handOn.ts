/**
 * What comes after a finished step. Where nothing but this step was waited for, the steps behind it are started
 * at once; in every other case the run's own loop is woken and decides.
 *
 * Invariants:
 * 1. A step is started here only when its one predecessor is finished: what `decide` would say as well.
 * 2. It costs no look at other steps, so a wide pipeline does not pay for its width with every step that ends.
 * 3. Nothing rests on it: the loop starts what a crash left unstarted, and a step that was started twice begins once.
 */
import { encodeAttemptId } from "./attemptId";
import { mapSome } from "./batches";
import type { RunPlan } from "./plan";
import type { RunEngine } from "./runs";

const startsAtOnce = 32;

export async function handOn(plan: RunPlan, finishedStepId: string, engine: RunEngine): Promise<void> {
  const next = soleSuccessors(plan, finishedStepId);
  if (next === undefined) return engine.wake(plan.runId);
  await mapSome(next, startsAtOnce, (stepId) =>
    engine.startStep(encodeAttemptId({ runId: plan.runId, stepId, attempt: 1 })),
  );
}

/** The steps that wait for this one only; undefined when there are none, or when one waits for others too. */
export function soleSuccessors(
  { steps }: Pick<RunPlan, "steps">,
  stepId: string,
): readonly string[] | undefined {
  const successors = steps.filter(({ predecessors }) => predecessors.includes(stepId));
  const isSole = successors.length > 0 && successors.every(({ predecessors }) => predecessors.length === 1);
  return isSole ? successors.map((step) => step.stepId) : undefined;
}
