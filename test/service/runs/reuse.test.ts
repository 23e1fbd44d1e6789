import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { StepDefinition } from "../../../src/model/definition";
import { artifactPath } from "../../../src/data/artifactPath";
import { openRunStores } from "../../../src/runs/runStores";
import { startLab, text, until, type Going, type Lab, type Ran } from "./reuseLab";
import { systemContainer } from "../../../src/workspace/systemContainer";
import { inputPort, outputPort } from "../../unit/model/definitionBuilder";
import { step } from "./runsUnderTest";

let lab: Lab;
let snapshotId: string;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

/** A snapshot of its own per test, so that no test meets the results of another. */
let mark: string;
beforeEach(async () => {
  mark = randomUUID();
  snapshotId = await lab.snapshot({ "prepare.py": "print(1)", "mark.txt": mark });
});

const prepare = (more: Partial<StepDefinition> = {}): StepDefinition =>
  step("prepare", [], {
    snapshotId,
    arguments: [text("--rows"), text("10")],
    outputs: [outputPort("out")],
    ...more,
  });

const train = (more: Partial<StepDefinition> = {}): StepDefinition =>
  step("train", [], {
    snapshotId,
    arguments: [text("--lr"), text("0.1")],
    inputs: [inputPort("data", { kind: "stepOutput", stepId: "prepare", port: "out" }, { mode: "download" })],
    outputs: [outputPort("model")],
    ...more,
  });

const placeOf = (ran: Ran, name: string) => ran.steps[name]!.outputs[0]!.dataPath;

describe("a pipeline that is submitted again", () => {
  test("runs nothing when nothing changed, and stands on the outputs of the first run", async () => {
    const first = await lab.run([prepare(), train()]);
    expect(first.began).toEqual(["prepare", "train"]);
    expect(first.steps["prepare"]?.reuse).toEqual({
      decision: "ran",
      reason: "never run before",
      comparedWith: null,
    });
    const second = await lab.run([prepare(), train()]);
    expect(second).toMatchObject({ status: "finished", began: [] });
    for (const name of ["prepare", "train"]) {
      const { runId, stepId, stepRunId, outputs } = first.steps[name]!;
      expect(second.steps[name]).toMatchObject({
        status: "finished",
        attempt: 0,
        outputs,
        reuse: {
          decision: "reused",
          reason: `nothing changed since run ${first.runId}`,
          from: { runId, stepId, stepRunId },
        },
      });
    }
  });

  test("tells outputs of a reused step where they are, under the names that the pipeline gives them", async () => {
    const steps = [prepare(), train({ outputs: [outputPort("model", { pipelineOutputName: "best" })] })];
    const first = await lab.run(steps);
    const going = await lab.begin(steps);
    await going.ended();
    const outputs = await going.room.runs.outputs(going.runId);
    expect(outputs).toEqual([
      { stepId: "prepare", port: "out", dataPath: placeOf(first, "prepare"), pipelineOutputName: null },
      { stepId: "train", port: "model", dataPath: placeOf(first, "train"), pipelineOutputName: "best" },
    ]);
    expect(await going.room.runs.outputs(randomUUID())).toBeUndefined();
  });

  test("links logs and metrics of the step that computed, and copies none", async () => {
    const metrics = [
      { name: "loss", type: "scalar" as const, value: 1, step: null, loggedAt: "2026-01-01T00:00:00.000Z" },
    ];
    lab.endings["prepare"] = { exitCode: 0, metrics };
    const first = await lab.run([prepare()]);
    delete lab.endings["prepare"];
    const path = artifactPath(first.steps["prepare"]!.stepRunId, "user_logs/std_log.txt");
    await (await systemContainer(lab.workspace)).getBlockBlobClient(path).upload("said", 4);
    const going = await lab.begin([prepare()]);
    const { stepRunId } = (await going.ended()).steps["prepare"]!;
    const { runs } = going.room;
    expect(await runs.metrics(stepRunId)).toMatchObject([{ name: "loss", value: 1 }]);
    expect((await runs.metricPage(stepRunId, "loss", null)).items).toMatchObject([{ value: 1 }]);
    const paths = (await runs.artifacts(stepRunId)).map((artifact) => artifact.path);
    expect(paths).toContain("user_logs/std_log.txt");
    const url = (await runs.artifactUrl(stepRunId, "user_logs/std_log.txt"))!;
    expect(await (await fetch(url)).text()).toBe("said");
  });

  test("names the argument that changed, and hands the earlier output to the step that runs", async () => {
    const first = await lab.run([prepare(), train()]);
    const second = await lab.run([prepare(), train({ arguments: [text("--lr"), text("0.2")] })]);
    expect(second.began).toEqual(["train"]);
    expect(second.steps["train"]?.reuse).toEqual({
      decision: "ran",
      reason: "argument --lr 0.1 → 0.2",
      comparedWith: first.runId,
    });
    const attempt = lab.target.begun.find(({ runId }) => runId === second.runId);
    const { dataPath } = first.steps["prepare"]!.outputs[0]!;
    expect(attempt?.inputs[0]?.source).toEqual({ kind: "dataPath", dataPath });
  });

  test("names the file that changed, and the upstream step that ran anew because of it", async () => {
    await lab.run([prepare(), train()]);
    const changed = await lab.snapshot({ "prepare.py": "print(2)", "mark.txt": mark });
    const second = await lab.run([prepare({ snapshotId: changed }), train()]);
    expect(second.began).toEqual(["prepare", "train"]);
    expect(second.steps["prepare"]?.reuse?.reason).toBe("prepare.py changed");
    expect(second.steps["train"]?.reuse?.reason).toBe("upstream step prepare ran anew");
  });

  test("reuses in another experiment and another pipeline of equal steps", async () => {
    await lab.run([prepare()]);
    const second = await lab.run([prepare({ id: "p-2" })], { experimentName: "elsewhere" });
    expect(second.began).toEqual([]);
  });

  test("goes back to an older result when the change is taken back", async () => {
    const first = await lab.run([prepare(), train()]);
    await lab.run([prepare(), train({ arguments: [] })]);
    const third = await lab.run([prepare(), train()]);
    expect(third.began).toEqual([]);
    expect(third.steps["train"]?.reuse).toMatchObject({ from: { runId: first.runId } });
    const fourth = await lab.run([prepare(), train({ arguments: [text("--lr"), text("0.3")] })]);
    expect(fourth.steps["train"]?.reuse?.reason).toBe("argument --lr 0.1 → 0.3");
  });
});

