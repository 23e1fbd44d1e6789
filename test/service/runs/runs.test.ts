import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createPlanStore } from "../../../src/runs/planStore";
import { createRunStore } from "../../../src/runs/runStore";
import { createSweepRuns } from "../../../src/runs/sweepRuns";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { dyingAfter } from "./dyingWorkspace";
import { openRuns, pipelineId, step, submission, type Setting } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";
import { inputPort, outputPort } from "../../unit/model/definitionBuilder";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const chain = {
  parameters: [],
  steps: [step("prepare"), step("train", ["prepare"]), step("evaluate", ["train"])],
};
const well = { exitCode: 0 };
const allWell = { prepare: well, train: well, evaluate: well };

const room = (setting: Partial<Setting>) =>
  openRuns({
    connectionString: storage.connectionString,
    target: scriptedTarget(allWell),
    definition: chain,
    ...setting,
  });

describe("a run", () => {
  test("finishes although a script sets more tags than a row holds, and its step warns of those left out", async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, nth) => [`tag-${nth}`, "x".repeat(1_000)]),
    );
    const target = scriptedTarget({ only: { ...well, tags, parent: { metrics: [], tags } } });
    const { runs, engine } = room({ target, definition: { parameters: [], steps: [step("only")] } });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    const run = await runs.find(runId);
    expect(run).toMatchObject({ status: "finished", tags: { "tag-0": tags["tag-0"] } });
    expect(Object.keys(run!.tags)).toHaveLength(29);
    const [only] = await runs.steps(runId);
    expect([only!.status, Object.keys(only!.tags).length]).toEqual(["finished", 29]);
    expect(only!.warnings).toEqual([
      "11 tags were left out: together they may have 30000 characters",
      "pipeline run: 11 tags were left out: together they may have 30000 characters",
    ]);
  });

  test("is readable with all its steps as soon as it is accepted, and ends finished in dependency order", async () => {
    const target = scriptedTarget({ prepare: well, evaluate: well });
    const { runs, engine } = room({ target });
    const runId = randomUUID();
    expect(await runs.submit(submission(runId), engine)).toMatchObject({ status: "accepted", runId });
    expect(await runs.find(runId)).toMatchObject({ runId, stepCount: 3, pipelineId, reason: null });
    const { attemptId, stepRunId } = await target.beginning("train");
    const during = await runs.steps(runId);
    expect(during.map(({ stepId, attempt }) => [stepId, attempt])).toEqual([
      ["prepare", 1],
      ["train", 1],
      ["evaluate", 0],
    ]);
    target.end(attemptId, well);
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "finished", reason: null });
    expect((await runs.steps(runId)).map(({ status }) => status)).toEqual([
      "finished",
      "finished",
      "finished",
    ]);
    expect(target.begun.map(({ stepName }) => stepName)).toEqual(["prepare", "train", "evaluate"]);
    expect(await runs.findStepRun(stepRunId)).toMatchObject({
      runId,
      stepId: "train",
      lastLogLine: "the last line",
    });
  });

  test("fails with the exit code and the last lines of stderr, and nothing starts afterwards", async () => {
    const target = scriptedTarget({
      ...allWell,
      train: { exitCode: 3, stderrTail: "Traceback\nValueError: no rows\n" },
    });
    const { runs, engine } = room({ target });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    const why = "script train.py exited with code 3: Traceback\nValueError: no rows";
    expect(await runs.find(runId)).toMatchObject({ status: "failed", reason: `step train failed: ${why}` });
    expect(await runs.steps(runId)).toMatchObject([
      { status: "finished", exitCode: 0 },
      { status: "failed", exitCode: 3, reason: why },
      { status: "skipped", attempt: 0, reason: "step train failed, and the run stops when a step fails" },
    ]);
  });

  test("cancels what runs beside a failed step, and waits for it before it fails", async () => {
    const definition = { parameters: [], steps: [step("slow"), step("bad")] };
    const target = scriptedTarget();
    const { runs, engine } = room({ target, definition });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await target.beginning("slow");
    target.end((await target.beginning("bad")).attemptId, { exitCode: 1 });
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "failed" });
    expect(await runs.steps(runId)).toMatchObject([
      { status: "canceled", reason: "step bad failed, and the run stops when a step fails" },
      { status: "failed" },
    ]);
  });

  test("with continueOnStepFailure skips only what depends on the failed step", async () => {
    const definition = {
      parameters: [],
      steps: [step("bad"), step("behind", ["bad"]), step("beside"), step("after", ["beside"])],
    };
    const target = scriptedTarget({ bad: { exitCode: 1 }, beside: well, after: well });
    const { runs, engine } = room({ target, definition });
    const runId = randomUUID();
    await runs.submit(submission(runId, { continueOnStepFailure: true }), engine);
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "failed", continueOnStepFailure: true });
    expect((await runs.steps(runId)).map(({ status }) => status)).toEqual([
      "failed",
      "skipped",
      "finished",
      "finished",
    ]);
  });

  test("starts a lost attempt anew, twice at most, and keeps the reason", async () => {
    const definition = { parameters: [], steps: [step("fragile")] };
    const target = scriptedTarget();
    const { runs, engine } = room({ target, definition });
    const runId = randomUUID();
    target.onChanged(() => undefined);
    await runs.submit(submission(runId), engine);
    for (const attempt of [1, 2, 3]) {
      while (target.begun.length < attempt) await new Promise(setImmediate);
      target.lose(`${runId}.fragile.${attempt}`);
    }
    await engine.ended(runId);
    expect(target.begun.map(({ attemptId }) => attemptId)).toEqual(
      [1, 2, 3].map((attempt) => `${runId}.fragile.${attempt}`),
    );
    expect(await runs.steps(runId)).toMatchObject([
      {
        status: "failed",
        attempt: 3,
        reason: "attempt 3 was lost: its process is gone; no attempts are left",
      },
    ]);
  });

  test("gives the script its place: run context, parameters, upstream outputs", async () => {
    const outputs = [outputPort("clean")];
    const inputs = [inputPort("clean", { kind: "stepOutput", stepId: "prepare", port: "clean" })];
    const parameters = [
      { name: "rate", value: { kind: "pipelineParameter" as const, parameter: "learning_rate" } },
    ];
    const definition = {
      parameters: [
        { kind: "literal" as const, name: "learning_rate", type: "float" as const, defaultValue: 0.5 },
      ],
      steps: [
        step("prepare", [], { outputs }),
        step("train", [], {
          inputs,
          parameters,
          arguments: [
            { kind: "literal", value: "--rate" },
            { kind: "parameter", name: "rate" },
            { kind: "input", port: "clean" },
          ],
        }),
      ],
    };
    const target = scriptedTarget(allWell);
    const { runs, engine } = room({ target, definition });
    const runId = randomUUID();
    await runs.submit(submission(runId, { parameterAssignments: { learning_rate: 0.25 } }), engine);
    await engine.ended(runId);
    const [prepare, train] = target.begun;
    expect(prepare!.outputs[0]!.dataPath.path).toBe(`azureml/${prepare!.stepRunId}/clean`);
    expect(train!.inputs).toMatchObject([
      {
        name: "clean",
        mode: "mount",
        source: { kind: "dataPath", dataPath: prepare!.outputs[0]!.dataPath },
      },
    ]);
    expect(train!.arguments).toEqual([
      { kind: "text", value: "--rate" },
      { kind: "text", value: "0.25" },
      { kind: "input", port: "clean" },
    ]);
    expect(train!.environment).toMatchObject({
      AML_PARAMETER_rate: "0.25",
      AZUREML_RUN_ID: train!.stepRunId,
      AZUREML_ROOT_RUN_ID: runId,
      AZUREML_ARM_PROJECT_NAME: "tumour",
      AZUREML_SERVICE_ENDPOINT: "http://127.0.0.1:7071",
    });
    expect(await runs.find(runId)).toMatchObject({ parameters: { learning_rate: 0.25 } });
  });

  test("keeps every metric in the order in which it was logged, also one too large for a row", async () => {
    const loggedAt = "2026-01-02T03:04:05.500Z";
    const losses = Array.from({ length: 250 }, (_, epoch) => ({
      name: "loss",
      type: "scalar" as const,
      value: 1 / (epoch + 1),
      loggedAt,
      step: epoch,
    }));
    const table = {
      name: "rows",
      type: "table" as const,
      value: { column: Array(9_000).fill("x") },
      loggedAt,
      step: null,
    };
    const definition = { parameters: [], steps: [step("train")] };
    const target = scriptedTarget({ train: { exitCode: 0, metrics: [...losses, table] } });
    const { runs, engine } = room({ target, definition });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    const metrics = await runs.metrics(target.begun[0]!.stepRunId);
    expect(metrics.map(({ name, value, step }) => [name, value, step])).toEqual(
      [...losses, table].map(({ name, value, step }) => [name, value, step]),
    );
    expect(metrics.map(({ index }) => index)).toEqual(metrics.map((_, at) => at));
  });
});

