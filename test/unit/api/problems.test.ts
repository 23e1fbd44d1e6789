/** One request for every error code, and the three shapes in which errors are told. */
import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogueEntry, errorCodes, type ErrorCode } from "../../../src/api/errorCatalogue";
import { createUnconfiguredApi } from "../../../src/api/unconfiguredApi";
import type { SnapshotOutcome } from "../../../src/data/snapshots";
import type { Problem } from "../../../src/model/problem";
import {
  apiUnderTest,
  codeOf,
  noEngine,
  routes,
  type Answered,
  type RoomParts,
  type Sent,
} from "./apiUnderTest";
import { aPipeline, aRun, aSchedule, definition } from "./records";

const none = () => Promise.resolve(undefined);
const noPage = () => Promise.resolve({ items: [], continuationToken: null });
const send = (request: Sent, parts: RoomParts = {}) => apiUnderTest(parts).send(request);
const submit = (problem: Problem, status: "not-found" | "disabled") =>
  send(
    { method: "POST", path: routes.submitPipeline("p"), body: {} },
    { runs: { submit: () => Promise.resolve({ status, problem }) } },
  );
const problemOf = (code: string): Problem => ({ code, field: "f", expected: "this", received: "that" });
/** A submission that the runs room refuses with this code. */
const refused = (code: string) => () =>
  send(
    { method: "POST", path: routes.submitPipeline("p"), body: {} },
    { runs: { submit: () => Promise.resolve({ status: "refused", problems: [problemOf(code)] }) } },
  );
const createSnapshot = (outcome: SnapshotOutcome) =>
  send(
    { method: "POST", path: routes.snapshot("s"), body: { ParentSnapshotId: "p", DirTreeNode: {} } },
    { snapshots: { create: () => Promise.resolve(outcome) } },
  );
const registerDataset = (code: string) =>
  send(
    {
      method: "POST",
      path: routes.registerDataset,
      body: { name: "d", definition: { datasetType: "file" } },
    },
    { datasets: { register: () => Promise.resolve({ status: "refused", problems: [problemOf(code)] }) } },
  );
const registerDatastore = (code: string) =>
  send(
    {
      method: "POST",
      path: routes.datastores,
      body: {
        name: "d",
        dataStoreType: "AzureBlob",
        azureStorageSection: { accountName: "a", containerName: "c", credentialType: "None" },
      },
    },
    { datastores: { register: () => Promise.resolve({ status: "refused", problems: [problemOf(code)] }) } },
  );
const unreachable = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

/** Codes of rooms, which the API hands on as they are. */
const fromRooms = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(codes.map((code) => [code, refused(code)])) as Partial<
    Record<ErrorCode, () => Promise<Answered>>
  >;

