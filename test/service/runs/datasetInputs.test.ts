/** Datasets as inputs of steps: what is settled at submission, over real tables and blobs. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createDatasets } from "../../../src/data/datasetStore";
import type { PipelineDefinition } from "../../../src/model/definition";
import { inputPort } from "../../unit/model/definitionBuilder";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const place = (path: string) => ({ datastore: "workspaceblobstore", path });
const chosen: PipelineDefinition = {
  parameters: [
    { kind: "dataset", name: "chosen", defaultValue: { kind: "named", name: "iris", version: null } },
  ],
  steps: [
    {
      ...step("train"),
      inputs: [
        inputPort("data", { kind: "datasetParameter", parameter: "chosen" }),
        inputPort("fixed", { kind: "dataset", dataset: { kind: "named", name: "iris", version: "1" } }),
      ],
    },
  ],
};

function room() {
  const target = scriptedTarget({ train: { exitCode: 0 } });
  const under = openRuns({ connectionString: storage.connectionString, target, definition: chosen });
  const datasets = createDatasets({ workspace: under.workspace });
  const register = async (name: string, path: string) => {
    const definition = { kind: "file" as const, paths: [place(path)], partitionFormat: null };
    const outcome = await datasets.register({
      name,
      description: "",
      tags: {},
      definition,
      createNewVersion: true,
    });
    if (outcome.status === "refused") throw new Error("The dataset was refused");
    return outcome.dataset;
  };
  return { ...under, target, datasets, register };
}

describe("a run with dataset inputs", () => {
  test("keeps the versions that were the latest when it was submitted, and gives the target their places", async () => {
    const { runs, engine, target, register } = room();
    const first = await register("iris", "iris/1/**");
    const second = await register("iris", "iris/2/**");
    const runId = randomUUID();
    expect(await runs.submit(submission(runId), engine)).toMatchObject({ status: "accepted" });
    await register("iris", "iris/3/**");
    await engine.ended(runId);
    const [attempt] = target.begun;
    expect(attempt?.inputs).toMatchObject([
      { name: "data", source: { kind: "dataset", datasetId: second.id, paths: [place("iris/2/**")] } },
      { name: "fixed", source: { kind: "dataset", datasetId: first.id, paths: [place("iris/1/**")] } },
    ]);
  });

  test("takes the dataset that the submission assigns in place of the default", async () => {
    const { runs, engine, target, register } = room();
    await register("iris", "iris/1/**");
    const other = await register("other", "other");
    const runId = randomUUID();
    const assigned = { chosen: { kind: "saved" as const, datasetId: other.id } };
    await runs.submit({ ...submission(runId), datasetAssignments: assigned }, engine);
    await engine.ended(runId);
    expect(target.begun[0]?.inputs[0]).toMatchObject({ source: { datasetId: other.id } });
  });

  test("is not accepted with a dataset that is not there, or archived; all are told at once", async () => {
    const { runs, engine, datasets, register } = room();
    await register("iris", "iris/1/**");
    await datasets.setState("iris", "archived");
    const assigned = { chosen: { kind: "named" as const, name: "nobody", version: "2" } };
    const runId = randomUUID();
    const outcome = await runs.submit({ ...submission(runId), datasetAssignments: assigned }, engine);
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "DatasetArchived", field: "steps.train.inputs.fixed", received: "iris, version 1" },
        {
          code: "UnknownDataset",
          field: "DataSetDefinitionValueAssignments.chosen",
          received: "nobody, version 2",
        },
      ],
    });
    expect(await runs.find(runId)).toBeUndefined();
  });
});
