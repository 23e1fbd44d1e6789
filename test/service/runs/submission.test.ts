import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createPlanStore } from "../../../src/runs/planStore";
import { createRunStore } from "../../../src/runs/runStore";
import type { RunSubmission } from "../../../src/runs/runs";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission, type RunsUnderTest, type Setting } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const definition = {
  parameters: [{ kind: "literal" as const, name: "epochs", type: "int" as const, defaultValue: 10 }],
  steps: [step("train")],
};

const room = (setting: Partial<Setting> = {}) =>
  openRuns({
    connectionString: storage.connectionString,
    target: scriptedTarget({ train: { exitCode: 0 } }),
    definition,
    ...setting,
  });

async function submitted({ runs, engine }: RunsUnderTest, more: Partial<RunSubmission> = {}) {
  const runId = randomUUID();
  const outcome = await runs.submit(submission(runId, more), engine);
  if (outcome.status === "accepted") await engine.ended(runId);
  return { runId, outcome, run: await runs.find(runId) };
}

describe("a parent run", () => {
  test("lists its children newest first, and a grandchild names the run at the top", async () => {
    const opened = room();
    const parent = await submitted(opened);
    const child = await submitted(opened, { parentRunId: parent.runId });
    const grandchild = await submitted(opened, { parentRunId: child.runId });
    expect(child.run).toMatchObject({ parentRunId: parent.runId, rootRunId: parent.runId });
    expect(grandchild.run).toMatchObject({ parentRunId: child.runId, rootRunId: parent.runId });
    const second = await submitted(opened, { parentRunId: parent.runId });
    const { items } = await opened.runs.list({ kind: "parent", parentRunId: parent.runId }, 10, null);
    expect(items.map(({ runId }) => runId)).toEqual([second.runId, child.runId]);
  });

  test("may be a step run, as a script that submits a pipeline names its own", async () => {
    const opened = room();
    const { runId } = await submitted(opened);
    const { stepRunId } = (await opened.runs.steps(runId))[0]!;
    const { run } = await submitted(opened, { parentRunId: stepRunId });
    expect(run).toMatchObject({ parentRunId: stepRunId, rootRunId: runId });
  });

  test("of another experiment, or of nobody, is refused and nothing is written", async () => {
    const opened = room();
    const parent = await submitted(opened, { experimentName: "other" });
    for (const [parentRunId, received] of [
      [parent.runId, "a run of experiment other"],
      ["no id", "no id"],
      [randomUUID(), expect.any(String)],
    ] as const) {
      const { outcome, run } = await submitted(opened, { parentRunId });
      const problem = {
        code: "InvalidParentRun",
        field: "parentRunId",
        expected: "the id of a run of experiment tumour",
      };
      expect(outcome).toMatchObject({ status: "refused", problems: [{ ...problem, received }] });
      expect(run).toBeUndefined();
    }
  });

  test("that is canceled leaves its children running: each is a submission of its own", async () => {
    const target = scriptedTarget();
    const opened = room({ target });
    const { runs, engine } = opened;
    const [parentRunId, childId] = [randomUUID(), randomUUID()];
    await runs.submit(submission(parentRunId), engine);
    await runs.submit(submission(childId, { parentRunId }), engine);
    while (target.begun.length < 2) await new Promise(setImmediate);
    await runs.cancel(parentRunId, engine);
    await engine.ended(parentRunId);
    expect(await runs.find(parentRunId)).toMatchObject({ status: "canceled" });
    target.end(`${childId}.train.1`, { exitCode: 0 });
    await engine.ended(childId);
    expect(await runs.find(childId)).toMatchObject({ status: "finished" });
  });
});

