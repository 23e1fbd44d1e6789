/** The rows of steps that are over and that another one comes after. */
import { stepRunIdOf } from "./attemptId";
import type { StoredStep } from "./stepRow";
import type { StepStore } from "./stepStore";

/** By step id. */
export type UpstreamSteps = ReadonlyMap<string, StoredStep>;

/** `stepIds` are steps of the run that `step` belongs to, each of them over. */
export async function upstreamSteps(
  steps: StepStore,
  { record: { runId }, token }: StoredStep,
  stepIds: readonly string[],
): Promise<UpstreamSteps> {
  const ids = stepIds.map((stepId) => stepRunIdOf(runId, stepId));
  const found = await steps.findEnded(runId, token, ids);
  return new Map(found.map((step) => [step.record.stepId, step]));
}
