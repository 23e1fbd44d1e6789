/** Domain values that tests of the API start from. */
import type { PublishedPipeline, PipelineEndpoint } from "../../../src/pipelines/publishedPipelines";
import type { PipelineDefinition } from "../../../src/model/definition";
import type { MetricRecord, RunRecord, StepRecord } from "../../../src/runs/runs";
import { v1SchedulePolicy, type Schedule } from "../../../src/schedules/schedules";

export const createdAt = "2026-11-21T07:00:00.000Z";

export function aRun(change: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: "run-1",
    runNumber: 3,
    status: "running",
    experimentName: "tumour",
    description: "first try",
    displayName: null,
    pipelineId: "pipe-1",
    endpointId: "end-1",
    graphId: "graph-1",
    scheduleId: null,
    cause: { kind: "call", source: "API" },
    parentRunId: null,
    rootRunId: "run-1",
    tags: { team: "a" },
    properties: { git: "abc" },
    stepTags: {},
    parameters: { learning_rate: 0.1, epochs: 20, shuffle: true, name: "x" },
    dataPaths: { input_data: { datastore: "workspaceblobstore", path: "in/a.csv" } },
    ignoredParameters: [],
    continueOnStepFailure: false,
    regenerateOutputs: false,
    timeoutMs: null,
    runsAtOnce: null,
    stepCount: 2,
    createdAt,
    startedAt: "2026-11-21T07:00:01.000Z",
    endedAt: null,
    reason: null,
    ...change,
  };
}

export function aStep(change: Partial<StepRecord> = {}): StepRecord {
  return {
    runId: "run-1",
    stepId: "a1b2",
    stepRunId: "step-run-1",
    name: "train",
    computeTarget: "local",
    snapshotId: "snap-1",
    status: "running",
    attempt: 1,
    startedAt: "2026-11-21T07:00:02.000Z",
    endedAt: null,
    exitCode: null,
    reason: null,
    lastLogLine: "epoch 3",
    usage: null,
    warnings: [],
    tags: {},
    outputs: [
      { name: "model", dataPath: { datastore: "workspaceblobstore", path: "azureml/step-run-1/model" } },
    ],
    reuse: { decision: "ran", reason: "never run before", comparedWith: null },
    ...change,
  };
}

export const definition: PipelineDefinition = {
  parameters: [
    { kind: "literal", name: "learning_rate", type: "float", defaultValue: 0.1 },
    { kind: "literal", name: "shuffle", type: "bool", defaultValue: false },
    { kind: "literal", name: "required", type: "string", defaultValue: null },
    {
      kind: "dataPath",
      name: "input_data",
      defaultValue: { datastore: "workspaceblobstore", path: "in/a.csv" },
    },
  ],
  steps: [],
};

export function aPipeline(change: Partial<PublishedPipeline> = {}): PublishedPipeline {
  return {
    id: "pipe-1",
    name: "tumour",
    description: "example",
    version: "1",
    graphId: "graph-1",
    status: "Active",
    stepCount: 3,
    continueOnStepFailure: null,
    properties: {},
    createdAt,
    modifiedAt: createdAt,
    etag: "e1",
    ...change,
  };
}

export function anEndpoint(change: Partial<PipelineEndpoint> = {}): PipelineEndpoint {
  return {
    id: "end-1",
    name: "tumour",
    description: "example",
    status: "Active",
    defaultVersion: "0",
    versions: [{ version: "0", pipelineId: "pipe-1" }],
    properties: {},
    createdAt,
    modifiedAt: createdAt,
    etag: "e1",
    ...change,
  };
}

export function aSchedule(change: Partial<Schedule> = {}): Schedule {
  return {
    id: "sched-1",
    name: "watch",
    target: { kind: "pipeline", pipelineId: "pipe-1" },
    submission: {
      experimentName: "tumour",
      description: "new files",
      parameterAssignments: { epochs: 5 },
      dataPathAssignments: {},
      continueOnStepFailure: true,
      properties: {},
    },
    trigger: {
      kind: "change",
      rule: {
        datastore: "workspaceblobstore",
        path: "inbox",
        dataPathParameter: "input_data",
        pollingIntervalMinutes: 5,
      },
    },
    status: "Active",
    anchoredAt: createdAt,
    createdAt,
    modifiedAt: createdAt,
    etag: "e1",
    policy: v1SchedulePolicy,
    trouble: null,
    ...change,
  };
}

export function aMetric(change: Partial<MetricRecord> = {}): MetricRecord {
  return {
    stepRunId: "step-run-1",
    index: 0,
    name: "loss",
    type: "scalar",
    value: 0.5,
    loggedAt: createdAt,
    step: null,
    ...change,
  };
}