describe("submit", () => {
  test("accepts one of many concurrent submissions of a run id, and leaves one set of steps", async () => {
    const target = scriptedTarget(allWell);
    const { runs, engine } = room({ target });
    const runId = randomUUID();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => runs.submit(submission(runId), engine)),
    );
    const statuses = outcomes.map(({ status }) => status).sort();
    expect(statuses).toEqual(["accepted", ...Array<string>(11).fill("already-claimed")].sort());
    await engine.ended(runId);
    expect(target.begun.map(({ stepName }) => stepName)).toEqual(["prepare", "train", "evaluate"]);
    expect(await runs.steps(runId)).toHaveLength(3);
    const { items } = await runs.list({ kind: "all" }, 500, null);
    expect(items.filter((run) => run.runId === runId)).toHaveLength(1);
  });

  test("reports everything that is wrong at once and writes nothing", async () => {
    const definition = {
      parameters: [{ kind: "literal" as const, name: "epochs", type: "int" as const, defaultValue: 10 }],
      steps: [step("prepare")],
    };
    const { runs, engine } = room({ definition });
    const runId = randomUUID();
    const outcome = await runs.submit(
      submission(runId, { experimentName: " ", parameterAssignments: { epoch: 3, epochs: "many" } }),
      engine,
    );
    expect(outcome.status).toBe("refused");
    if (outcome.status !== "refused") return;
    expect(outcome.problems.length).toBe(3);
    expect(await runs.find(runId)).toBeUndefined();
    expect(engine.started).toEqual([]);
  });

  test("refuses datastores and compute targets that are not there", async () => {
    const outputs = [outputPort("out", { datastore: "gone" })];
    const definition = {
      parameters: [],
      steps: [step("prepare", [], { computeTarget: "cluster", outputs })],
    };
    const { runs, engine } = room({ definition });
    const outcome = await runs.submit(submission(randomUUID()), engine);
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "UnknownDatastore", field: "steps.prepare.outputs.out", received: "gone" },
        { code: "UnknownComputeTarget", field: "steps.prepare.computeTarget", received: "cluster" },
      ],
    });
  });

  test("numbers the runs of an experiment without a gap or a double in a burst", async () => {
    const definition = { parameters: [], steps: [] };
    const { runs, engine } = room({ definition });
    const experimentName = `burst ${randomUUID()}`;
    const ids = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(ids.map((runId) => runs.submit(submission(runId, { experimentName }), engine)));
    const found = await Promise.all(ids.map((runId) => runs.find(runId)));
    const numbers = found.map((run) => run!.runNumber).sort((a, b) => a - b);
    expect(numbers).toEqual(ids.map((_, at) => at + 1));
  });

  test("is accepted although the engine is down, and the watchdog starts it once the submission is old", async () => {
    const { runs, engine, workspace } = room({});
    const runId = randomUUID();
    const down = { ...engine, startRun: () => Promise.reject(new Error("the engine is down")) };
    expect(await runs.submit(submission(runId), down)).toMatchObject({ status: "accepted", runId });
    const sweep = createSweepRuns({ workspace });
    const now = Date.now();
    expect(await sweep(engine, new Date(now))).not.toContain(runId);
    expect(await sweep(engine, new Date(now + 10_000))).toContain(runId);
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "finished" });
    expect(await sweep(engine, new Date(now + 20_000))).not.toContain(runId);
  });

  test("of a pipeline whose plan fills no row keeps the plan in a blob, and runs", async () => {
    const environmentVariables = { LONG: "x".repeat(32_000) };
    const target = scriptedTarget({ only: { exitCode: 0 } });
    const long = { parameters: [], steps: [step("only", [], { environmentVariables })] };
    const { runs, engine, workspace } = room({ target, definition: long });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "finished" });
    expect(target.begun[0]?.environment).toMatchObject(environmentVariables);
    const { token } = (await createRunStore(workspace).find(runId))!;
    const other = createPlanStore(workspace);
    expect((await other.read(runId, token)).steps[0]?.environment).toMatchObject(environmentVariables);
  });

  test("keeps a plan where a process that did not write it reads it", async () => {
    const { runs, engine, workspace } = room({});
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await engine.ended(runId);
    const { token } = (await createRunStore(workspace).find(runId))!;
    const plan = await createPlanStore(workspace).read(runId, token);
    expect(plan.steps.map(({ stepId }) => stepId)).toEqual(
      (await runs.steps(runId)).map(({ stepId }) => stepId),
    );
  });

  test("a crash between any two of its writes shows no run, and the same run id can be submitted again", async () => {
    for (let writes = 0; ; writes++) {
      const runId = randomUUID();
      const experimentName = `crash ${runId}`;
      const dying = room({ through: (workspace) => dyingAfter(workspace, writes) });
      const outcome = await dying.runs
        .submit(submission(runId, { experimentName }), { ...dying.engine, startRun: () => Promise.resolve() })
        .catch((error: unknown) => error);
      const { runs, engine } = room({});
      if (!(outcome instanceof Error)) {
        // The experiment's counter, the index rows, plan and step rows, and the claim.
        expect(writes).toBe(4);
        break;
      }
      expect(outcome.message).toBe("the process died");
      expect(await runs.find(runId)).toBeUndefined();
      expect(await runs.steps(runId)).toEqual([]);
      const filter = { kind: "experiment" as const, experimentName };
      expect((await runs.list(filter, 10, null)).items).toEqual([]);
      expect((await runs.submit(submission(runId, { experimentName }), engine)).status).toBe("accepted");
      await engine.ended(runId);
      expect((await runs.list(filter, 10, null)).items).toMatchObject([{ runId, status: "finished" }]);
      expect(await runs.steps(runId)).toHaveLength(3);
    }
  });
});

