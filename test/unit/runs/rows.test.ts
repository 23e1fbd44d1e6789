import { describe, expect, test } from "@jest/globals";
import type { RunRecord, StepRecord } from "../../../src/runs/runs";
import { indexRowKey } from "../../../src/runs/runIndexStore";
import { metricRowKey } from "../../../src/runs/metricStore";
import { decodeRun, encodeRun } from "../../../src/runs/runRow";
import { decodeStep, encodeStep } from "../../../src/runs/stepRow";

const run: RunRecord = {
  runId: "3f2a9c01-77de-4b1c-9d51-0123456789ab",
  runNumber: 7,
  status: "failed",
  experimentName: "tumour",
  description: "hourly",
  displayName: "nightly",
  pipelineId: "11111111-2222-4333-8444-555555555555",
  endpointId: null,
  graphId: "66666666-2222-4333-8444-555555555555",
  scheduleId: "77777777-2222-4333-8444-555555555555",
  cause: {
    kind: "slot",
    scheduleId: "77777777-2222-4333-8444-555555555555",
    slotAt: "2026-01-02T03:00:00.000Z",
  },
  parentRunId: null,
  rootRunId: "3f2a9c01-77de-4b1c-9d51-0123456789ab",
  tags: { team: "blue" },
  properties: {},
  stepTags: { stage: "test" },
  parameters: { epochs: 20, rate: 0.5, verbose: false, label: "a" },
  dataPaths: { input_data: { datastore: "workspaceblobstore", path: "inbox/a.csv" } },
  ignoredParameters: ["epoch"],
  continueOnStepFailure: false,
  regenerateOutputs: true,
  timeoutMs: 60_000,
  runsAtOnce: 2,
  stepCount: 3,
  createdAt: "2026-01-02T03:00:01.000Z",
  startedAt: "2026-01-02T03:00:02.000Z",
  endedAt: null,
  reason: "step train failed",
};

const runEntity = {
  partitionKey: "3f2a9c01-77de-4b1c-9d51-0123456789ab",
  rowKey: "run",
  token: "t-1",
  runNumber: 7,
  status: "failed",
  experimentName: "tumour",
  description: "hourly",
  displayName: "nightly",
  rootRunId: "3f2a9c01-77de-4b1c-9d51-0123456789ab",
  regenerateOutputs: true,
  timeoutMs: 60_000,
  runsAtOnce: 2,
  pipelineId: "11111111-2222-4333-8444-555555555555",
  graphId: "66666666-2222-4333-8444-555555555555",
  scheduleId: "77777777-2222-4333-8444-555555555555",
  continueOnStepFailure: false,
  stepCount: 3,
  createdAt: "2026-01-02T03:00:01.000Z",
  startedAt: "2026-01-02T03:00:02.000Z",
  reason: "step train failed",
  cause:
    '{"kind":"slot","scheduleId":"77777777-2222-4333-8444-555555555555","slotAt":"2026-01-02T03:00:00.000Z"}',
  tags: '{"team":"blue"}',
  properties: "{}",
  stepTags: '{"stage":"test"}',
  ignoredParameters: '["epoch"]',
  parameters: '{"epochs":20,"rate":0.5,"verbose":false,"label":"a"}',
  dataPaths: '{"input_data":{"datastore":"workspaceblobstore","path":"inbox/a.csv"}}',
};

const step: StepRecord = {
  runId: run.runId,
  stepId: "train",
  stepRunId: "3f2a9c01-77de-5aaa-8bbb-0123456789ab",
  name: "train model",
  computeTarget: "local",
  snapshotId: "99999999-2222-4333-8444-555555555555",
  status: "failed",
  attempt: 2,
  startedAt: "2026-01-02T03:00:02.000Z",
  endedAt: "2026-01-02T03:00:03.000Z",
  exitCode: 3,
  reason: "script train.py exited with code 3",
  lastLogLine: "bye",
  usage: { cpuSeconds: 1.25, peakMemoryBytes: 5_000_000_000 },
  warnings: ["the image was not used"],
  tags: { stage: "two" },
  outputs: [{ name: "model", dataPath: { datastore: "workspaceblobstore", path: "azureml/x/model" } }],
  reuse: null,
};

const stepEntity = {
  partitionKey: "3f2a9c01-77de-4b1c-9d51-0123456789ab.t-1",
  rowKey: "3f2a9c01-77de-5aaa-8bbb-0123456789ab",
  order: 1,
  stepId: "train",
  name: "train model",
  computeTarget: "local",
  snapshotId: "99999999-2222-4333-8444-555555555555",
  status: "failed",
  attempt: 2,
  startedAt: "2026-01-02T03:00:02.000Z",
  endedAt: "2026-01-02T03:00:03.000Z",
  exitCode: 3,
  reason: "script train.py exited with code 3",
  cancelReason: "the run was canceled",
  lastLogLine: "bye",
  usage: '{"cpuSeconds":1.25,"peakMemoryBytes":5000000000}',
  warnings: '["the image was not used"]',
  tags: '{"stage":"two"}',
  outputs: '[{"name":"model","dataPath":{"datastore":"workspaceblobstore","path":"azureml/x/model"}}]',
};