describe("a step that may not be reused", () => {
  test("runs every time, and so does what reads its output", async () => {
    const never = prepare({ allowReuse: false });
    await lab.run([never, train()]);
    const second = await lab.run([never, train()]);
    expect(second.began).toEqual(["prepare", "train"]);
    expect(second.steps["prepare"]?.reuse?.reason).toBe("allow_reuse is false");
    expect(second.steps["train"]?.reuse?.reason).toBe("upstream step prepare ran anew");
  });

  test("gives its result to nobody, even when another submission allows it", async () => {
    await lab.run([prepare({ allowReuse: false })]);
    expect((await lab.run([prepare()])).began).toEqual(["prepare"]);
  });

  test("that was told to run anew gives its fresh result to later submissions", async () => {
    await lab.run([prepare()]);
    const second = await lab.run([prepare({ regenerateOutput: true })]);
    expect(second.steps["prepare"]?.reuse?.reason).toBe("regenerate_outputs was asked for");
    const third = await lab.run([prepare()]);
    expect(third.began).toEqual([]);
    expect(third.steps["prepare"]?.reuse).toMatchObject({ from: { runId: second.runId } });
  });

  test("runs after a run in which it failed, and says so", async () => {
    lab.endings["prepare"] = { exitCode: 1 };
    const first = await lab.run([prepare()]);
    delete lab.endings["prepare"];
    const second = await lab.run([prepare()]);
    expect(second.began).toEqual(["prepare"]);
    expect(second.steps["prepare"]?.reuse?.reason).toBe(`in run ${first.runId} it failed`);
  });
});

