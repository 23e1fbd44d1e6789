/**
 * Every route of the API, in the order in which they are tried: the first that fits wins, so a route with a
 * word in a place stands before the one with a parameter there. Paths are v1's; the one addition is marked.
 */
import { datasetBody, datasetRegistration, datasetState } from "../contract/datasetEntity";
import { datastoreRegistration } from "../contract/datastoreEntity";
import { entityStatus } from "../contract/entityStatus";
import { endpointCreation } from "../contract/endpointEntity";
import { runQuery } from "../contract/historyRun";
import { metricQuery } from "../contract/metrics";
import { pipelineCreation } from "../contract/pipelineEntity";
import { askedNodes } from "../contract/runOutputs";
import { scheduleRequest } from "../contract/scheduleEntity";
import { previewRequest, simulationRequest } from "../contract/scheduleEvents";
import {
  contentSnapshot,
  missingContentRequest,
  snapshotCreation,
  uploadTargetRequest,
} from "../contract/snapshots";
import { submission } from "../contract/submission";
import { anything } from "../contract/wireType";
import { getHealth, getWelcome } from "./health";
import { route, routeWithBody, takes, takesLarge, type Route } from "./route";
import { getArtifactContent, listArtifactContents, listArtifacts } from "./v1/artifactHandlers";
import { createDataSource, getDataSource, getDataSourceByHash } from "./v1/dataSourceHandlers";
import {
  getDatasetById,
  getDatasetByName,
  getSavedDataset,
  listDatasets,
  listDatasetVersions,
  registerDataset,
  saveDataset,
  setDatasetState,
} from "./v1/datasetHandlers";
import { listDataTypes } from "./v1/dataTypes";
import {
  getDatastore,
  getDefaultDatastore,
  listDatastores,
  overwriteDatastore,
  registerDatastore,
  setDefaultDatastore,
  unregisterDatastore,
} from "./v1/datastoreHandlers";
import { createEndpoint, getEndpoint, getEndpointByName, listEndpoints } from "./v1/endpointHandlers";
import { getGraph, getGraphInterface } from "./v1/graphHandlers";
import { getChildren, getHistoryRun, getRunDetails } from "./v1/historyHandlers";
import { getMetric, listMetrics } from "./v1/metricHandlers";
import { createModule, getModule, getModuleByHash } from "./v1/moduleHandlers";
import { createPipeline, getPipeline, listPipelines, setPipelineStatus } from "./v1/pipelineHandlers";
import {
  cancelRun,
  getLastRunOfSchedule,
  getRun,
  listRunsOfPipeline,
  listRunsOfSchedule,
} from "./v1/runHandlers";
import { getPipelineOutput, listStepOutputs } from "./v1/runOutputHandlers";
import { queryExperimentRuns, queryRuns } from "./v1/runQueries";
import {
  createSchedule,
  getSchedule,
  listSchedules,
  listSchedulesOfEndpoint,
  listSchedulesOfPipeline,
  updateSchedule,
} from "./v1/scheduleHandlers";
import {
  listScheduleEvents,
  previewRecurrence,
  previewSchedule,
  simulateSchedule,
} from "./v1/scheduleOutlook";
import {
  createContentSnapshot,
  createSnapshot,
  getLatestSnapshot,
  getSnapshot,
  getUploadTargets,
  listMissingContent,
} from "./v1/snapshotHandlers";
import {
  submitEndpoint,
  submitEndpointByName,
  submitEndpointVersion,
  submitPipeline,
} from "./v1/submitHandlers";

const read = "Pipelines.Read";
const submit = "Pipelines.Submit";
const manage = "Pipelines.Manage";

