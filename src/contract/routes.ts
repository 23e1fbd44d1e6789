/**
 * Where everything is: the one place that spells v1's paths, for the server's URLs and for every client.
 * Each builder answers a path with a leading slash, ready to be put behind the base URL; arguments are percent-encoded.
 * Source: spec azureml-v1.md §4.1 and azureml-v1-wire.md §3.
 */

export interface WorkspaceAddress {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly workspaceName: string;
}

/** The workspace of a laptop. */
export const localWorkspace: WorkspaceAddress = {
  subscriptionId: "00000000-0000-0000-0000-000000000000",
  resourceGroup: "local",
  workspaceName: "sluice",
};

const part = encodeURIComponent;

/** ARM path of a workspace without a leading slash: `<ws>` of the specification, and the audience of its tokens. */
export function workspacePath(address: WorkspaceAddress): string {
  const { subscriptionId, resourceGroup, workspaceName } = address;
  return (
    `subscriptions/${part(subscriptionId)}/resourceGroups/${part(resourceGroup)}` +
    `/providers/Microsoft.MachineLearningServices/workspaces/${part(workspaceName)}`
  );
}

export type Routes = ReturnType<typeof routesOf>;

/** Every path of one workspace. */
export function routesOf(address: WorkspaceAddress) {
  const ws = workspacePath(address);
  return {
    health: "/health",
    ...pipelineRoutes(`/pipelines/v1.0/${ws}`),
    ...runRoutes(`/pipelines/v1.0/${ws}/PipelineRuns`),
    ...historyRoutes(`/history/v1.0/${ws}`),
    ...fileRoutes(ws),
  };
}

function pipelineRoutes(base: string) {
  return {
    dataTypes: `${base}/DataTypes`,
    modules: `${base}/Modules`,
    module: (id: string) => `${base}/Modules/${part(id)}`,
    moduleByHash: (fingerprint: string) => `${base}/Modules/Hash/${part(fingerprint)}`,
    dataSources: `${base}/DataSources`,
    dataSource: (id: string) => `${base}/DataSources/${part(id)}`,
    dataSourceByHash: (fingerprint: string) => `${base}/DataSources/Hash/${part(fingerprint)}`,
    graph: (id: string) => `${base}/Graphs/${part(id)}`,
    graphInterface: (id: string) => `${base}/Graphs/${part(id)}/Interface`,
    createPipeline: `${base}/Pipelines/Create`,
    pipeline: (id: string) => `${base}/Pipelines/${part(id)}`,
    pipelines: (activeOnly: boolean) => `${base}/Pipelines?activeOnly=${activeOnly}`,
    /** PUT of a JSON text, `"Active"` or `"Disabled"`. */
    pipelineStatus: (id: string) => `${base}/Pipelines/${part(id)}/status`,
    createEndpoint: `${base}/PipelineEndpoints/Create`,
    endpoint: (id: string) => `${base}/PipelineEndpoints/Id/${part(id)}`,
    endpointByName: (name: string) => `${base}/PipelineEndpoints/Name?Name=${part(name)}`,
    endpoints: (activeOnly: boolean) => `${base}/PipelineEndpoints?activeOnly=${activeOnly}`,
    createSchedule: `${base}/Schedules/Create`,
    schedule: (id: string) => `${base}/Schedules/${part(id)}`,
    /** The next four are additions of Sluice to v1. */
    scheduleEvents: (id: string, query = "") => `${base}/Schedules/${part(id)}/Events${query}`,
    schedulePreview: (id: string, query = "") => `${base}/Schedules/${part(id)}/Preview${query}`,
    simulateSchedule: (id: string) => `${base}/Schedules/${part(id)}/Simulate`,
    previewRecurrence: `${base}/Schedules/Preview`,
    schedules: (activeOnly: boolean) => `${base}/Schedules?activeOnly=${activeOnly}`,
    schedulesOfPipeline: (id: string) => `${base}/Schedules/Pipeline/${part(id)}`,
    schedulesOfEndpoint: (id: string) => `${base}/Schedules/PipelineEndpoint/${part(id)}`,
  };
}

/** `parentRunId` is a query on all submit routes. */
function runRoutes(base: string) {
  const parent = (separator: string, id?: string) =>
    id === undefined ? "" : `${separator}parentRunId=${part(id)}`;
  return {
    submitPipeline: (id: string, parentRunId?: string) =>
      `${base}/PipelineSubmit/${part(id)}${parent("?", parentRunId)}`,
    submitEndpoint: (id: string, parentRunId?: string) =>
      `${base}/PipelineEndpointSubmit/Id/${part(id)}${parent("?", parentRunId)}`,
    submitEndpointVersion: (id: string, version: string, parentRunId?: string) =>
      `${base}/PipelineEndpointSubmit/Id/${part(id)}/${part(version)}${parent("?", parentRunId)}`,
    /** `version` null = the default one. */
    submitEndpointByName: (name: string, version: string | null, parentRunId?: string) =>
      `${base}/PipelineEndpointSubmit/Name?name=${part(name)}` +
      (version === null ? "" : `&pipelineVersion=${part(version)}`) +
      parent("&", parentRunId),
    run: (id: string) => `${base}/${part(id)}`,
    /** POST, ids of steps. */
    stepOutputs: (id: string) => `${base}/${part(id)}/Outputs`,
    pipelineOutput: (id: string, name: string) => `${base}/${part(id)}/PipelineRunOutputs/${part(name)}`,
    runsOfPipeline: (id: string) => `${base}/Pipeline/${part(id)}`,
    runsOfSchedule: (id: string) => `${base}/Schedule/${part(id)}`,
    /** 204 when the schedule has started none. */
    lastRunOfSchedule: (id: string) => `${base}/Schedule/${part(id)}/Last`,
    /** DELETE. */
    runExecution: (id: string) => `${base}/${part(id)}/Execution`,
    /** POST; the same as DELETE of the execution. */
    cancelRun: (id: string) => `${base}/${part(id)}/Cancel`,
  };
}