describe("cancel", () => {
  test("ends running steps, skips waiting ones, and cannot be undone by a step that finishes meanwhile", async () => {
    const target = scriptedTarget({ prepare: well });
    const { runs, engine } = room({ target });
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    await target.beginning("train");
    expect(await runs.cancel(runId, engine)).toBe("accepted");
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "canceled", reason: "the run was canceled" });
    expect(await runs.steps(runId)).toMatchObject([
      { status: "finished" },
      { status: "canceled", reason: "the run was canceled" },
      { status: "skipped", reason: "the run was canceled" },
    ]);
    expect(await runs.cancel(runId, engine)).toBe("already-terminal");
  });

  test("of a run whose orchestration was never started still ends it, and no step begins", async () => {
    const target = scriptedTarget(allWell);
    const { runs, engine } = room({ target });
    const runId = randomUUID();
    await runs.submit(submission(runId), { ...engine, startRun: () => Promise.reject(new Error("down")) });
    expect(await runs.cancel(runId, engine)).toBe("accepted");
    await engine.ended(runId);
    expect(await runs.find(runId)).toMatchObject({ status: "canceled", startedAt: null });
    expect(target.begun).toEqual([]);
  });

  test("of a run that is not there says so", async () => {
    const { runs, engine } = room({});
    expect(await runs.cancel(randomUUID(), engine)).toBe("not-found");
    expect(await runs.cancel("no id at all", engine)).toBe("not-found");
  });
});

