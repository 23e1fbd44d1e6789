/** What the HTTP API of the real service refuses, and that it goes on afterwards. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { routeTable } from "../../../src/api/routeTable";
import { localAudience, roles, signLocalToken } from "../../../src/contract/localToken";
import { localTokenKey } from "../../../src/contract/localTokenKey";
import { localWorkspace, routesOf, workspacePath } from "../../../src/contract/routes";
import { codeOf, ServiceUnderTest } from "./serviceUnderTest";

const routes = routesOf(localWorkspace);
const unknownId = "00000000-0000-4000-8000-00000000dead";

let service: ServiceUnderTest;
let pipelineId: string;
let endpointId: string;

beforeAll(async () => {
  service = await ServiceUnderTest.start();
  const input = { kind: "dataPath", name: "input_data", defaultValue: null };
  pipelineId = await service.publish("quick", "print('done')", [input]);
  const endpoint = await service.ask(routes.createEndpoint, { Name: "quick end", PipelineId: pipelineId });
  endpointId = String(endpoint["Id"]);
});
afterAll(async () => {
  await (service as ServiceUnderTest | undefined)?.stop();
});

const ws = workspacePath(localWorkspace);
const pathWith = (pattern: string, value: string) =>
  `/${pattern.replace("{ws}", ws).replace(/\{\w+(\.\.\.)?\}/g, value)}`;
const guarded = routeTable.filter(({ role }) => role !== null);

describe("every data route", () => {
  const sign = async (issuedAt: Date, key?: Uint8Array) =>
    signLocalToken(
      key ?? (await localTokenKey(service.dataFolder)),
      { subject: "somebody", roles },
      { audience: localAudience, issuedAt, lifetimeMs: 60_000 },
    );

  test.each([
    ["no token", () => Promise.resolve(null)],
    ["a token of another key", () => sign(new Date(), new Uint8Array(32).fill(9))],
    ["a token that expired", () => sign(new Date(Date.now() - 120_000))],
  ])("answers 401 to %s and tells nothing else", async (_what, token) => {
    const sent = { token: await token() };
    for (const { method, pattern } of guarded) {
      const answer = await service.send({ method, path: pathWith(pattern, unknownId), ...sent });
      expect([pattern, answer.status, codeOf(answer)]).toEqual([pattern, 401, "AuthenticationFailed"]);
    }
  });

  test.each(["..", "%2e%2e", "%2E."])("lets nobody past its sign-in by the id %s", async (id) => {
    for (const { method, pattern } of guarded) {
      const { status } = await service.send({ method, path: pathWith(pattern, id), token: null });
      if (![401, 404, 405].includes(status)) throw new Error(`${method} ${pattern} answered ${status}`);
    }
  });

  test("answers a hostile id with a refusal or with nothing, never with a defect or somebody else's data", async () => {
    const hostile = [
      "..%2f..%2fx",
      "..%5c..",
      "%00",
      "a%00b",
      "%2f",
      "%5c",
      "%zz",
      "'%20or%20''%3d'",
      "x".repeat(10_240),
    ];
    for (const { method, pattern } of guarded.filter((route) => /\{(?!ws)/.test(route.pattern))) {
      for (const id of hostile) {
        const body = method === "GET" || method === "DELETE" ? {} : { body: "{}" };
        const answer = await service.send({ method, path: pathWith(pattern, id), ...body });
        const { status, text } = answer;
        const isNothing = ["", "[]"].includes(text) || text.startsWith('{"value":[]');
        const isTooLong = status === 431;
        const isRefused = isTooLong || (status >= 400 && status < 500 && codeOf(answer) !== undefined);
        if (!isRefused && !(status < 300 && isNothing)) {
          throw new Error(`${method} ${pattern} with ${id.slice(0, 20)} answered ${status} ${text}`);
        }
      }
    }
  });
});

describe("a request", () => {
  test.each([
    ["for a foreign host name", { host: "evil.example" }],
    ["from a foreign web page", { origin: "https://evil.example" }],
    ["from a page without an origin", { origin: "null" }],
  ])("%s is refused with 403 even with a token", async (_what, headers) => {
    for (const path of [routes.health, routes.pipelines(true)]) {
      expect((await service.send({ path, headers })).status).toBe(403);
    }
  });

  test.each([
    ["PipelineNotFound", () => ["GET", routes.pipeline(unknownId)]],
    ["UnknownPipeline", () => ["POST", routes.submitPipeline(unknownId)]],
    ["PipelineEndpointNotFound", () => ["GET", routes.endpoint(unknownId)]],
    ["PipelineEndpointNotFound", () => ["GET", routes.endpointByName("nobody")]],
    ["UnknownPipelineEndpoint", () => ["POST", routes.submitEndpoint(unknownId)]],
    ["UnknownPipelineEndpoint", () => ["POST", routes.submitEndpointByName("nobody", null)]],
    ["UnknownEndpointVersion", () => ["POST", routes.submitEndpointVersion(endpointId, "7")]],
    ["ScheduleNotFound", () => ["GET", routes.schedule(unknownId)]],
    ["RunNotFound", () => ["GET", routes.run(unknownId)]],
    ["RunNotFound", () => ["DELETE", routes.runExecution(unknownId)]],
    ["RunNotFound", () => ["GET", routes.historyRun("api", unknownId)]],
    ["DatastoreNotFound", () => ["GET", routes.datastore("nowhere")]],
    ["WorkspaceNotFound", () => ["GET", routes.run(unknownId).replace("/local/", "/other/")]],
    ["RouteNotFound", () => ["GET", "/no/such/route"]],
  ] as const)("for what is not there is answered with 404 and %s", async (code, asked) => {
    const [method, path] = asked() as [string, string];
    const answer = await service.send({ method, path, ...(method === "POST" && { body: {} }) });
    expect([answer.status, codeOf(answer)]).toEqual([404, code]);
  });

  test("with a method that its route does not have is answered with 405 and the methods that it has", async () => {
    const answer = await service.send({ method: "PATCH", path: routes.schedule(unknownId) });
    expect([answer.status, codeOf(answer), answer.headers.allow]).toEqual([
      405,
      "MethodNotAllowed",
      "GET, PUT",
    ]);
  });

  test.each([
    ["announced", { "content-length": String(1024 * 1024 + 2) }],
    ["in chunks of unannounced length", { "transfer-encoding": "chunked" }],
  ])("with a body over its limit, %s, is refused with 413 and the service goes on", async (_how, headers) => {
    const body = JSON.stringify("x".repeat(1024 * 1024));
    const path = routes.submitPipeline(pipelineId);
    const answer = await service.send({ method: "POST", path, headers, body });
    expect([answer.status, codeOf(answer)]).toEqual([413, "BodyTooLarge"]);
    expect((await service.send({ path: routes.health, token: null })).status).toBe(200);
  });

  test("about a data path goes to the blob that it names and not past its container", async () => {
    const assignment = { DataStoreName: "workspaceblobstore", RelativePath: "../sluice-system/secret" };
    const body = { DataPathAssignments: { input_data: assignment } };
    const answer = await service.send({ method: "POST", path: routes.submitPipeline(pipelineId), body });
    expect(answer.status).toBe(400);
  });
});
