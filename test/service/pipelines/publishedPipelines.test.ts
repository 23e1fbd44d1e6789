import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { PublishedPipeline, PublishRequest } from "../../../src/pipelines/publishedPipelines";
import { definitionWith, requestOf, startPipelines, type PipelinesUnderTest } from "./pipelinesUnderTest";
import { inputPort, outputPort } from "../../unit/model/definitionBuilder";

let room: PipelinesUnderTest;

beforeAll(async () => {
  room = await startPipelines();
});
afterAll(() => room.storage.stop());

async function publish(request: PublishRequest): Promise<PublishedPipeline> {
  const outcome = await room.pipelines.publish(request);
  if (outcome.status === "refused") throw new Error(JSON.stringify(outcome.problems));
  return outcome.pipeline;
}

async function countAll(): Promise<number> {
  return (await room.pipelines.list({ activeOnly: false })).length;
}

describe("publishing", () => {
  test("keeps definition and graph as they came, and every field", async () => {
    const request = {
      ...requestOf(definitionWith(room.snapshotId)),
      version: "7",
      continueOnStepFailure: false,
      properties: { "azureml.git.commit": "abc" },
    };
    const pipeline = await publish(request);
    expect(await room.pipelines.find(pipeline.id)).toEqual(pipeline);
    expect(pipeline).toMatchObject({
      name: "p",
      version: "7",
      status: "Active",
      stepCount: 1,
      continueOnStepFailure: false,
      properties: { "azureml.git.commit": "abc" },
    });
    expect(await room.pipelines.definition(pipeline.id)).toEqual(request.definition);
    const { graph, graphInterface } = request;
    expect(await room.pipelines.findGraph(pipeline.graphId)).toEqual({ graph, graphInterface });
  });

  test("tells everything that is not there at once, and writes nothing", async () => {
    const before = await countAll();
    const definition = {
      parameters: [
        { kind: "dataPath", name: "input", defaultValue: { datastore: "lake", path: "a" } } as const,
      ],
      steps: [
        ...definitionWith(randomUUID(), {
          computeTarget: "cpu-pool",
          inputs: [inputPort("raw", { kind: "dataReference", dataPath: { datastore: "lake", path: "a" } })],
          outputs: [outputPort("out", { datastore: "sea" })],
        }).steps,
        ...definitionWith(room.snapshotId, { id: "two", name: "two", script: "train.py" }).steps,
      ],
    };
    const outcome = await room.pipelines.publish({
      ...requestOf(definition),
      description: "x".repeat(40_000),
    });
    const problems = outcome.status === "refused" ? outcome.problems : [];
    expect(problems.map(({ code, field }) => `${code} ${field}`)).toEqual([
      "TextTooLong Description",
      "UnknownDatastore parameters.input.defaultValue",
      "UnknownSnapshot steps.one.snapshotId",
      "UnknownComputeTarget steps.one.computeTarget",
      "UnknownDatastore steps.one.outputs.out.datastore",
      "UnknownDatastore steps.one.inputs.raw.datastore",
      "UnknownScript steps.two.script",
    ]);
    expect(await countAll()).toBe(before);
  });

  test("that dies before its rows are written leaves nothing that can be found", async () => {
    const before = await countAll();
    const dying = room.reopen({ table: () => Promise.reject(new Error("died")) });
    await expect(dying.publish(requestOf(definitionWith(room.snapshotId)))).rejects.toThrow("died");
    expect(await countAll()).toBe(before);
  });
});

describe("the list of pipelines", () => {
  test("is newest first, and leaves disabled ones out when it is asked to", async () => {
    const made: string[] = [];
    for (const name of ["first", "second", "third"]) {
      room.tick();
      made.unshift((await publish(requestOf(definitionWith(room.snapshotId), name))).id);
    }
    const all = await room.pipelines.list({ activeOnly: false });
    expect(all.slice(0, 3).map(({ id }) => id)).toEqual(made);
    expect(await room.pipelines.setStatus(made[1]!, "Disabled")).toBe("done");
    const active = await room.pipelines.list({ activeOnly: true });
    expect(active.slice(0, 2).map(({ id }) => id)).toEqual([made[0], made[2]]);
  });

  test("status changes of two callers at once both arrive, the last one stays", async () => {
    const { id } = await publish(requestOf(definitionWith(room.snapshotId)));
    const changes = await Promise.all([
      room.pipelines.setStatus(id, "Disabled"),
      room.pipelines.setStatus(id, "Disabled"),
    ]);
    expect(changes).toEqual(["done", "done"]);
    expect((await room.pipelines.find(id))?.status).toBe("Disabled");
    expect(await room.pipelines.setStatus(randomUUID(), "Active")).toBe("not-found");
  });
});

test.each(["", "a/b", "n:1", "x".repeat(2_000)])(
  "there is no pipeline and no graph of the id %j",
  async (id) => {
    expect(await room.pipelines.find(id)).toBeUndefined();
    expect(await room.pipelines.findGraph(id)).toBeUndefined();
  },
);
