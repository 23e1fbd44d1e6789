/** Pipeline runs and step runs as the run history tells them. Sources: spec azureml-v1-wire.md §3.4, §6.6. */
import { historyRun, runDetails, type HistoryRun } from "../../contract/historyRun";
import { historyRunStatus, historyStepStatus } from "../../model/runStatus";
import type { RunRecord, StepRecord, StepReuse } from "../../runs/runs";
import { experimentIdOf } from "../../runs/experimentStore";

export function historyOfRun(run: RunRecord): HistoryRun {
  return {
    runId: run.runId,
    runNumber: run.runNumber,
    rootRunId: run.rootRunId,
    parentRunId: run.parentRunId,
    experimentId: experimentIdOf(run.experimentName),
    name: run.experimentName,
    displayName: run.displayName ?? (run.description === "" ? run.runId : run.description),
    status: historyRunStatus(run.status),
    runType: "azureml.PipelineRun",
    createdUtc: run.createdAt,
    startTimeUtc: run.startedAt,
    endTimeUtc: run.endedAt,
    dataContainerId: `dcid.${run.runId}`,
    tags: run.tags,
    properties: { ...run.properties, ...propertiesOfRun(run) },
    target: null,
    error: run.status === "failed" ? errorOf("PipelineRunFailed", run.reason) : null,
    warnings: warningsOf(run),
    hidden: false,
  };
}

/** v1's warnings are objects with a source and a message. */
function warningsOf({ ignoredParameters }: RunRecord): HistoryRun["warnings"] {
  if (ignoredParameters.length === 0) return [];
  const message = `The pipeline has no such parameters, so they were ignored: ${ignoredParameters.join(", ")}`;
  return [{ source: "parameters", message }];
}

function propertiesOfRun(run: RunRecord): Readonly<Record<string, string>> {
  return given({
    "azureml.runsource": "azureml.PipelineRun",
    "azureml.pipelineid": run.pipelineId,
    "sluice.endpointId": run.endpointId,
    "sluice.scheduleId": run.scheduleId,
    "sluice.cause": run.cause.kind,
    "sluice.experimentName": run.experimentName,
    "sluice.reason": run.reason,
    "sluice.timeoutSeconds": run.timeoutMs === null ? null : String(run.timeoutMs / 1000),
    "sluice.regenerateOutputs": run.regenerateOutputs ? "true" : null,
    "sluice.ignoredParameters":
      run.ignoredParameters.length === 0 ? null : JSON.stringify(run.ignoredParameters),
  });
}

/** `parent` is the run that the step belongs to. */
export function historyOfStep(parent: RunRecord, step: StepRecord): HistoryRun {
  return {
    runId: step.stepRunId,
    runNumber: parent.runNumber,
    rootRunId: parent.rootRunId,
    parentRunId: parent.runId,
    experimentId: experimentIdOf(parent.experimentName),
    name: step.name,
    displayName: step.name,
    status: historyStepStatus(step.status),
    runType: "azureml.StepRun",
    createdUtc: parent.createdAt,
    startTimeUtc: step.startedAt,
    endTimeUtc: step.endedAt,
    dataContainerId: `dcid.${step.stepRunId}`,
    tags: {
      ...parent.stepTags,
      ...step.tags,
      "azureml.pipeline": parent.runId,
      "azureml.nodeid": step.stepId,
    },
    properties: propertiesOfStep(parent, step),
    target: step.computeTarget,
    error: step.status === "failed" ? errorOf("StepFailed", step.reason) : null,
    warnings: step.warnings.map((message) => ({ source: step.name, message })),
    hidden: false,
  };
}

function propertiesOfStep(parent: RunRecord, step: StepRecord): Readonly<Record<string, string>> {
  return given({
    "azureml.runsource": "azureml.StepRun",
    "azureml.nodeid": step.stepId,
    "azureml.pipelinerunid": parent.runId,
    ContentSnapshotId: step.snapshotId,
    StepType: "PythonScriptStep",
    "sluice.status": step.status,
    "sluice.attempt": String(step.attempt),
    "sluice.exitCode": step.exitCode === null ? null : String(step.exitCode),
    "sluice.cpuSeconds": textOf(step.usage?.cpuSeconds),
    "sluice.peakMemoryBytes": textOf(step.usage?.peakMemoryBytes),
    "sluice.reason": step.reason,
    "sluice.lastLogLine": step.lastLogLine === "" ? null : step.lastLogLine,
    "sluice.outputs": JSON.stringify(step.outputs),
    ...reuseProperties(step.reuse),
  });
}

const textOf = (value: number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

/** v1 marks a reused step by its first three properties; the rest is why, also of a step that ran. */
function reuseProperties(reuse: StepReuse | null): Readonly<Record<string, string | null>> {
  if (reuse === null) return {};
  const why = { "sluice.reuse": reuse.decision, "sluice.reuseReason": reuse.reason };
  if (reuse.decision === "ran") return { ...why, "sluice.reuseComparedWith": reuse.comparedWith };
  const { runId, stepId, stepRunId } = reuse.from;
  return {
    "azureml.reusedrunid": stepRunId,
    "azureml.reusednodeid": stepId,
    "azureml.reusedpipeline": runId,
    ...why,
  };
}

function given(properties: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  const entries = Object.entries(properties).flatMap(([key, value]) =>
    value === null ? [] : [[key, value] as const],
  );
  return Object.fromEntries(entries);
}

function errorOf(code: string, reason: string | null): NonNullable<HistoryRun["error"]> {
  return { error: { code, message: reason ?? "It failed without giving a reason.", details: [] } };
}

export const encodeHistoryRun = (run: HistoryRun): unknown => historyRun.encode(run);

/** `logFiles`: path of each console log to a URL that reads it for a limited time. */
export function encodeRunDetails(run: HistoryRun, logFiles: Readonly<Record<string, string>>): unknown {
  const { runId, status, startTimeUtc, endTimeUtc, properties, error, warnings } = run;
  const datasets = { inputDatasets: [], outputDatasets: [], services: {} };
  return runDetails.encode({
    runId,
    status,
    startTimeUtc,
    endTimeUtc,
    properties,
    error,
    warnings,
    logFiles,
    ...datasets,
  });
}