const producers: Partial<Record<ErrorCode, () => Promise<Answered>>> = {
  AuthenticationFailed: () => send({ path: routes.run("r"), roles: null }),
  RoleMissing: () => send({ path: routes.run("r"), roles: ["Pipelines.Submit"] }),
  SignInNotConfigured: () => apiUnderTest({}, { local: null }).send({ path: routes.run("r") }),
  ConfigurationInvalid: async () => {
    const problem = { ...problemOf("SettingMissing"), field: "AzureWebJobsStorage" };
    const request = { method: "GET", path: "/x", query: new URLSearchParams(), headers: {}, body: null };
    const { status, headers, body } = await createUnconfiguredApi([problem]).handle(request, noEngine);
    return { status, headers: Object.fromEntries(headers), text: body, body: JSON.parse(body) as unknown };
  },
  StorageUnavailable: () =>
    send({ path: routes.run("r") }, { runs: { find: () => Promise.reject(unreachable) } }),
  InternalError: () =>
    send({ path: routes.run("r") }, { runs: { find: () => Promise.reject(new Error("oops")) } }),
  InvalidPath: () => send({ path: "/%zz" }),
  InvalidQuery: () => send({ path: routes.endpointByName("") }),
  InvalidJson: () => send({ method: "POST", path: routes.submitPipeline("p"), chunks: [Buffer.from("{")] }),
  InvalidField: () => send({ method: "POST", path: routes.submitPipeline("p"), body: { ExperimentName: 1 } }),
  BodyTooLarge: () =>
    send({ method: "POST", path: routes.submitPipeline("p"), headers: { "content-length": "2000000" } }),
  UnsupportedFilter: () =>
    send({ method: "POST", path: routes.queryRuns, body: { filter: "Metrics/loss lt 1" } }),
  RouteNotFound: () => send({ path: "/nowhere" }),
  MethodNotAllowed: () => send({ method: "DELETE", path: routes.health }),
  WorkspaceNotFound: () => send({ path: routes.run("r").replace("/local/", "/other/") }),
  PipelineNotFound: () => send({ path: routes.pipeline("p") }, { pipelines: { find: none } }),
  PipelineEndpointNotFound: () => send({ path: routes.endpoint("e") }, { endpoints: { find: none } }),
  RunNotFound: () => send({ path: routes.run("r") }, { runs: { find: none } }),
  ScheduleNotFound: () => send({ path: routes.schedule("s") }, { schedules: { find: none } }),
  GraphNotFound: () => send({ path: routes.graph("g") }, { pipelines: { findGraph: none } }),
  ModuleNotFound: () => send({ path: routes.module("m") }, { modules: { find: none } }),
  DataSourceNotFound: () => send({ path: routes.dataSource("d") }, { dataSources: { find: none } }),
  DatastoreNotFound: () => send({ path: routes.datastore("d") }, { datastores: { find: none } }),
  MetricNotFound: () =>
    send(
      { method: "POST", path: routes.metricFull("r"), body: { metricName: "m" } },
      { runs: { metricPage: noPage, find: () => Promise.resolve(aRun()) } },
    ),
  PipelineOutputNotFound: () =>
    send({ path: routes.pipelineOutput("r", "model") }, { runs: { outputs: () => Promise.resolve([]) } }),
  ArtifactNotFound: () =>
    send(
      { path: routes.artifactContent("r", "a") },
      { runs: { artifactUrl: none, find: () => Promise.resolve(aRun()) } },
    ),
  PipelineEndpointNameTaken: () =>
    send(
      { method: "POST", path: routes.createEndpoint, body: { Name: "n", PipelineId: "p" } },
      { endpoints: { create: () => Promise.resolve({ status: "name-taken" }) } },
    ),
  PipelineDisabled: () => submit(problemOf("PipelineDisabled"), "disabled"),
  PipelineEndpointDisabled: () => submit(problemOf("PipelineEndpointDisabled"), "disabled"),
  PipelineScheduled: () =>
    send(
      { method: "PUT", path: routes.pipelineStatus("p"), body: "Disabled" },
      { schedules: { list: () => Promise.resolve([aSchedule()]) } },
    ),
  ChangedMeanwhile: () =>
    send(
      { method: "PUT", path: routes.schedule("s"), body: {} },
      {
        schedules: {
          find: () => Promise.resolve(aSchedule()),
          update: () => Promise.resolve({ status: "changed-meanwhile" }),
        },
      },
    ),
  DatasetNotFound: () =>
    send({ path: routes.savedDataset("d") }, { datasets: { find: () => Promise.resolve(undefined) } }),
  DatasetExists: () => registerDataset("DatasetExists"),
  DatasetArchived: refused("DatasetArchived"),
  DatastoreExists: () => registerDatastore("DatastoreExists"),
  DatastoreBuiltIn: () => registerDatastore("DatastoreBuiltIn"),
  UnsupportedDatastore: () =>
    send({ method: "POST", path: routes.datastores, body: { name: "d", dataStoreType: "AzureFile" } }),
  SnapshotParentUnknown: () => createSnapshot({ status: "unknown-parent" }),
  SnapshotFileMissing: () =>
    createSnapshot({ status: "refused", problems: [problemOf("SnapshotFileMissing")] }),
  SnapshotExists: () => createSnapshot({ status: "refused", problems: [problemOf("SnapshotExists")] }),
  SnapshotNotFound: () =>
    send({ path: routes.snapshot("s") }, { snapshots: { find: () => Promise.resolve(undefined) } }),
};

describe("error catalogue", () => {
  const all = { ...fromRooms(errorCodes.filter((code) => !(code in producers))), ...producers };

  test.each(errorCodes)(
    "%s is what a request really gets, with the status of the catalogue",
    async (code) => {
      const answer = await all[code]?.();
      expect(answer === undefined ? undefined : codeOf(answer)).toBe(code);
      // Inside a body, what is not there is the body's fault.
      const status = code in producers ? catalogueEntry(code).status : 400;
      expect(answer?.status).toBe(status);
      expect(answer?.text).toContain(JSON.stringify(catalogueEntry(code).remedy).slice(1, -1));
    },
  );

  test("has a heading for every code in docs/errors.md, and the page has none that is gone", () => {
    const page = readFileSync(join(__dirname, "../../../docs/errors.md"), "utf8");
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, code]) => code);
    expect([...headings].sort()).toEqual([...errorCodes].sort());
  });

  test("gives no code twice", () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length);
  });
});

