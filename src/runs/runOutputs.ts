/** The outputs of a run: where they are says the step's row, under which names they are exposed the plan. */
import { isRunId } from "./attemptId";
import type { RunOutput } from "./runs";
import type { RunStores } from "./runStores";

export async function runOutputs(
  stores: RunStores,
  runId: string,
): Promise<readonly RunOutput[] | undefined> {
  const run = isRunId(runId) ? await stores.runs.find(runId) : undefined;
  if (run === undefined) return undefined;
  const [plan, steps] = await Promise.all([
    stores.plans.read(runId, run.token),
    stores.steps.list(runId, run.token),
  ]);
  const planned = new Map(plan.steps.map((step) => [step.stepId, step.outputs]));
  return steps.flatMap(({ record: { stepId, outputs } }) =>
    outputs.map(({ name: port, dataPath }) => {
      const output = planned.get(stepId)?.find(({ name }) => name === port);
      return { stepId, port, dataPath, pipelineOutputName: output?.pipelineOutputName ?? null };
    }),
  );
}