function historyRoutes(base: string) {
  const experiment = (name: string) => `${base}/experiments/${part(name)}`;
  const run = (name: string, id: string) => `${experiment(name)}/runs/${part(id)}`;
  return {
    experiment,
    historyRun: run,
    historyRunDetails: (name: string, id: string) => `${run(name, id)}/details`,
    historyRunChildren: (name: string, id: string) => `${run(name, id)}/children`,
    /** POST, pipeline runs of one experiment, newest first. */
    queryExperimentRuns: (name: string) => `${experiment(name)}/runs:query`,
    /** POST, pipeline runs of the workspace, newest first. An addition of Sluice to v1. */
    queryRuns: `${base}/runs:query`,
  };
}

function fileRoutes(ws: string) {
  const artifacts = `/artifact/v2.0/${ws}/artifacts`;
  const container = (runId: string) => `ExperimentRun/dcid.${part(runId)}`;
  const filePath = (path: string) => path.split("/").map(part).join("/");
  return {
    metricList: (runId: string) => `/metric/v2.0/${ws}/runs/${part(runId)}/list`,
    metricFull: (runId: string) => `/metric/v2.0/${ws}/runs/${part(runId)}/full`,
    artifacts: (runId: string) => `${artifacts}/${container(runId)}`,
    artifactContent: (runId: string, path: string) =>
      `${artifacts}/contentinfo/${container(runId)}/${filePath(path)}`,
    artifactContentByPrefix: (runId: string, prefix: string) =>
      `${artifacts}/prefix/contentinfo/${container(runId)}/${filePath(prefix)}`,
    defaultDatastore: `/datastore/v1.0/${ws}/default`,
    /** PUT. */
    setDefaultDatastore: (name: string) => `/datastore/v1.0/${ws}/default/${part(name)}`,
    datastores: `/datastore/v1.0/${ws}/datastores`,
    datastorePage: (continuationToken: string | null) =>
      `/datastore/v1.0/${ws}/datastores` +
      (continuationToken === null ? "" : `?continuationToken=${part(continuationToken)}`),
    /** POST; the flags are v1's. */
    registerDatastore: (skipValidation: boolean, createIfNotExists: boolean) =>
      `/datastore/v1.0/${ws}/datastores?skipValidation=${skipValidation}&createIfNotExists=${createIfNotExists}`,
    /** PUT, over a registration of that name. */
    overwriteDatastore: (name: string, skipValidation: boolean, createIfNotExists: boolean) =>
      `/datastore/v1.0/${ws}/datastores/${part(name)}` +
      `?skipValidation=${skipValidation}&createIfNotExists=${createIfNotExists}`,
    datastore: (name: string) => `/datastore/v1.0/${ws}/datastores/${part(name)}`,
    ...datasetRoutes(`/dataset/v1.0/${ws}`),
    latestSnapshot: `/content/v1.0/${ws}/snapshots/latest/metadata`,
    snapshotUploads: `/content/v2.0/${ws}/snapshots/getblob`,
    /** POST. An addition of Sluice to v1. */
    missingSnapshotContent: `/content/v2.0/${ws}/snapshots/missing`,
    /** POST as v1's clients do; GET and PUT are additions of Sluice. */
    snapshot: (id: string) => `/content/v2.0/${ws}/snapshots/${part(id)}`,
  };
}

/** Additions of Sluice to v1. `version` null = the latest. */
function datasetRoutes(base: string) {
  const registrations = `${base}/registrations`;
  const ofVersion = (separator: string, version: number | null) =>
    version === null ? "" : `${separator}version=${version}`;
  const after = (token: string | null) => (token === null ? "" : `?continuationToken=${part(token)}`);
  return {
    /** POST. */
    saveDataset: `${base}/definitions`,
    savedDataset: (id: string) => `${base}/definitions/${part(id)}`,
    /** POST. */
    registerDataset: registrations,
    datasets: (continuationToken: string | null) => registrations + after(continuationToken),
    datasetByName: (name: string, version: number | null) =>
      `${registrations}/Name?name=${part(name)}${ofVersion("&", version)}`,
    dataset: (id: string, version: number | null) =>
      `${registrations}/Id/${part(id)}${ofVersion("?", version)}`,
    datasetVersions: (id: string, continuationToken: string | null) =>
      `${registrations}/Id/${part(id)}/versions${after(continuationToken)}`,
    /** PUT of a JSON text, `"Active"`, `"Deprecated"` or `"Archived"`. */
    datasetState: (id: string) => `${registrations}/Id/${part(id)}/state`,
  };
}
