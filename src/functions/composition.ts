/**
 * The app, put together once per process, on the first call of any door. Loading this file does nothing.
 *
 * 1. Settings that are missing or wrong are told by every door; nothing runs half configured.
 * 2. A compute target's hint that an attempt changed goes to the look that waits for it, or else out through the durable client seen last: it may be lost,
 *    for the step's own poll finds the end as well.
 */
import { createApi, type Api } from "../api/createApi";
import { createUnconfiguredApi } from "../api/unconfiguredApi";
import type { ComputeTarget, ComputeTargets } from "../compute/computeTarget";
import { createComputeTargets } from "../compute/createComputeTargets";
import { localKey } from "../contract/localKey";
import { createDatasets } from "../data/datasetStore";
import { createDatastores, type DatastoreDependencies } from "../data/datastoreStore";
import { createSnapshots } from "../data/snapshotStore";
import type { Problem } from "../model/problem";
import { createDataSources } from "../pipelines/dataSources";
import { createModules } from "../pipelines/modules";
import { createPipelineEndpoints } from "../pipelines/pipelineEndpointStore";
import { createPublishedPipelines } from "../pipelines/publishedPipelineStore";
import { createResolveTarget } from "../pipelines/resolveTarget";
import { createAttemptHints } from "../runs/attemptHints";
import { createRuns } from "../runs/createRuns";
import { createRunActivities, type RunActivities } from "../runs/runActivities";
import type { RunEngine } from "../runs/runs";
import { createSweepRuns, type SweepRuns } from "../runs/sweepRuns";
import { createSchedules } from "../schedules/createSchedules";
import type { ScheduleEngine, Schedules } from "../schedules/schedules";
import { parseConfig, type WorkspaceConfig } from "../workspace/config";
import { openWorkspace } from "../workspace/openWorkspace";
import type { Workspace } from "../workspace/workspace";

export interface App {
  readonly workspace: Workspace;
  readonly computeTargets: ComputeTargets;
  readonly api: Api;
  readonly schedules: Schedules;
  readonly activities: RunActivities;
  readonly sweepRuns: SweepRuns;
}

type Composed =
  | { readonly status: "ready"; readonly app: App }
  | { readonly status: "unconfigured"; readonly problems: readonly Problem[] };

let composed: Composed | undefined;
const registered: ComputeTarget[] = [];
let newestEngine: RunEngine | undefined;

/**
 * Adds a compute target to the app, for an entry file of one's own that loads the doors after it. Must be called
 * before any door is.
 */
export function registerComputeTarget(target: ComputeTarget): void {
  if (composed !== undefined) throw new Error("Compute targets are registered before the first call.");
  registered.push(target);
}

/** Ends what must not outlive the app. Nothing is composed for it. */
export async function stopApp(): Promise<void> {
  if (composed?.status !== "ready") return;
  await Promise.all(composed.app.computeTargets.list().map((target) => target.stop()));
}

/** The API, which also answers when the app is not configured. `engine` is the one of this invocation. */
export function getApi(engine: ScheduleEngine): Api {
  newestEngine = engine;
  composed ??= compose();
  return composed.status === "ready" ? composed.app.api : createUnconfiguredApi(composed.problems);
}

/** The app for doors that have nobody to answer to; throws what is wrong with the settings. */
export function getApp(engine: RunEngine): App {
  newestEngine = engine;
  composed ??= compose();
  if (composed.status === "ready") return composed.app;
  const wrong = composed.problems.map(
    ({ field, expected, received }) => `${field}: ${expected}, not ${received}`,
  );
  throw new Error(`The app is not configured. ${wrong.join("; ")}`);
}

function compose(): Composed {
  const config = parseConfig(process.env);
  return config.ok
    ? { status: "ready", app: composeApp(config.value) }
    : { status: "unconfigured", problems: config.problems };
}

function composeApp(config: WorkspaceConfig): App {
  const workspace = openWorkspace(config);
  const datastores = createDatastores({ workspace, ...secretKeyOf(config) });
  const snapshots = createSnapshots({ workspace });
  const computeTargets = createComputeTargets({ workspace, datastores, snapshots }, registered);
  const attemptHints = createAttemptHints();
  for (const target of computeTargets.list()) {
    target.onChanged((attemptId) => {
      if (!attemptHints.tell(attemptId)) wakeStep(attemptId);
    });
  }
  const pipelines = createPublishedPipelines({ workspace, datastores, snapshots, computeTargets });
  const endpoints = createPipelineEndpoints({ workspace, pipelines });
  const resolveTarget = createResolveTarget({ pipelines, endpoints });
  const datasets = createDatasets({ workspace });
  const runs = createRuns({
    workspace,
    datastores,
    resolveTarget,
    computeTargets,
    resolveDataset: (reference) => datasets.resolve(reference),
  });
  const schedules = createSchedules({ workspace, datastores, pipelines, endpoints, runs });
  const modules = createModules({ workspace });
  const dataSources = createDataSources({ workspace });
  const published = { modules, dataSources, pipelines, endpoints };
  const api = createApi({
    workspace,
    datastores,
    datasets,
    snapshots,
    computeTargets,
    ...published,
    runs,
    schedules,
  });
  const activities = createRunActivities({
    workspace,
    datastores,
    snapshots,
    computeTargets,
    attemptHints,
  });
  return { workspace, computeTargets, api, schedules, activities, sweepRuns: createSweepRuns({ workspace }) };
}

/** The key that seals secrets: a setting, or a laptop's own; without either no secret is taken. */
function secretKeyOf({ secretKey, local }: WorkspaceConfig): Pick<DatastoreDependencies, "secretKey"> {
  if (secretKey !== undefined) return { secretKey: () => Promise.resolve(Buffer.from(secretKey, "base64")) };
  return local === null ? {} : { secretKey: () => localKey(local.dataDir, "secret-key") };
}

function wakeStep(attemptId: string): void {
  newestEngine?.wake(attemptId).catch(() => undefined);
}
