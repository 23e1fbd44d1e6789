import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openWorkspace } from "../../../src/cli/connect";
import { PublishedPipeline } from "../../../src/sdk/publishedPipeline";
import { Schedule } from "../../../src/sdk/schedule";
import { PipelineRun } from "../../../src/sdk/pipelineRun";
import type { Workspace } from "../../../src/sdk/workspace";
import {
  removeFolder,
  runInShell,
  startSluice,
  temporaryDataFolder,
  type StartedSluice,
} from "./startedSluice";

describe("sluice start --once", () => {
  let dataFolder: string;
  beforeAll(async () => {
    dataFolder = await temporaryDataFolder();
  });
  afterAll(() => removeFolder(dataFolder));

  test("runs the example on real data to an accuracy above 0.94", async () => {
    const sluice = startSluice(["--once", "--port", "0", "--data", dataFolder]);
    expect({ code: await sluice.exited, stderr: sluice.stderr() }).toEqual({ code: 0, stderr: "" });
    expect(sluice.stdout()).toMatch(/^run \S+ {2}Finished {2}/m);
    for (const step of ["prepare", "train", "evaluate"]) {
      expect(sluice.stdout()).toMatch(new RegExp(`^ {2}${step} {2}Finished {2}`, "m"));
    }
    expect(accuracy(sluice.stdout())).toBeGreaterThan(0.94);
    expect(sluice.stdout()).toMatch(/^workspaceblobstore:\/azureml\/.*report/m);
  });
});

function accuracy(text: string): number {
  return Number(/accuracy +([0-9.]+)/.exec(text)?.[1] ?? NaN);
}

describe("a service that stays up", () => {
  let dataFolder: string;
  let sluice: StartedSluice;
  let workspace: Workspace;
  const start = async (): Promise<void> => {
    sluice = startSluice(["--port", "0", "--data", dataFolder]);
    await sluice.until(/stays up until Ctrl-C/);
    workspace = openWorkspace(/answers at (http\S+)/.exec(sluice.stdout())?.[1] ?? "", dataFolder);
  };
  beforeAll(async () => {
    dataFolder = await temporaryDataFolder();
    await start();
  });
  afterAll(async () => {
    sluice.signal("SIGTERM");
    await sluice.exited;
    await removeFolder(dataFolder);
  });

  const printed = (start: string): string =>
    sluice
      .stdout()
      .split("\n")
      .find((line) => line.startsWith(start)) ?? `no line starts with ${start}`;

  test("printed a curl that submits the endpoint with another parameter", async () => {
    const ran = runInShell(printed("curl "));
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { Id: id } = JSON.parse(ran.stdout) as { Id: string };
    const run = await ended(id);
    expect((await run.get()).parameterAssignments["learning_rate"]).toBe("0.1");
  });

  test("printed an upload that starts a run on the uploaded file", async () => {
    const before = await runIds();
    const upload =
      sluice
        .stdout()
        .split("\n")
        .find((line) => line.includes(" upload ")) ?? "";
    expect(runInShell(upload)).toMatchObject({ code: 0, stderr: "" });
    const id = await newRun(before);
    const run = await ended(id);
    expect((await run.get()).parameterAssignments["input_data"]).toBe(
      "workspaceblobstore/inbox/second_batch.csv",
    );
  });

  test("printed a command that shows the runs and what caused them", () => {
    const line =
      sluice
        .stdout()
        .split("\n")
        .find((each) => each.includes("sluice.mjs runs")) ?? "";
    const ran = runInShell(line);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^RUN +STATUS +PIPELINE +STARTED +DURATION +CAUSE\n/);
    expect(ran.stdout).toMatch(/blob inbox\/second_batch\.csv/);
  });

  test("does not create the example twice when it is started again, and keeps the runs", async () => {
    const before = await runIds();
    sluice.signal("SIGINT");
    expect(await sluice.exited).toBe(0);
    await start();
    expect(await PublishedPipeline.list(workspace, false)).toHaveLength(1);
    expect(await Schedule.list(workspace, false)).toHaveLength(2);
    expect(await runIds()).toEqual(expect.arrayContaining(before));
  });

  async function runIds(): Promise<string[]> {
    const { value } = await PipelineRun.list(workspace, 50);
    return value.map(({ runId }) => runId);
  }

  async function newRun(before: readonly string[]): Promise<string> {
    for (;;) {
      const found = (await runIds()).find((id) => !before.includes(id));
      if (found !== undefined) return found;
    }
  }

  async function ended(id: string): Promise<PipelineRun> {
    const run = await PipelineRun.find(workspace, id);
    if (run === undefined) throw new Error(`There is no run ${id}.`);
    for (;;) {
      const { statusCode } = (await run.get()).status;
      if (statusCode === "Failed" || statusCode === "Canceled")
        throw new Error(`Run ${id} ended ${statusCode}.`);
      if (statusCode === "Finished") return run;
    }
  }
});