const runs = "pipelines/v1.0/{ws}/PipelineRuns";
const pipelines = "pipelines/v1.0/{ws}/Pipelines";
const endpoints = "pipelines/v1.0/{ws}/PipelineEndpoints";
const schedules = "pipelines/v1.0/{ws}/Schedules";
const modules = "pipelines/v1.0/{ws}/Modules";
const dataSources = "pipelines/v1.0/{ws}/DataSources";
const graphs = "pipelines/v1.0/{ws}/Graphs";
const history = "history/v1.0/{ws}";
const experiment = `${history}/experiments/{experiment}`;
const experimentById = `${history}/experimentids/{experimentId}`;
const metrics = "metric/v2.0/{ws}/runs/{runId}";
const artifacts = "artifact/v2.0/{ws}/artifacts";
const datasets = "dataset/v1.0/{ws}";
const snapshots = "content/v2.0/{ws}/snapshots";
const datastores = "datastore/v1.0/{ws}";

export const routeTable: readonly Route[] = [
  route("GET", "", null, getWelcome),
  route("GET", "health", null, getHealth),

  routeWithBody("POST", `${runs}/PipelineSubmit/{id}`, submit, takes(submission), submitPipeline),
  routeWithBody("POST", `${runs}/PipelineEndpointSubmit/Id/{id}`, submit, takes(submission), submitEndpoint),
  routeWithBody(
    "POST",
    `${runs}/PipelineEndpointSubmit/Id/{id}/{version}`,
    submit,
    takes(submission),
    submitEndpointVersion,
  ),
  routeWithBody(
    "POST",
    `${runs}/PipelineEndpointSubmit/Name`,
    submit,
    takes(submission),
    submitEndpointByName,
  ),
  route("GET", `${runs}/Pipeline/{id}`, read, listRunsOfPipeline),
  route("GET", `${runs}/Schedule/{id}`, read, listRunsOfSchedule),
  route("GET", `${runs}/Schedule/{id}/Last`, read, getLastRunOfSchedule),
  route("GET", `${runs}/{id}`, read, getRun),
  routeWithBody("POST", `${runs}/{id}/Outputs`, read, takes(askedNodes), listStepOutputs),
  route("GET", `${runs}/{id}/PipelineRunOutputs/{name}`, read, getPipelineOutput),
  route("DELETE", `${runs}/{id}/Execution`, submit, cancelRun),
  route("POST", `${runs}/{id}/Cancel`, submit, cancelRun),

  routeWithBody("POST", `${pipelines}/Create`, manage, takesLarge(pipelineCreation), createPipeline),
  route("GET", pipelines, read, listPipelines),
  route("GET", `${pipelines}/{id}`, read, getPipeline),
  routeWithBody("PUT", `${pipelines}/{id}/status`, manage, takes(entityStatus), setPipelineStatus),

  routeWithBody("POST", `${endpoints}/Create`, manage, takes(endpointCreation), createEndpoint),
  route("GET", endpoints, read, listEndpoints),
  route("GET", `${endpoints}/Id/{id}`, read, getEndpoint),
  route("GET", `${endpoints}/Name`, read, getEndpointByName),

  routeWithBody("POST", `${schedules}/Create`, manage, takes(scheduleRequest), createSchedule),
  route("GET", schedules, read, listSchedules),
  route("GET", `${schedules}/Pipeline/{id}`, read, listSchedulesOfPipeline),
  route("GET", `${schedules}/PipelineEndpoint/{id}`, read, listSchedulesOfEndpoint),
  routeWithBody("POST", `${schedules}/Preview`, read, takes(previewRequest), previewRecurrence),
  route("GET", `${schedules}/{id}/Preview`, read, previewSchedule),
  route("GET", `${schedules}/{id}/Events`, read, listScheduleEvents),
  routeWithBody("POST", `${schedules}/{id}/Simulate`, read, takes(simulationRequest), simulateSchedule),
  route("GET", `${schedules}/{id}`, read, getSchedule),
  routeWithBody("PUT", `${schedules}/{id}`, manage, takes(anything), updateSchedule),

  route("GET", "pipelines/v1.0/{ws}/DataTypes", read, listDataTypes),
  routeWithBody("POST", modules, manage, takesLarge(anything), createModule),
  route("GET", `${modules}/Hash/{fingerprint}`, read, getModuleByHash),
  route("GET", `${modules}/{id}`, read, getModule),
  routeWithBody("POST", dataSources, manage, takes(anything), createDataSource),
  route("GET", `${dataSources}/Hash/{fingerprint}`, read, getDataSourceByHash),
  route("GET", `${dataSources}/{id}`, read, getDataSource),
  route("GET", `${graphs}/{id}`, read, getGraph),
  route("GET", `${graphs}/{id}/Interface`, read, getGraphInterface),

  // The addition to v1: the runs of all experiments.
  routeWithBody("POST", `${history}/runs:query`, read, takes(runQuery), queryRuns),
  routeWithBody("POST", `${experiment}/runs:query`, read, takes(runQuery), queryExperimentRuns),
  route("GET", `${experiment}/runs/{runId}`, read, getHistoryRun),
  route("GET", `${experiment}/runs/{runId}/details`, read, getRunDetails),
  route("GET", `${experiment}/runs/{runId}/children`, read, getChildren),
  route("GET", `${experimentById}/runs/{runId}`, read, getHistoryRun),
  route("GET", `${experimentById}/runs/{runId}/details`, read, getRunDetails),
  route("GET", `${experimentById}/runs/{runId}/children`, read, getChildren),

  routeWithBody("POST", `${metrics}/list`, read, takes(anything), listMetrics),
  routeWithBody("POST", `${metrics}/full`, read, takes(metricQuery), getMetric),
  route("GET", `${artifacts}/ExperimentRun/dcid.{runId}`, read, listArtifacts),
  route("GET", `${artifacts}/contentinfo/ExperimentRun/dcid.{runId}/{path...}`, read, getArtifactContent),
  route(
    "GET",
    `${artifacts}/prefix/contentinfo/ExperimentRun/dcid.{runId}/{path...}`,
    read,
    listArtifactContents,
  ),

  route("GET", `${datastores}/default`, read, getDefaultDatastore),
  route("PUT", `${datastores}/default/{name}`, manage, setDefaultDatastore),
  route("GET", `${datastores}/datastores`, read, listDatastores),
  routeWithBody("POST", `${datastores}/datastores`, manage, takes(datastoreRegistration), registerDatastore),
  route("GET", `${datastores}/datastores/{name}`, read, getDatastore),
  routeWithBody(
    "PUT",
    `${datastores}/datastores/{name}`,
    manage,
    takes(datastoreRegistration),
    overwriteDatastore,
  ),
  route("DELETE", `${datastores}/datastores/{name}`, manage, unregisterDatastore),

  // Additions to v1: datasets by what they say.
  routeWithBody("POST", `${datasets}/definitions`, submit, takes(datasetBody), saveDataset),
  route("GET", `${datasets}/definitions/{id}`, read, getSavedDataset),
  routeWithBody("POST", `${datasets}/registrations`, submit, takes(datasetRegistration), registerDataset),
  route("GET", `${datasets}/registrations`, read, listDatasets),
  route("GET", `${datasets}/registrations/Name`, read, getDatasetByName),
  route("GET", `${datasets}/registrations/Id/{id}`, read, getDatasetById),
  route("GET", `${datasets}/registrations/Id/{id}/versions`, read, listDatasetVersions),
  routeWithBody(
    "PUT",
    `${datasets}/registrations/Id/{id}/state`,
    manage,
    takes(datasetState),
    setDatasetState,
  ),

  route("GET", "content/v1.0/{ws}/snapshots/latest/metadata", read, getLatestSnapshot),
  routeWithBody("POST", `${snapshots}/getblob`, manage, takesLarge(uploadTargetRequest), getUploadTargets),
  // Additions to v1: snapshots by the hashes of their files.
  routeWithBody(
    "POST",
    `${snapshots}/missing`,
    manage,
    takesLarge(missingContentRequest),
    listMissingContent,
  ),
  routeWithBody("PUT", `${snapshots}/{id}`, manage, takesLarge(contentSnapshot), createContentSnapshot),
  route("GET", `${snapshots}/{id}`, read, getSnapshot),
  routeWithBody("POST", `${snapshots}/{id}`, manage, takesLarge(snapshotCreation), createSnapshot),
];