describe("parameters that the pipeline does not have", () => {
  const wrong = { parameterAssignments: { epoch: 3, epochs: "5" }, dataPathAssignments: { input: place() } };

  test("are refused with the list of known ones", async () => {
    const { outcome, run } = await submitted(room(), wrong);
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "UnknownParameter", field: "ParameterAssignments.epoch", expected: "one of: epochs" },
        { code: "UnknownParameter", field: "DataPathAssignments.input", expected: "one of: epochs" },
      ],
    });
    expect(run).toBeUndefined();
  });

  test("are ignored for a caller that asks for it, and the run keeps their names", async () => {
    const { run } = await submitted(room(), { ...wrong, unknownParameters: "ignore" });
    expect(run).toMatchObject({
      parameters: { epochs: 5 },
      dataPaths: {},
      ignoredParameters: ["epoch", "input"],
    });
  });

  test("are ignored where the settings say so, unless the caller wants them refused", async () => {
    const runsConfig = { unknownParameters: "ignore" as const };
    expect((await submitted(room({ runsConfig }), wrong)).run).toMatchObject({
      ignoredParameters: ["epoch", "input"],
    });
    const strict = await submitted(room({ runsConfig }), { ...wrong, unknownParameters: "refuse" });
    expect(strict.outcome.status).toBe("refused");
  });

  test("do not hide a value of the wrong type", async () => {
    const assigned = {
      parameterAssignments: { epoch: 3, epochs: "many" },
      unknownParameters: "ignore" as const,
    };
    const { outcome } = await submitted(room(), assigned);
    expect(outcome).toMatchObject({ problems: [{ code: "InvalidParameterValue" }] });
  });
});

function place() {
  return { datastore: "workspaceblobstore", path: "in/a.csv" };
}

describe("a submission", () => {
  test.each([
    [true, false, true],
    [false, true, false],
    [null, true, true],
    [null, false, false],
  ])(
    "with continueOnStepFailure %j of a pipeline with %j runs with %j",
    async (asked, published, expected) => {
      const opened = room({ continueOnStepFailure: published });
      const { run } = await submitted(opened, { continueOnStepFailure: asked });
      expect(run).toMatchObject({ continueOnStepFailure: expected });
    },
  );

  test("keeps its names, tags and properties, and its wish to run everything anew reaches the plan", async () => {
    const opened = room();
    const said = {
      displayName: "nightly",
      description: "every night",
      tags: { team: "blue" },
      stepTags: { stage: "test" },
      properties: { "azureml.git.dirty": "False" },
      regenerateOutputs: true,
    };
    const { runId, run } = await submitted(opened, said);
    expect(run).toMatchObject(said);
    const { token } = (await createRunStore(opened.workspace).find(runId))!;
    const plan = await createPlanStore(opened.workspace).read(runId, token);
    expect(plan.steps.map(({ reuse }) => reuse)).toEqual(plan.steps.map(() => "regenerate"));
  });

  test("makes its experiment when it is the first there", async () => {
    const experimentName = `new ${randomUUID()}`;
    const { run } = await submitted(room(), { experimentName });
    expect(run).toMatchObject({ experimentName, runNumber: 1 });
  });

  test("that a pipeline's defaults or ports make too large for a row is refused, not half written", async () => {
    const defaultValue = "x".repeat(16_000);
    const long = (name: string) => ({
      kind: "literal" as const,
      name,
      type: "string" as const,
      defaultValue,
    });
    const outputs = Array.from({ length: 400 }, (_, at) => ({
      name: `output_${at}`,
      datastore: "workspaceblobstore",
      mode: "mount" as const,
      pathOnCompute: null,
      overwrite: false,
      destination: null,
      registerAs: null,
      pipelineOutputName: null,
    }));
    const large = { parameters: [long("a"), long("b")], steps: [step("train", [], { outputs })] };
    const { outcome, run } = await submitted(room({ definition: large }));
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "SubmissionTooLarge", field: "ParameterAssignments" },
        { code: "SubmissionTooLarge", field: "steps.train.outputs" },
      ],
    });
    expect(run).toBeUndefined();
  });

  test("with a time limit that makes no sense is refused", async () => {
    for (const timeoutMs of [0, -1, Number.NaN, 1e12]) {
      const { outcome } = await submitted(room(), { timeoutMs });
      expect(outcome).toMatchObject({ status: "refused", problems: [{ field: "TimeoutSeconds" }] });
    }
  });

  test("with one key, sent twenty times at once, is one run", async () => {
    const { runs, engine } = room();
    const runId = "3f2a9c01-77de-5b1c-9d51-0123456789ab";
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => runs.submit(submission(runId), engine)),
    );
    expect(outcomes.filter(({ status }) => status === "accepted")).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => "runId" in outcome && outcome.runId))).toEqual(new Set([runId]));
    await engine.ended(runId);
    expect(await runs.steps(runId)).toMatchObject([{ status: "finished", attempt: 1 }]);
  });
});
