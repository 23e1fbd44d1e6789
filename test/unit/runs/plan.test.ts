import { describe, expect, test } from "@jest/globals";
import type { PipelineDefinition, StepDefinition } from "../../../src/model/definition";
import { planRun, type PlanRequest } from "../../../src/runs/plan";
import { stepAttempt } from "../../../src/runs/stepAttempt";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";
import { inputPort, outputPort, stepOf as step } from "../model/definitionBuilder";

const store = "workspaceblobstore";

const prepare = step("prepare", {
  name: "prepare data",
  snapshotId: "s-1",
  script: "prepare.py",
  arguments: [
    { kind: "literal", value: "--seed" },
    { kind: "parameter", name: "seed" },
    { kind: "input", port: "raw" },
    { kind: "output", port: "clean" },
  ],
  inputs: [
    inputPort("raw", { kind: "dataPathParameter", parameter: "input_data" }, { mode: "download" }),
    inputPort("labels", { kind: "dataReference", dataPath: { datastore: store, path: "labels/" } }),
  ],
  outputs: [outputPort("clean", { pipelineOutputName: "cleaned" })],
  parameters: [
    { name: "seed", value: { kind: "pipelineParameter", parameter: "seed" } },
    { name: "drop-rows?", value: { kind: "literal", value: true } },
  ],
  environmentVariables: { LANG: "C" },
  timeoutMs: 60_000,
});

const train: StepDefinition = {
  ...prepare,
  id: "train",
  name: "train",
  arguments: [],
  inputs: [
    inputPort("clean", { kind: "stepOutput", stepId: "prepare", port: "clean" }),
    inputPort("again", { kind: "stepOutput", stepId: "prepare", port: "clean" }),
  ],
  outputs: [],
  parameters: [],
  runAfter: ["warm", "prepare"],
};

const warm: StepDefinition = { ...train, id: "warm", inputs: [], runAfter: [] };

const definition: PipelineDefinition = { parameters: [], steps: [train, prepare, warm] };

const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  runId: "run",
  pipelineName: "p",
  experimentName: "tumour",
  parentRunId: null,
  continueOnStepFailure: false,
  regenerateOutputs: false,
  definition,
  values: {
    literals: { seed: 42 },
    dataPaths: { input_data: { datastore: store, path: "inbox/a.csv" } },
    datasets: {},
  },
  datasetOf: (reference) => {
    throw new Error(`no dataset was resolved: ${JSON.stringify(reference)}`);
  },
  stepRunId: (stepId) => `${stepId}-run`,
  ...more,
});

const stepOf = (stepId: string) => planRun(request()).steps.find((step) => step.stepId === stepId)!;

describe("planRun", () => {
  test("orders predecessors by id and names each once, whether by data or by run_after", () => {
    expect(stepOf("train").predecessors).toEqual(["prepare", "warm"]);
    expect(stepOf("prepare").predecessors).toEqual([]);
  });

  test("keeps the order of the definition", () => {
    expect(planRun(request()).steps.map(({ stepId }) => stepId)).toEqual(["train", "prepare", "warm"]);
  });

  test("puts this run's values where parameters were named", () => {
    const step = stepOf("prepare");
    expect(step.arguments).toEqual([
      { kind: "text", value: "--seed" },
      { kind: "text", value: "42" },
      { kind: "input", port: "raw" },
      { kind: "output", port: "clean" },
    ]);
    expect(step.inputs.map(({ source }) => source)).toEqual([
      { kind: "dataPath", dataPath: { datastore: store, path: "inbox/a.csv" } },
      { kind: "dataPath", dataPath: { datastore: store, path: "labels/" } },
    ]);
    expect(step.environment).toEqual({
      LANG: "C",
      AML_PARAMETER_seed: "42",
      AML_PARAMETER_drop_rows_: "True",
    });
  });

  test("gives every output a place of its own step run, so that two runs never write to one place", () => {
    expect(stepOf("prepare").outputs).toMatchObject([
      {
        name: "clean",
        dataPath: { datastore: store, path: "azureml/prepare-run/clean" },
        pipelineOutputName: "cleaned",
      },
    ]);
  });

  test("tells a step that must run anew from one that may never be reused", () => {
    const planned = (more: Partial<StepDefinition>) =>
      planRun(request({ definition: { parameters: [], steps: [{ ...prepare, ...more }] } })).steps[0]?.reuse;
    expect(planned({})).toBe("allowed");
    expect(planned({ regenerateOutput: true })).toBe("regenerate");
    expect(planned({ allowReuse: false, regenerateOutput: true })).toBe("never");
  });

  test("does not invent a value that is missing", () => {
    const values = { literals: {}, dataPaths: {}, datasets: {} };
    expect(() => planRun(request({ values }))).toThrow("parameter seed has no value");
  });

  test("survives being stored as JSON unchanged", () => {
    const plan = planRun(request());
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe("stepAttempt", () => {
  const config = {
    subscriptionId: "sub",
    resourceGroup: "local",
    workspaceName: "sluice",
    storageConnection: "secret",
    selfUrl: "http://127.0.0.1:7071",
    runs: parseRunsConfig({}, []),
    journalDays: 90,
    local: null,
  };
  const plan = planRun(request());
  const left = { datastore: store, path: "azureml/prepare-run-of-an-earlier-run/clean" };
  const upstream = new Map([["prepare", { record: { outputs: [{ name: "clean", dataPath: left }] } }]]);
  const attemptOf = (stepId: string) =>
    stepAttempt(
      { config, experimentId: "e-1" },
      plan,
      plan.steps.find((step) => step.stepId === stepId)!,
      2,
      upstream,
    );

  test("reads an upstream output where that step's row says it is, which may be an earlier run's place", () => {
    const source = { kind: "dataPath", dataPath: left };
    expect(attemptOf("train").inputs.map((input) => input.source)).toEqual([source, source]);
  });

  test("writes an output where the plan says", () => {
    const dataPath = { datastore: store, path: "azureml/prepare-run/clean" };
    expect(attemptOf("prepare").outputs).toMatchObject([{ name: "clean", dataPath }]);
  });

  test("tells the script its run context, and no secret", () => {
    const attempt = attemptOf("train");
    expect(attempt.attemptId).toBe("run.train.2");
    expect(attempt.environment).toEqual({
      LANG: "C",
      AZUREML_RUN_ID: "train-run",
      AZUREML_ROOT_RUN_ID: "run",
      AZUREML_PARENT_RUN_ID: "run",
      AZUREML_ARM_SUBSCRIPTION: "sub",
      AZUREML_ARM_RESOURCEGROUP: "local",
      AZUREML_ARM_WORKSPACE_NAME: "sluice",
      AZUREML_ARM_PROJECT_NAME: "tumour",
      AZUREML_EXPERIMENT_ID: "e-1",
      AZUREML_SERVICE_ENDPOINT: "http://127.0.0.1:7071",
    });
    expect(JSON.stringify(attempt)).not.toContain("secret");
  });
});