describe("lists", () => {
  test("give every run once, newest first, page by page, by any of their indexes", async () => {
    let now = Date.parse("2026-02-03T04:05:06.000Z");
    const clock = { now: () => new Date((now += 1_000)) };
    const definition = { parameters: [], steps: [] };
    const { runs, engine } = room({ definition, clock });
    const scheduleId = randomUUID();
    const experimentName = `pages ${scheduleId}`;
    const ids = Array.from({ length: 7 }, () => randomUUID());
    for (const runId of ids) {
      const cause = { kind: "slot" as const, scheduleId, slotAt: "2026-02-03T04:00:00.000Z" };
      await runs.submit(submission(runId, { experimentName, cause }), engine);
    }
    for (const filter of [
      { kind: "schedule" as const, scheduleId },
      { kind: "experiment" as const, experimentName },
    ]) {
      const pages: string[][] = [];
      let token: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof runs.list>> = await runs.list(filter, 3, token);
        pages.push(page.items.map(({ runId }) => runId));
        token = page.continuationToken;
      } while (token !== null);
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
      expect(pages.flat()).toEqual([...ids].reverse());
    }
  });
});

describe("artifacts", () => {
  test("are listed below the step run's own folder and read through a URL without further credentials", async () => {
    const { runs, workspace } = room({});
    const stepRunId = randomUUID();
    const container = workspace.blobs.getContainerClient("sluice-system");
    await container.createIfNotExists();
    const write = (path: string, text: string) =>
      container.getBlockBlobClient(`ExperimentRun/dcid.${path}`).upload(text, text.length);
    await write(`${stepRunId}/outputs/report.txt`, "accuracy 0.97");
    await write(`${stepRunId}/user_logs/std_log.txt`, "done");
    await write(`${randomUUID()}/outputs/other.txt`, "not mine");
    expect(await runs.artifacts(stepRunId)).toEqual([
      { path: "azureml-logs/70_driver_log.txt", size: 4 },
      { path: "outputs/report.txt", size: 13 },
      { path: "user_logs/std_log.txt", size: 4 },
    ]);
    const url = await runs.artifactUrl(stepRunId, "outputs/report.txt");
    expect(await (await fetch(url!)).text()).toBe("accuracy 0.97");
    const older = await runs.artifactUrl(stepRunId, "azureml-logs/70_driver_log.txt");
    expect(await (await fetch(older!)).text()).toBe("done");
    expect(await runs.artifactUrl(stepRunId, "outputs/none.txt")).toBeUndefined();
    expect(await runs.artifactUrl(stepRunId, "../x/outputs/other.txt")).toBeUndefined();
  });
});