describe("a refusal", () => {
  test("tells all problems at once, each with its field", async () => {
    const problems = [problemOf("UnknownParameter"), { ...problemOf("InvalidField"), field: "g" }];
    const answer = await send(
      { method: "POST", path: routes.submitPipeline("p"), body: {} },
      { runs: { submit: () => Promise.resolve({ status: "refused", problems }) } },
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      Error: {
        Code: "UnknownParameter",
        Target: "f",
        Details: [
          { Code: "UnknownParameter", Target: "f" },
          { Code: "InvalidField", Target: "g", Message: "g: this was expected, that came." },
        ],
      },
    });
  });

  test("of the history service has details as an array, on whose absence v1's client fails", async () => {
    const path = routes.historyRun("e", "r");
    const answer = await send({ path }, { runs: { find: none, findStepRun: none } });
    expect(answer.body).toMatchObject({ error: { code: "RunNotFound", details: [], innerError: null } });
  });

  test("of an unknown service has the shape of ARM", async () => {
    expect((await send({ path: "/nowhere" })).body).toEqual({
      error: { code: "RouteNotFound", message: expect.any(String) as unknown },
    });
  });

  test("says nothing of a defect but an id, under which the log has the cause without signatures", async () => {
    const api = apiUnderTest({
      runs: { find: () => Promise.reject(new Error("secret http://x/y?sv=1&sig=abc%2F&se=2")) },
    });
    const answer = await api.send({ path: routes.run("r") });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret|at /);
    expect(answer.text).toContain(String(answer.headers["x-ms-request-id"]));
    expect(api.logged).toMatchObject([
      { name: "ApiUnexpected", correlationId: answer.headers["x-ms-request-id"] },
    ]);
    expect(JSON.stringify(api.logged)).not.toContain("abc");
  });

  test("that a room gives with a code outside the catalogue is a defect, not an answer", async () => {
    const answer = await refused("NoSuchCode")();
    expect(codeOf(answer)).toBe("InternalError");
  });
});

describe("an error of", () => {
  const problems = [problemOf("UnknownParameter"), { ...problemOf("InvalidField"), field: "g" }];
  const shapes = [
    [
      "pipelinesError",
      () =>
        send(
          { method: "POST", path: routes.submitPipeline("p"), body: {} },
          { runs: { submit: () => Promise.resolve({ status: "refused", problems }) } },
        ),
    ],
    ["historyError", () => send({ method: "POST", path: routes.queryRuns, body: { top: "x", orderby: 1 } })],
    ["signInError", () => send({ path: routes.run("r"), roles: null })],
    ["armError", () => send({ path: "/nowhere" })],
  ] as const;

  test.each(shapes)("each shape is told as its golden file says: %s", async (name, cause) => {
    const file = join(__dirname, "golden", `${name}.json`);
    expect((await cause()).body).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });
});

describe("body", () => {
  const path = routes.submitPipeline("p");
  const parts: RoomParts = {
    runs: {
      submit: () => Promise.resolve({ status: "accepted", runId: "r", run: aRun({ runId: "r" }) }),
      find: () => Promise.resolve(aRun()),
    },
  };
  const megabyte = new Uint8Array(1024 * 1024).fill(32);

  test("that turns out larger than announced is refused before it is kept", async () => {
    const answer = await send({ method: "POST", path, chunks: [megabyte, new Uint8Array([32])] }, parts);
    expect([answer.status, codeOf(answer)]).toEqual([413, "BodyTooLarge"]);
  });

  test("of a graph may be larger than that of a submission", async () => {
    const chunks = [megabyte, megabyte, Buffer.from("{}")];
    const answer = await send({ method: "POST", path: routes.createPipeline, chunks });
    expect(codeOf(answer)).toBe("InvalidField");
  });

  test.each([
    ["cut short", Buffer.from('{"a":')],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["two values", Buffer.from("{}{}")],
  ])("that is %s is refused as no JSON", async (_what, bytes) => {
    const answer = await send({ method: "POST", path, chunks: [bytes] }, parts);
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidJson"]);
  });

  test("in many chunks, a letter cut in two, reads as one", async () => {
    const bytes = Buffer.from(JSON.stringify({ ExperimentName: "größe" }));
    const chunks = [...bytes].map((byte) => new Uint8Array([byte]));
    expect((await send({ method: "POST", path, chunks }, parts)).status).toBe(200);
  });

  test("that is missing is a problem of the body, not a defect", async () => {
    expect(codeOf(await send({ method: "POST", path }, parts))).toBe("InvalidField");
  });
});

test("a pipeline with disabled schedules only can be disabled", async () => {
  const answer = await send(
    { method: "PUT", path: routes.pipelineStatus("p"), body: "2" },
    {
      schedules: { list: () => Promise.resolve([aSchedule({ status: "Disabled" })]) },
      pipelines: {
        setStatus: (_id, status) => Promise.resolve(status === "Disabled" ? "done" : "not-found"),
        find: () => Promise.resolve(aPipeline()),
        definition: () => Promise.resolve(definition),
      },
    },
  );
  expect([answer.status, answer.text]).toEqual([200, ""]);
});