describe("outputs that are not what they were", () => {
  const blobOf = (path: string) => lab.container.getBlockBlobClient(path);

  test("make the step run when a blob is missing, and are named", async () => {
    const first = await lab.run([prepare()]);
    const path = `${first.steps["prepare"]!.outputs[0]!.dataPath.path}/data.txt`;
    await blobOf(path).delete();
    const second = await lab.run([prepare()]);
    expect(second.began).toEqual(["prepare"]);
    const { reason } = second.steps["prepare"]!.reuse!;
    expect(reason).toBe(`output out: blob ${path} is missing since ${first.steps["prepare"]!.endedAt}`);
    expect((await lab.run([prepare()])).steps["prepare"]?.reuse).toMatchObject({
      decision: "reused",
      from: { runId: second.runId },
    });
  });

  test("make the step run when a blob was overwritten, even with the same bytes", async () => {
    const first = await lab.run([prepare()]);
    const path = `${first.steps["prepare"]!.outputs[0]!.dataPath.path}/data.txt`;
    await blobOf(path).upload("rows", 4);
    const second = await lab.run([prepare()]);
    expect(second.steps["prepare"]?.reuse?.reason).toContain(`blob ${path} was overwritten`);
  });

  test("make the step run when a blob was added beside them", async () => {
    const first = await lab.run([prepare()]);
    const path = `${first.steps["prepare"]!.outputs[0]!.dataPath.path}/more.txt`;
    await blobOf(path).upload("more", 4);
    const second = await lab.run([prepare()]);
    expect(second.steps["prepare"]?.reuse?.reason).toContain(`blob ${path} was added`);
  });

  test("are told by their number where there are too many to keep", async () => {
    const few = lab.leaves;
    lab.leaves = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`part-${i}.csv`, String(i)]));
    const first = await lab.run([prepare()]);
    lab.leaves = few;
    expect((await lab.run([prepare()])).began).toEqual([]);
    await blobOf(`${first.steps["prepare"]!.outputs[0]!.dataPath.path}/part-7.csv`).delete();
    const second = await lab.run([prepare()]);
    expect(second.steps["prepare"]?.reuse?.reason).toContain("it held 400 blobs and holds 399, since");
  });
});

describe("two equal steps at once", () => {
  const slow = () => step("slow", [], { snapshotId, outputs: [outputPort("out")] });
  /** Two submissions; the first computes, the second has put itself into the first one's row. */
  const both = async (): Promise<{ one: Going; two: Going; attemptId: string }> => {
    lab.endings["slow"] = undefined;
    const began = lab.target.begun.length;
    const one = await lab.begin([slow()]);
    await until(() => Promise.resolve(lab.target.begun.length > began));
    const two = await lab.begin([slow()]);
    const { steps } = openRunStores(one.room.workspace);
    const token = openRunStores(one.room.workspace).runs.knownToken(one.runId)!;
    await until(async () => (await steps.list(one.runId, token))[0]!.waiters.length === 1);
    return { one, two, attemptId: `${one.runId}.slow.1` };
  };

  test("compute once: the second waits for the first and stands on its result", async () => {
    const { one, two, attemptId } = await both();
    lab.target.end(attemptId, { exitCode: 0 });
    expect((await one.ended()).began).toEqual(["slow"]);
    const second = await two.ended();
    expect(second.began).toEqual([]);
    expect(second.steps["slow"]?.reuse).toMatchObject({ decision: "reused", from: { runId: one.runId } });
  });

  test("do not fail together: the second computes when the first failed", async () => {
    const { one, two, attemptId } = await both();
    lab.target.end(attemptId, { exitCode: 1 });
    await until(() => Promise.resolve(lab.target.begun.some(({ runId }) => runId === two.runId)));
    lab.target.end(`${two.runId}.slow.1`, { exitCode: 0 });
    const second = await two.ended();
    expect((await one.ended()).status).toBe("failed");
    expect(second.status).toBe("finished");
    expect(second.steps["slow"]?.reuse?.reason).toBe(`in run ${one.runId} it failed`);
  });

  test("do not end together: the second computes when the first was canceled", async () => {
    const { one, two } = await both();
    await one.room.runs.cancel(one.runId, one.room.engine);
    expect((await one.ended()).status).toBe("canceled");
    await until(() => Promise.resolve(lab.target.begun.some(({ runId }) => runId === two.runId)));
    lab.target.end(`${two.runId}.slow.1`, { exitCode: 0 });
    expect((await two.ended()).steps["slow"]?.reuse?.reason).toBe(`in run ${one.runId} it was canceled`);
  });

  test("leave the first alone when the second is canceled while it waits", async () => {
    const { one, two, attemptId } = await both();
    await two.room.runs.cancel(two.runId, two.room.engine);
    await until(async () => (await two.now()).status === "canceled");
    expect((await two.now()).steps["slow"]).toMatchObject({ status: "skipped", attempt: 0 });
    lab.target.end(attemptId, { exitCode: 0 });
    expect((await one.ended()).status).toBe("finished");
  });

  test("of one run compute once as well", async () => {
    const twin = (id: string) =>
      step(id, [], { name: "twin", script: "twin.py", snapshotId, outputs: [outputPort("out")] });
    const { began } = await lab.run([twin("a"), twin("b")]);
    expect(began).toEqual(["twin"]);
  });
});
