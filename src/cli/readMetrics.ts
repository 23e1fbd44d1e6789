import type { StepRun } from "../sdk/stepRun";
import type { MetricView } from "./render/metricTable";

/** Every metric of the steps, in the steps' order. */
export async function readMetrics(steps: readonly StepRun[]): Promise<readonly MetricView[]> {
  const lists = await Promise.all(
    steps.map(async (step) => {
      const metrics = await step.getMetrics();
      return metrics.map(({ name, rows }) => ({ step: step.name, name, rows }));
    }),
  );
  return lists.flat();
}
