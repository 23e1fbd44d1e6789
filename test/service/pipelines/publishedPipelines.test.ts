import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createDatastores } from "../../../src/data/datastoreStore";
import { createSnapshots } from "../../../src/data/snapshotStore";
import { createPipelineEndpoints } from "../../../src/pipelines/pipelineEndpointStore";
import { createPublishedPipelines } from "../../../src/pipelines/publishedPipelineStore";
import type { PublishRequest } from "../../../src/pipelines/publishedPipelines";
import { createResolveTarget } from "../../../src/pipelines/resolveTarget";
import { openWorkspace } from "../../../src/workspace/openWorkspace";
import { definitionOf, stepOf } from "../../unit/model/definitionBuilder";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";

let storage: StorageUnderTest;
let snapshotId: string;
/** In the future, so that upload URLs do not expire before they are used. */
let minute = 0;

beforeAll(async () => {
  storage = await startStorage();
  snapshotId = await snapshotOf(openRoom(), "main.py");
});
afterAll(() => storage.stop());

function openRoom() {
  const workspace = openWorkspace(
    {
      subscriptionId: "s",
      resourceGroup: "g",
      workspaceName: "w",
      storageConnection: storage.connectionString,
      selfUrl: "http://127.0.0.1:1",
      local: null,
    },
    {
      clock: { now: () => new Date(Date.UTC(2100, 0, 1, 0, (minute += 1))) },
      log: { write: () => undefined },
    },
  );
  const datastores = createDatastores({ workspace });
  const snapshots = createSnapshots({ workspace });
  const local = { name: "local" };
  const computeTargets = {
    find: (name: string) => (name === "local" ? (local as never) : undefined),
    list: () => [local as never],
  };
  const pipelines = createPublishedPipelines({ workspace, datastores, snapshots, computeTargets });
  const endpoints = createPipelineEndpoints({ workspace, pipelines });
  return {
    workspace,
    snapshots,
    pipelines,
    endpoints,
    resolve: createResolveTarget({ pipelines, endpoints }),
  };
}

type Room = ReturnType<typeof openRoom>;

async function snapshotOf({ snapshots }: Room, name: string): Promise<string> {
  const [target] = await snapshots.uploadTargets([name]);
  const { status } = await fetch(target!.blobUrl, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: "pass",
  });
  expect(status).toBe(201);
  const id = crypto.randomUUID();
  expect(await snapshots.create(id, null, [name], [{ path: name, blobUrl: target!.blobUrl, size: 4 }])).toBe(
    "created",
  );
  return id;
}

const requestOf = (name: string): PublishRequest => ({
  name,
  description: "",
  version: null,
  definition: definitionOf([stepOf("a", { snapshotId })]),
  graph: '{"ModuleNodes":[]}',
  graphInterface: "{}",
  continueOnStepFailure: null,
  properties: { "azureml.git.branch": "main" },
});

async function publish(room: Room, name = "p") {
  const outcome = await room.pipelines.publish(requestOf(name));
  if (outcome.status !== "published") throw new Error(JSON.stringify(outcome));
  return outcome.pipeline;
}