describe("stored rows keep their shape, so that rows of an older version stay readable", () => {
  test("the run row", () => {
    expect(encodeRun(run, "t-1")).toEqual(runEntity);
    expect(decodeRun({ ...runEntity, etag: "1", timestamp: "x" })).toEqual({
      record: run,
      token: "t-1",
      etag: "1",
    });
  });

  test("the run row of a version that knew neither parents of parents nor limits", () => {
    const columns = [
      "displayName",
      "rootRunId",
      "regenerateOutputs",
      "timeoutMs",
      "runsAtOnce",
      "stepTags",
      "ignoredParameters",
    ];
    const older = Object.fromEntries(Object.entries(runEntity).filter(([name]) => !columns.includes(name)));
    const { record } = decodeRun({ ...older, parentRunId: "p", etag: "1" });
    expect(record).toMatchObject({
      displayName: null,
      rootRunId: "p",
      regenerateOutputs: false,
      timeoutMs: null,
    });
    expect(record).toMatchObject({ stepTags: {}, ignoredParameters: [] });
  });

  test("the step row", () => {
    const stored = {
      record: step,
      order: 1,
      cancelReason: "the run was canceled",
      spent: 0,
      notBefore: null,
      token: "t-1",
      produced: [],
      waiters: [],
    };
    expect(encodeStep(stored)).toEqual(stepEntity);
    expect(decodeStep({ ...stepEntity, etag: "1" })).toEqual({ ...stored, etag: "1" });
  });

  test("a step row from before resource use, warnings and tags were kept", () => {
    const earlier = Object.entries(stepEntity).filter(
      ([key]) => !["usage", "warnings", "tags"].includes(key),
    );
    const { record } = decodeStep({ ...Object.fromEntries(earlier), etag: "1" });
    expect([record.usage, record.warnings, record.tags]).toEqual([null, [], {}]);
  });

  test("what the step row knows of reuse and of attempts before", () => {
    const from = { runId: "r-0", stepId: "s-0", stepRunId: "sr-0" };
    const stored = {
      record: { ...step, reuse: { decision: "reused" as const, reason: "nothing changed", from } },
      order: 1,
      cancelReason: null,
      spent: 2,
      notBefore: "2026-01-02T03:05:00.000Z",
      token: "t-1",
      produced: [
        { name: "model", count: 1, hash: "h-1", blobs: [{ path: "azureml/x/model", etag: '"0x1"' }] },
        { name: "rest", count: 9_000, hash: "h-2" },
      ],
      waiters: ["r-2.train.1"],
    };
    expect(encodeStep(stored)).toMatchObject({
      spent: 2,
      notBefore: "2026-01-02T03:05:00.000Z",
      reuse: `{"decision":"reused","reason":"nothing changed","from":${JSON.stringify(from)}}`,
      produced:
        '[{"name":"model","count":1,"hash":"h-1","blobs":[{"path":"azureml/x/model","etag":"\\"0x1\\""}]},{"name":"rest","count":9000,"hash":"h-2"}]',
      waiters: '["r-2.train.1"]',
    });
    expect(decodeStep({ ...encodeStep(stored), etag: "1" })).toEqual({ ...stored, etag: "1" });
  });

  test("a row that misses a column is refused, not guessed at", () => {
    expect(() => decodeRun({ ...runEntity, etag: "1", status: "paused" })).toThrow();
    expect(() => decodeStep({ ...stepEntity, etag: "1", outputs: undefined })).toThrow();
  });
});

describe("row keys sort as lists are read", () => {
  test("index rows from new to old", () => {
    const at = (createdAt: string) => indexRowKey({ runId: run.runId, createdAt });
    const keys = ["1999-01-01T00:00:00.000Z", "2026-01-02T03:00:01.000Z", "2026-01-02T03:00:01.001Z"].map(at);
    expect([...keys].sort()).toEqual([...keys].reverse());
    expect(keys[1]).toBe("8232677198999_3f2a9c01-77de-4b1c-9d51-0123456789ab");
  });

  test("metrics in the order in which they were logged", () => {
    expect([metricRowKey(10), metricRowKey(9), metricRowKey(100)].sort()).toEqual([
      "000000009",
      "000000010",
      "000000100",
    ]);
  });
});
