/** The metrics of a run or a step run, also of a step that still runs: its target tells those until they are stored. */
import type { ComputeTargets } from "../compute/computeTarget";
import { encodeAttemptId } from "./attemptId";
import type { MetricStore } from "./metricStore";
import type { MetricRecord, Page, StepRecord } from "./runs";

interface Dependencies {
  readonly metrics: MetricStore;
  readonly computeTargets: ComputeTargets;
  readonly findStepRun: (stepRunId: string) => Promise<StepRecord | undefined>;
}

/** Every value, in order. */
export async function readMetrics(
  dependencies: Dependencies,
  runId: string,
): Promise<readonly MetricRecord[]> {
  const stored = await dependencies.metrics.list(runId);
  return stored.length > 0 ? stored : readLiveMetrics(dependencies, runId);
}

/** The values of one name; those of a running step come in one page. */
export async function readMetricPage(
  dependencies: Dependencies,
  runId: string,
  name: string,
  continuationToken: string | null,
): Promise<Page<MetricRecord>> {
  const page = await dependencies.metrics.page(runId, name, continuationToken);
  if (page.items.length > 0 || page.continuationToken !== null || continuationToken !== null) return page;
  const live = await readLiveMetrics(dependencies, runId);
  return { items: live.filter((metric) => metric.name === name), continuationToken: null };
}

async function readLiveMetrics(
  { computeTargets, findStepRun }: Dependencies,
  stepRunId: string,
): Promise<readonly MetricRecord[]> {
  const step = await findStepRun(stepRunId);
  const target = step?.status === "running" ? computeTargets.find(step.computeTarget) : undefined;
  if (step === undefined || target === undefined) return [];
  const logged = await target.liveMetrics(encodeAttemptId(step));
  return logged.map((metric, index) => ({ stepRunId, index, ...metric }));
}