describe("published pipelines", () => {
  test("are found by an app that starts anew, with definition and graph as they were given", async () => {
    const pipeline = await publish(openRoom());
    const room = openRoom();
    expect(await room.pipelines.find(pipeline.id)).toEqual(pipeline);
    expect(await room.pipelines.definition(pipeline.id)).toEqual(requestOf("p").definition);
    expect(await room.pipelines.findGraph(pipeline.graphId)).toEqual({
      graph: '{"ModuleNodes":[]}',
      graphInterface: "{}",
    });
    expect(pipeline).toMatchObject({
      status: "Active",
      stepCount: 1,
      version: null,
      continueOnStepFailure: null,
    });
  });

  test("with anything missing, nothing is published and every problem is named", async () => {
    const room = openRoom();
    const before = await room.pipelines.list({ activeOnly: false });
    const step = stepOf("a", {
      snapshotId,
      script: "other.py",
      computeTarget: "gpu",
      outputs: [{ name: "out", datastore: "elsewhere", mode: "mount", pipelineOutputName: null }],
    });
    const unknownSnapshot = stepOf("b", { snapshotId: crypto.randomUUID() });
    const outcome = await room.pipelines.publish({
      ...requestOf("broken"),
      definition: definitionOf([step, unknownSnapshot]),
    });
    const problems = outcome.status === "refused" ? outcome.problems : [];
    expect(problems.map(({ code, field }) => `${code} ${field}`)).toEqual([
      "UnknownScript steps.a.script",
      "UnknownComputeTarget steps.a.computeTarget",
      "UnknownDatastore steps.a.outputs.out.datastore",
      "UnknownSnapshot steps.b.snapshotId",
    ]);
    expect(await room.pipelines.list({ activeOnly: false })).toEqual(before);
  });

  test("are listed newest first, disabled ones only when asked for", async () => {
    const room = openRoom();
    const [first, second] = [await publish(room, "first"), await publish(room, "second")];
    expect(await room.pipelines.setStatus(first.id, "Disabled")).toBe("done");
    const names = (await room.pipelines.list({ activeOnly: true })).map(({ name }) => name);
    expect(names[0]).toBe("second");
    expect(names).not.toContain("first");
    const all = await room.pipelines.list({ activeOnly: false });
    expect(all.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test("an id that is no id of a graph reads no other document", async () => {
    expect(await openRoom().pipelines.findGraph("../pipelines/x/definition")).toBeUndefined();
  });
});

describe("pipeline endpoints", () => {
  test("of two creators of one name, one wins", async () => {
    const room = openRoom();
    const { id } = await publish(room);
    const create = () =>
      room.endpoints.create({ name: "race/1#?", description: "", pipelineId: id, properties: {} });
    const outcomes = await Promise.all([create(), create(), create()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["created", "name-taken", "name-taken"]);
    expect(await room.endpoints.findByName("race/1#?")).toMatchObject({ defaultVersion: "0" });
    expect(await room.endpoints.findByName("Race/1#?")).toBeUndefined();
  });

  test("resolve to the pipeline of the version that is asked for, or of the default", async () => {
    const room = openRoom();
    const pipeline = await publish(room);
    await room.endpoints.create({ name: "score", description: "", pipelineId: pipeline.id, properties: {} });
    const byName = await room.resolve({ kind: "endpointName", name: "score", version: null });
    expect(byName).toMatchObject({ status: "resolved", pipeline: { id: pipeline.id } });
    const missing = await room.resolve({ kind: "endpointName", name: "score", version: "7" });
    expect(missing).toMatchObject({ status: "not-found", problem: { code: "UnknownEndpointVersion" } });
  });

  test("a disabled pipeline cannot be submitted through an endpoint that is active", async () => {
    const room = openRoom();
    const pipeline = await publish(room);
    await room.endpoints.create({ name: "stale", description: "", pipelineId: pipeline.id, properties: {} });
    await room.pipelines.setStatus(pipeline.id, "Disabled");
    const resolved = await room.resolve({ kind: "endpointName", name: "stale", version: null });
    expect(resolved).toMatchObject({ status: "disabled", problem: { code: "PipelineDisabled" } });
  });

  test("an endpoint on a pipeline that is not there is refused", async () => {
    const room = openRoom();
    const request = { name: "void", description: "", pipelineId: crypto.randomUUID(), properties: {} };
    expect(await room.endpoints.create(request)).toMatchObject({ status: "refused" });
    expect(await room.endpoints.findByName("void")).toBeUndefined();
  });
});

describe("snapshots", () => {
  test("take only files that were uploaded to the places that were given out", async () => {
    const { snapshots, workspace } = openRoom();
    const [target] = await snapshots.uploadTargets(["a.py"]);
    const paths = ["a.py"];
    const create = (blobUrl: string, size = 4) =>
      snapshots.create(crypto.randomUUID(), null, paths, [{ path: "a.py", blobUrl, size }]);
    expect(await create(target!.blobUrl)).toBe("missing-file");
    const container = workspace.blobs.getContainerClient("sluice-system");
    expect(await create(`${container.url}/pipelines/${snapshotId}.json`)).toBe("missing-file");
    expect(await create("http://example.org/a.py")).toBe("missing-file");
    await fetch(target!.blobUrl, { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: "pass" });
    expect(await create(target!.blobUrl, 5)).toBe("missing-file");
    expect(await create(target!.blobUrl)).toBe("created");
  });

  test("keep the parent's files that are still named", async () => {
    const room = openRoom();
    const { snapshots } = room;
    const id = crypto.randomUUID();
    expect(await snapshots.create(id, snapshotId, ["main.py"], [])).toBe("created");
    expect((await snapshots.find(id))?.files.map(({ path }) => path)).toEqual(["main.py"]);
    expect(await snapshots.create(crypto.randomUUID(), crypto.randomUUID(), [], [])).toBe("unknown-parent");
  });
});
