/** The HTTP API of the real service, over real storage, runs and Python. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { localWorkspace, routesOf } from "../../../src/contract/routes";
import { codeOf, ServiceUnderTest, targetsOf } from "./serviceUnderTest";

type Entity = Readonly<Record<string, unknown>>;

const routes = routesOf(localWorkspace);
const parameters = [
  { kind: "literal", name: "epochs", type: "int", defaultValue: 10 },
  {
    kind: "dataPath",
    name: "input_data",
    defaultValue: { datastore: "workspaceblobstore", path: "inbox/a.csv" },
  },
];
const unknownId = "00000000-0000-4000-8000-00000000dead";

let service: ServiceUnderTest;
let pipelineId: string;
let endpointId: string;

beforeAll(async () => {
  service = await ServiceUnderTest.start();
  pipelineId = await service.publish("quick", "print('done')", parameters);
  const endpoint = await service.ask(routes.createEndpoint, { Name: "quick end", PipelineId: pipelineId });
  endpointId = String(endpoint["Id"]);
});
afterAll(async () => {
  await (service as ServiceUnderTest | undefined)?.stop();
});

async function untilEnded(id: string): Promise<string> {
  for (;;) {
    const { Status: status } = await service.ask<{ Status: { StatusCode: string } }>(routes.run(id));
    if (!["NotStarted", "Running"].includes(status.StatusCode)) return status.StatusCode;
    await new Promise((next) => setTimeout(next, 20));
  }
}

async function submit(path: string, body: Entity = {}): Promise<string> {
  return (await service.ask<{ Id: string }>(path, { ExperimentName: "api", ...body })).Id;
}

const ids = (list: readonly Entity[]): readonly unknown[] => list.map((each) => each["Id"]);
const list = async (path: string): Promise<readonly unknown[]> => ids(await service.ask<Entity[]>(path));

describe("what is published", () => {
  test("is told alike when it is listed and when it is asked for", async () => {
    const pipeline = await service.ask(routes.pipeline(pipelineId));
    expect(pipeline).toMatchObject({
      Name: "quick",
      TotalRunSteps: 1,
      ParameterAssignments: { epochs: "10", input_data: "workspaceblobstore/inbox/a.csv" },
    });
    expect(await service.ask<Entity[]>(routes.pipelines(true))).toContainEqual(pipeline);
  });

  test("has an endpoint that is found by id, by name and in the list, and submits at the URL that it tells", async () => {
    const endpoint = await service.ask(routes.endpoint(endpointId));
    expect(await service.ask(routes.endpointByName("quick end"))).toEqual(endpoint);
    expect(await service.ask<Entity[]>(routes.endpoints(true))).toContainEqual(endpoint);
    const url = new URL(String(endpoint["Url"]));
    expect(url.port).toBe(new URL(service.workspace.service.baseUrl).port);
    expect(await untilEnded(await submit(url.pathname))).toBe("Finished");
  });

  test("can be disabled, leaves the list of active ones and is not run any more", async () => {
    const id = await service.publish("retired", "pass");
    await service.send({ method: "PUT", path: routes.pipelineStatus(id), body: '"Disabled"' });
    expect(await list(routes.pipelines(true))).not.toContain(id);
    expect(await list(routes.pipelines(false))).toContain(id);
    const answer = await service.send({ method: "POST", path: routes.submitPipeline(id), body: {} });
    expect([answer.status, codeOf(answer)]).toEqual([409, "PipelineDisabled"]);
  });

  test("under one endpoint name at the same moment exists once, and the other caller is told so", async () => {
    for (const Name of ["one", "two", "three", "four", "five"]) {
      const create = () =>
        service.send({ method: "POST", path: routes.createEndpoint, body: { Name, PipelineId: pipelineId } });
      const answers = await Promise.all([create(), create()]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const [taken] = answers.filter(({ status }) => status === 409);
      expect(taken && codeOf(taken)).toBe("PipelineEndpointNameTaken");
      const named = (await service.ask<Entity[]>(routes.endpoints(false))).filter(
        (each) => each["Name"] === Name,
      );
      expect(named).toHaveLength(1);
    }
  });
});

describe("a submission", () => {
  test.each([
    ["a published pipeline", () => routes.submitPipeline(pipelineId)],
    ["an endpoint by id", () => routes.submitEndpoint(endpointId)],
    ["an endpoint by id and version", () => routes.submitEndpointVersion(endpointId, "0")],
    ["an endpoint by name", () => routes.submitEndpointByName("quick end", null)],
    ["an endpoint by name and version", () => routes.submitEndpointByName("quick end", "0")],
  ])("of %s answers the id of a run that ends Finished with the assigned parameters", async (_what, path) => {
    const id = await submit(path(), { ParameterAssignments: { epochs: "3" } });
    expect(await untilEnded(id)).toBe("Finished");
    expect(await service.ask(routes.run(id))).toMatchObject({
      Id: id,
      PipelineId: pipelineId,
      RunHistoryExperimentName: "api",
      ParameterAssignments: { epochs: "3", input_data: "workspaceblobstore/inbox/a.csv" },
    });
  });

  test("is in every list of runs that it belongs to, before its answer has arrived", async () => {
    const id = await submit(routes.submitPipeline(pipelineId), { ExperimentName: "listed" });
    expect(await list(routes.runsOfPipeline(pipelineId))).toContain(id);
    for (const path of [routes.queryRuns, routes.queryExperimentRuns("listed")]) {
      const page = await service.ask<{ value: { runId: string }[] }>(path, { top: 1 });
      expect(page.value.map(({ runId }) => runId)).toEqual([id]);
    }
    expect(await service.ask(routes.historyRun("listed", id))).toMatchObject({
      runId: id,
      parentRunId: null,
    });
  });

  test("with several mistakes is told all of them at once, and nothing is written", async () => {
    const before = await list(routes.runsOfPipeline(pipelineId));
    const body = {
      ParameterAssignments: { epochs: "many", learning_rat: 1 },
      DataPathAssignments: { input_data: { DataStoreName: "nowhere", RelativePath: "x" } },
    };
    const answer = await service.send({ method: "POST", path: routes.submitPipeline(pipelineId), body });
    expect(answer.status).toBe(400);
    expect([...targetsOf(answer)].sort()).toEqual([
      "DataPathAssignments.input_data",
      "ParameterAssignments.epochs",
      "ParameterAssignments.learning_rat",
    ]);
    expect(await list(routes.runsOfPipeline(pipelineId))).toEqual(before);
  });

  test.each([
    ["DELETE of its execution", "DELETE", routes.runExecution],
    ["POST", "POST", routes.cancelRun],
  ])("that runs is cancelled by %s, and cancelled again without harm", async (name, method, path) => {
    const begun = join(service.folder, `${method}-begun`);
    const python = `import time\nopen(${JSON.stringify(begun)}, 'w').close()\nwhile True: time.sleep(1)`;
    const id = await submit(routes.submitPipeline(await service.publish(`slow by ${name}`, python)));
    while (!existsSync(begun)) await new Promise((next) => setTimeout(next, 20));
    expect((await service.send({ method, path: path(id) })).status).toBe(200);
    expect(await untilEnded(id)).toBe("Canceled");
    expect((await service.send({ method, path: path(id) })).status).toBe(200);
    expect(await untilEnded(id)).toBe("Canceled");
  });
});

describe("a schedule", () => {
  const clock = (): Entity => ({
    Name: "monthly",
    PipelineId: pipelineId,
    ScheduleType: "Recurrence",
    Recurrence: { Frequency: "Month", Interval: 1, StartTime: "2020-01-01T08:00:00", TimeZone: "UTC" },
    PipelineSubmissionInfo: { ExperimentName: "scheduled", ParameterAssignments: { epochs: "4" } },
  });
  const change = (): Entity => ({
    Name: "watch",
    PipelineEndpointId: endpointId,
    ScheduleType: "DataStore",
    DataStoreTriggerInfo: {
      DataStoreName: "workspaceblobstore",
      PathOnDataStore: "inbox",
      DataPathParameterName: "input_data",
      PollingInterval: 5,
    },
    PipelineSubmissionInfo: { ExperimentName: "scheduled" },
  });

  test.each([
    ["on a clock", clock, () => routes.schedulesOfPipeline(pipelineId)],
    ["on changes", change, () => routes.schedulesOfEndpoint(endpointId)],
  ])("%s is created, listed, read back, and disabled", async (_kind, body, listOfTarget) => {
    const created = await service.ask(routes.createSchedule, body());
    const id = String(created["Id"]);
    expect(created).toMatchObject({
      ...body(),
      EntityStatus: "Active",
      PipelineSubmissionInfo: { ScheduleId: id },
    });
    expect(await service.ask(routes.schedule(id))).toEqual(created);
    expect(await service.ask<Entity[]>(listOfTarget())).toContainEqual(created);
    expect(await list(routes.schedules(true))).toContain(id);

    const disabled = await service.ask(routes.schedule(id), { ...created, EntityStatus: "Disabled" }, "PUT");
    expect(disabled).toMatchObject({ Id: id, EntityStatus: "Disabled" });
    expect(await list(routes.schedules(true))).not.toContain(id);
    expect(await list(routes.schedules(false))).toContain(id);
    expect((await service.send({ path: routes.lastRunOfSchedule(id) })).status).toBe(204);
  });

  test("with several mistakes is told all of them at once, and nothing is written", async () => {
    const before = await list(routes.schedules(false));
    const body = {
      ...clock(),
      Recurrence: { Frequency: "Fortnight", Interval: 0, TimeZone: "Mars" },
    };
    const answer = await service.send({ method: "POST", path: routes.createSchedule, body });
    expect(answer.status).toBe(400);
    expect(targetsOf(answer)).toHaveLength(3);
    expect(await list(routes.schedules(false))).toEqual(before);
  });
});

test("a graph with several mistakes is told all of them at once, and nothing is published", async () => {
  const before = await list(routes.pipelines(false));
  const node = (NodeId: string) => ({
    NodeId,
    ModuleId: unknownId,
    ModuleParameters: [],
    UseGraphDefaultCompute: true,
  });
  const body = {
    Name: "broken",
    Graph: { ModuleNodes: [node("a"), node("b")], DatasetNodes: [], Edges: [] },
    GraphInterface: {},
  };
  const answer = await service.send({ method: "POST", path: routes.createPipeline, body });
  expect(answer.status).toBe(400);
  expect(targetsOf(answer).length).toBeGreaterThanOrEqual(2);
  expect(await list(routes.pipelines(false))).toEqual(before);
});
