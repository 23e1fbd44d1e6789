import { describe, expect, test } from "@jest/globals";
import { createRouteMatcher } from "../../../src/api/matchRoute";
import { parseRequestPath } from "../../../src/api/requestPath";
import { routeTable } from "../../../src/api/routeTable";
import { roles } from "../../../src/contract/localToken";
import { apiUnderTest, codeOf, routes, ws } from "./apiUnderTest";
import { aRun } from "./records";

const match = createRouteMatcher(routeTable);

function patternOf(method: string, path: string): string {
  const matched = match(method, parseRequestPath(path.split("?")[0] ?? "") ?? []);
  return matched.kind === "route" ? matched.route.pattern.replace(/^.*\{ws\}\//, "") : matched.kind;
}

/** Every path builder of the contract with the route that it must reach. */
const built: readonly (readonly [string, string, string])[] = [
  ["GET", routes.health, "health"],
  ["POST", routes.submitPipeline("p", "r"), "PipelineRuns/PipelineSubmit/{id}"],
  ["POST", routes.submitEndpoint("e"), "PipelineRuns/PipelineEndpointSubmit/Id/{id}"],
  ["POST", routes.submitEndpointVersion("e", "0"), "PipelineRuns/PipelineEndpointSubmit/Id/{id}/{version}"],
  ["POST", routes.submitEndpointByName("a b/c", "1", "r"), "PipelineRuns/PipelineEndpointSubmit/Name"],
  ["GET", routes.run("r"), "PipelineRuns/{id}"],
  ["GET", routes.runsOfPipeline("p"), "PipelineRuns/Pipeline/{id}"],
  ["GET", routes.runsOfSchedule("s"), "PipelineRuns/Schedule/{id}"],
  ["GET", routes.lastRunOfSchedule("s"), "PipelineRuns/Schedule/{id}/Last"],
  ["DELETE", routes.runExecution("r"), "PipelineRuns/{id}/Execution"],
  ["POST", routes.cancelRun("r"), "PipelineRuns/{id}/Cancel"],
  ["POST", routes.createPipeline, "Pipelines/Create"],
  ["GET", routes.pipelines(true), "Pipelines"],
  ["GET", routes.pipeline("p"), "Pipelines/{id}"],
  ["PUT", routes.pipelineStatus("p"), "Pipelines/{id}/status"],
  ["POST", routes.createEndpoint, "PipelineEndpoints/Create"],
  ["GET", routes.endpoints(false), "PipelineEndpoints"],
  ["GET", routes.endpoint("e"), "PipelineEndpoints/Id/{id}"],
  ["GET", routes.endpointByName("a&b"), "PipelineEndpoints/Name"],
  ["POST", routes.createSchedule, "Schedules/Create"],
  ["GET", routes.schedules(true), "Schedules"],
  ["GET", routes.schedule("s"), "Schedules/{id}"],
  ["PUT", routes.schedule("s"), "Schedules/{id}"],
  ["GET", routes.schedulesOfPipeline("p"), "Schedules/Pipeline/{id}"],
  ["GET", routes.schedulesOfEndpoint("e"), "Schedules/PipelineEndpoint/{id}"],
  ["GET", routes.dataTypes, "DataTypes"],
  ["POST", routes.modules, "Modules"],
  ["GET", routes.module("m"), "Modules/{id}"],
  ["GET", routes.moduleByHash("f_0"), "Modules/Hash/{fingerprint}"],
  ["POST", routes.dataSources, "DataSources"],
  ["GET", routes.dataSource("d"), "DataSources/{id}"],
  ["GET", routes.dataSourceByHash("f"), "DataSources/Hash/{fingerprint}"],
  ["GET", routes.graph("g"), "Graphs/{id}"],
  ["GET", routes.graphInterface("g"), "Graphs/{id}/Interface"],
  ["POST", routes.queryRuns, "runs:query"],
  ["POST", routes.queryExperimentRuns("e x"), "experiments/{experiment}/runs:query"],
  ["GET", routes.historyRun("e", "r"), "experiments/{experiment}/runs/{runId}"],
  ["GET", routes.historyRunDetails("e", "r"), "experiments/{experiment}/runs/{runId}/details"],
  ["GET", routes.historyRunChildren("e", "r"), "experiments/{experiment}/runs/{runId}/children"],
  ["POST", routes.metricList("r"), "runs/{runId}/list"],
  ["POST", routes.metricFull("r"), "runs/{runId}/full"],
  ["GET", routes.artifacts("r"), "artifacts/ExperimentRun/dcid.{runId}"],
  [
    "GET",
    routes.artifactContent("r", "a/b c.txt"),
    "artifacts/contentinfo/ExperimentRun/dcid.{runId}/{path...}",
  ],
  [
    "GET",
    routes.artifactContentByPrefix("r", "logs"),
    "artifacts/prefix/contentinfo/ExperimentRun/dcid.{runId}/{path...}",
  ],
  ["GET", routes.defaultDatastore, "default"],
  ["GET", routes.datastores, "datastores"],
  ["GET", routes.datastore("d"), "datastores/{name}"],
  ["GET", routes.latestSnapshot, "snapshots/latest/metadata"],
  ["PUT", routes.setDefaultDatastore("d"), "default/{name}"],
  ["POST", routes.registerDatastore(true, false), "datastores"],
  ["PUT", routes.overwriteDatastore("d", true, false), "datastores/{name}"],
  ["POST", routes.saveDataset, "definitions"],
  ["GET", routes.savedDataset("d"), "definitions/{id}"],
  ["POST", routes.registerDataset, "registrations"],
  ["GET", routes.datasets("t"), "registrations"],
  ["GET", routes.datasetByName("a b/c", 1), "registrations/Name"],
  ["GET", routes.dataset("d", null), "registrations/Id/{id}"],
  ["GET", routes.datasetVersions("d", null), "registrations/Id/{id}/versions"],
  ["PUT", routes.datasetState("d"), "registrations/Id/{id}/state"],
  ["POST", routes.snapshotUploads, "snapshots/getblob"],
  ["POST", routes.missingSnapshotContent, "snapshots/missing"],
  ["POST", routes.snapshot("s"), "snapshots/{id}"],
  ["PUT", routes.snapshot("s"), "snapshots/{id}"],
  ["GET", routes.snapshot("s"), "snapshots/{id}"],
];

describe("route table", () => {
  test.each(built)("%s %s is the route %s and no other", (method, path, pattern) => {
    expect(patternOf(method, path)).toBe(pattern);
  });

  test("holds no route that another one hides", () => {
    const sample = (pattern: string) =>
      `/${pattern.replace("{ws}", ws).replace(/\{(\w+)(\.\.\.)?\}/g, (_, name: string) => `a-${name}`)}`;
    const hidden = routeTable.filter(({ method, pattern }) => {
      const matched = match(method, parseRequestPath(sample(pattern)) ?? []);
      return matched.kind !== "route" || matched.route.pattern !== pattern;
    });
    expect(hidden).toEqual([]);
  });

  test("lets nobody in without a role but to the welcome and the health", () => {
    expect(routeTable.filter(({ role }) => role === null).map(({ pattern }) => pattern)).toEqual([
      "",
      "health",
    ]);
  });

  test("matches words without regard to case and keeps the case of what is named", async () => {
    const asked: string[] = [];
    const find = (id: string) => Promise.resolve((asked.push(id), aRun({ runId: id })));
    const path = routes
      .run("AbC")
      .replace("PipelineRuns", "pipelineRUNS")
      .replace("resourceGroups/local", "RESOURCEGROUPS/LOCAL");
    expect((await apiUnderTest({ runs: { find } }).send({ path })).status).toBe(200);
    expect(asked).toEqual(["AbC"]);
  });

  test("reads a percent-encoded segment as one name, never as two segments", () => {
    expect(patternOf("GET", `/pipelines/v1.0/${ws}/PipelineRuns/a%2Fb`)).toBe("PipelineRuns/{id}");
    expect(patternOf("GET", `/pipelines/v1.0/${ws}/PipelineRuns/a/b`)).toBe("none");
  });

  test("names the methods of a path that was called with another one", async () => {
    const answer = await apiUnderTest().send({ method: "PATCH", path: routes.schedule("s") });
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, PUT"]);
  });
});

describe("a path that could mean something else further in", () => {
  const base = `/pipelines/v1.0/${ws}/PipelineRuns`;
  test.each([
    ["badly encoded", `${base}/%E0%A4%A`],
    ["with a NUL", `${base}/a%00b`],
    ["with a line break", `${base}/a%0Ab`],
    ["over-long", `${base}/${"a".repeat(5000)}`],
    ["with one over-long segment", `${base}/${"a".repeat(300)}`],
    ["with a dot segment in disguise", `${base}/%2e%2e`],
    ["with a slash inside an id", `${base}/a%2Fb`],
    ["with a hash inside an id", `${base}/a%23b`],
    ["with a backslash inside an id", `${base}/a%5Cb`],
  ])("is refused when it is %s", async (_what, path) => {
    const answer = await apiUnderTest().send({ path });
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidPath"]);
  });

  test("may hold an encoded slash where a file of a run is named", async () => {
    const asked: string[] = [];
    const artifactUrl = (_id: string, path: string) => Promise.resolve((asked.push(path), "http://blob"));
    const path = routes.artifactContent("r", "outputs/a b.txt");
    await apiUnderTest({ runs: { artifactUrl } }).send({ path });
    expect(asked).toEqual(["outputs/a b.txt"]);
  });
});

describe("workspace", () => {
  test.each([
    ["subscription", ws.replace("00000000-0000", "10000000-0000")],
    ["resource group", ws.replace("/local/", "/other/")],
    ["name", ws.replace(/sluice$/, "other")],
  ])("of another %s is not found, though everything else exists", async (_what, path) => {
    const find = () => Promise.resolve(aRun());
    const answer = await apiUnderTest({ runs: { find } }).send({ path: routes.run("r").replace(ws, path) });
    expect([answer.status, codeOf(answer)]).toEqual([404, "WorkspaceNotFound"]);
  });

  test("is not told to callers without a token, whether it exists or not", async () => {
    const path = routes.run("r").replace(ws, ws.replace(/sluice$/, "other"));
    expect((await apiUnderTest().send({ path, roles: null })).status).toBe(401);
  });
});

test("the roles of the table are those that tokens carry", () => {
  const used = new Set(routeTable.flatMap(({ role }) => (role === null ? [] : [role])));
  expect([...used].sort()).toEqual([...roles].sort());
});
