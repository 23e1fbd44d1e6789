/** Makes the runs room: the `Runs` boundary over its stores. */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datastores } from "../data/datastores";
import type { ResolveTarget } from "../pipelines/publishedPipelines";
import type { Workspace } from "../workspace/workspace";
import { artifactUrl, listArtifacts } from "./attemptArtifacts";
import { createArtifactStore } from "./artifactStore";
import { encodeAttemptId, isRunId } from "./attemptId";
import { mapSome } from "./batches";
import { cancelRun } from "./cancelRun";
import { readMetricPage, readMetrics } from "./readMetrics";
import { runOutputs } from "./runOutputs";
import { listRuns } from "./listRuns";
import type { Runs, StepRecord } from "./runs";
import type { ResolveDataset } from "./resolveDatasets";
import { openRunStores, type RunStores } from "./runStores";
import { findStoredStep, readLinked } from "./linkedStep";
import { submitRun } from "./submitRun";

interface Dependencies {
  readonly workspace: Workspace;
  readonly datastores: Datastores;
  readonly resolveTarget: ResolveTarget;
  readonly computeTargets: ComputeTargets;
  readonly resolveDataset: ResolveDataset;
}

const readsAtOnce = 32;

export function createRuns(dependencies: Dependencies): Runs {
  const { workspace, computeTargets } = dependencies;
  const stores = openRunStores(workspace);
  const artifacts = createArtifactStore(workspace);
  const metricSources = {
    metrics: stores.metrics,
    computeTargets,
    findStepRun: (stepRunId: string) => findStepRun(stores, computeTargets, stepRunId),
  };
  return {
    submit: (submission, engine) => submitRun({ ...dependencies, stores }, submission, engine),
    find: async (runId) => (isRunId(runId) ? (await stores.runs.find(runId))?.record : undefined),
    list: (filter, top, continuationToken, isWanted = null) =>
      listRuns(stores, { filter, top, continuationToken, isWanted }),
    steps: (runId) => listSteps(stores, computeTargets, runId),
    findStepRun: (stepRunId) => findStepRun(stores, computeTargets, stepRunId),
    outputs: (runId) => runOutputs(stores, runId),
    metrics: (runId) => readLinked(stores, runId, (id) => readMetrics(metricSources, id), isSome),
    metricPage: (runId, name, token) =>
      readLinked(
        stores,
        runId,
        (id) => readMetricPage(metricSources, id, name, token),
        ({ items }) => isSome(items),
      ),
    artifacts: (stepRunId) =>
      readLinked(
        stores,
        stepRunId,
        async (id) => listArtifacts(artifacts, id, await attemptOf(stores, id)),
        isSome,
      ),
    artifactUrl: (stepRunId, path) =>
      readLinked(
        stores,
        stepRunId,
        async (id) => artifactUrl(artifacts, id, await attemptOf(stores, id), path),
        (url) => url !== undefined,
      ),
    cancel: async (runId, engine) => (isRunId(runId) ? cancelRun(stores, runId, engine) : "not-found"),
  };
}

/** Number of the current attempt of a step run; 0 for every other id. */
async function attemptOf(stores: RunStores, id: string): Promise<number> {
  return (await findStoredStep(stores, id))?.record.attempt ?? 0;
}

const isSome = ({ length }: readonly unknown[]): boolean => length > 0;

async function listSteps(
  stores: RunStores,
  computeTargets: ComputeTargets,
  runId: string,
): Promise<readonly StepRecord[]> {
  const run = isRunId(runId) ? await stores.runs.find(runId) : undefined;
  if (run === undefined) return [];
  const steps = await stores.steps.list(runId, run.token);
  return mapSome(steps, readsAtOnce, ({ record }) => withLiveLine(computeTargets, record));
}

async function findStepRun(
  stores: RunStores,
  computeTargets: ComputeTargets,
  stepRunId: string,
): Promise<StepRecord | undefined> {
  const step = await findStoredStep(stores, stepRunId);
  return step && withLiveLine(computeTargets, step.record);
}

/** A running step's newest line is asked from its compute target; its row has the last one only at its end. */
async function withLiveLine(computeTargets: ComputeTargets, step: StepRecord): Promise<StepRecord> {
  const target = step.status === "running" ? computeTargets.find(step.computeTarget) : undefined;
  if (target === undefined) return step;
  return { ...step, lastLogLine: await target.lastLogLine(encodeAttemptId(step)) };
}
