import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostProcess, Status } from "../service/host/hostProcess";
import { untilTrue } from "../service/host/hostProcess";
import { DurableHost, isWaiting } from "./durableHost";

const durable = new DurableHost({ WEBSITE_HOSTNAME: "example.invalid:1234" });
beforeAll(async () => {
  await durable.start();
});
afterAll(async () => durable.end());

const host = (): HostProcess => durable.host;

/** Starts an instance that waits for the event "go". */
async function startWaiting(id: string): Promise<void> {
  await host().startNew("events", id, ["go"]);
  await host().until(id, isWaiting);
}

async function post(route: string, body?: string, type = "application/json"): Promise<Response> {
  const headers = { "x-functions-key": host().keys.masterKey, "content-type": type };
  const init = body === undefined ? { method: "POST", headers } : { method: "POST", headers, body };
  return host().fetch(`/runtime/webhooks/durabletask/${route}`, init);
}

describe("starting", () => {
  test("D01 Starting answers 202 with the management links; the id is returned, or made up when none was given", async () => {
    const answer = await post("orchestrators/events/links", '["go"]');
    const links = (await answer.json()) as Record<string, string>;
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("location")]).toEqual([
      202,
      "10",
      links["statusQueryGetUri"],
    ]);
    expect(Object.keys(links).sort()).toEqual(
      [
        ["id", "purgeHistoryDeleteUri", "restartPostUri", "resumePostUri", "sendEventPostUri"],
        ["statusQueryGetUri", "suspendPostUri", "terminatePostUri"],
      ].flat(),
    );
    expect((await fetch(links["statusQueryGetUri"] ?? "")).status).toBe(202);
    const event = links["sendEventPostUri"]?.replace("{eventName}", "go") ?? "";
    const json = { "content-type": "application/json" };
    expect((await fetch(event, { method: "POST", headers: json, body: "1" })).status).toBe(202);
    expect((await host().until("links")).output).toEqual([1]);
    expect((await durable.client("startNew", { name: "tellsItsId", instanceId: "mine" }))["result"]).toBe(
      "mine",
    );
    const { result } = await durable.client("startNew", { name: "tellsItsId" });
    expect(result).toMatch(/^[0-9a-f]{32}$/);
    expect((await host().until(String(result))).output).toBe(result);
  });

  test("D02 Started without input an orchestrator gets an empty text, started with null it gets null", async () => {
    await durable.client("startNew", { name: "echoInput", instanceId: "no-input" });
    await durable.client("startNew", { name: "echoInput", instanceId: "null-input", input: null });
    expect((await host().until("no-input")).output).toEqual({ type: "string", input: "" });
    expect((await host().until("null-input")).output).toEqual({ type: "null", input: null });
  });

  test("D04 With `WEBSITE_HOSTNAME` set, the links keep the real port", async () => {
    const { result } = await durable.client("payload", { instanceId: "any" });
    const { port } = new URL(host().url);
    for (const [name, link] of Object.entries(result as Record<string, string>)) {
      if (name !== "id") expect([name, new URL(link).port]).toEqual([name, port]);
    }
    const pointed = await host().fetch("/api/startAndPoint/tellsItsId", { method: "POST", body: "null" });
    expect(new URL(pointed.headers.get("location") ?? "").port).toBe(port);
  });

  test("D12 Starting with the id of a running instance answers 500 with a message; with the id of one that is over, it replaces it", async () => {
    await startWaiting("reused");
    const first = await host().status("reused");
    const second = await post("orchestrators/events/reused", '["other"]');
    expect([second.status, await second.json()]).toEqual([
      500,
      expect.objectContaining({
        ExceptionMessage: "An Orchestration instance with the status Running already exists.",
      }),
    ]);
    expect(await host().status("reused")).toEqual(first);
    await post("instances/reused/terminate?reason=over");
    await host().startNew("echoInput", "reused", "again");
    expect((await host().until("reused")).output).toEqual({ type: "string", input: "again" });
    expect(await durable.count("reused", "ExecutionStarted")).toBe(1);
  });

  test("D13 Ids that are not valid and unknown orchestrators answer 400 with a text", async () => {
    const routes = [
      "orchestrators/tellsItsId/@x",
      "orchestrators/tellsItsId/a%2Fb",
      "orchestrators/tellsItsId/a%5Cb",
      "orchestrators/tellsItsId/a%23b",
      "orchestrators/tellsItsId/a%3Fb",
      "orchestrators/tellsItsId/a%0Ab",
      `orchestrators/tellsItsId/${"x".repeat(257)}`,
      "orchestrators/absent",
    ];
    for (const route of routes) {
      const answer = await post(route, "{}");
      expect([route, answer.status, await answer.json()]).toEqual([
        route,
        400,
        { Message: expect.stringMatching(/\w+/) },
      ]);
    }
    expect((await post("orchestrators/tellsItsId/bad-json", "{")).status).toBe(400);
    expect((await post(`orchestrators/tellsItsId/${"x".repeat(256)}`, "null")).status).toBe(202);
  });

  test("D14 Starting with `timeout` and `pollingInterval` waits; `returnInternalServerErrorOnFailure` answers 500", async () => {
    const waited = await post("orchestrators/echoInput?timeout=30&pollingInterval=1", '"x"');
    expect([waited.status, await waited.json()]).toEqual([200, { type: "string", input: "x" }]);
    const late = await post("orchestrators/events/late?timeout=0&pollingInterval=1", '["go"]');
    expect([late.status, await late.json()]).toEqual([202, expect.objectContaining({ id: "late" })]);
    const wait = "timeout=30&pollingInterval=1";
    expect((await post(`orchestrators/thrower?${wait}`, '"bad"')).status).toBe(200);
    const failed = await post(
      `orchestrators/thrower?${wait}&returnInternalServerErrorOnFailure=true`,
      '"bad"',
    );
    expect([failed.status, await failed.json()]).toEqual([
      500,
      expect.objectContaining({ runtimeStatus: "Failed" }),
    ]);
  });
});

describe("looking", () => {
  test("D05 Status answers 202 while running with `Location` and `Retry-After`, 200 when over, 404 when unknown, 500 for a failure only when asked", async () => {
    await startWaiting("watched");
    const running = await host().durable("GET", "instances/watched");
    expect([running.status, running.headers.get("retry-after")]).toEqual([202, "5"]);
    expect(running.headers.get("location")).toContain("/instances/watched");
    await post("instances/watched/raiseEvent/go", "1");
    await host().until("watched");
    expect((await host().durable("GET", "instances/watched")).status).toBe(200);
    const unknown = await host().durable("GET", "instances/nobody");
    expect([unknown.status, await unknown.text()]).toEqual([404, ""]);
    await host().run("thrower", "fallen", "bad");
    expect((await host().durable("GET", "instances/fallen")).status).toBe(200);
    const asked = await host().durable("GET", "instances/fallen?returnInternalServerErrorOnFailure=true");
    expect([asked.status, await asked.json()]).toEqual([
      500,
      expect.objectContaining({ runtimeStatus: "Failed" }),
    ]);
    expect((await durable.client("getStatus", { instanceId: "nobody" }))["thrown"]).toContain("404");
    expect((await durable.client("getStatus", { instanceId: "watched", showInput: true }))["result"]).toEqual(
      expect.objectContaining({ input: ["go"], output: [1], runtimeStatus: "Completed" }),
    );
  });

  test("D06 Listing pages through its continuation header and filters by time, status and prefix", async () => {
    const ids = Array.from({ length: 105 }, (_, i) => `page-${String(i).padStart(3, "0")}`);
    await Promise.all(ids.slice(0, 100).map(async (id) => host().run("tellsItsId", id, null)));
    const between = Date.now() + 1;
    await untilTrue(() => Date.now() > between);
    await Promise.all(ids.slice(100).map(async (id) => host().startNew("events", id, ["go"])));
    const seen: string[] = [];
    for (let token = ""; seen.length === 0 || token !== "";) {
      const headers = { "x-functions-key": host().keys.masterKey, "x-ms-continuation-token": token };
      const route = "/runtime/webhooks/durabletask/instances?instanceIdPrefix=page-&top=40";
      const answer = await host().fetch(route, { headers });
      const page = (await answer.json()) as { readonly instanceId: string }[];
      expect(page.length).toBeLessThanOrEqual(40);
      seen.push(...page.map(({ instanceId }) => instanceId));
      token = answer.headers.get("x-ms-continuation-token") ?? "missing";
    }
    expect(seen.sort()).toEqual(ids);
    const find = async (filter: Record<string, unknown>): Promise<string[]> => {
      const { result } = await durable.client("getStatusBy", filter);
      const found = (result as { instanceId: string }[]).map(({ instanceId }) => instanceId);
      return found.filter((id) => id.startsWith("page-")).sort();
    };
    expect(await find({ createdTimeFrom: between })).toEqual(ids.slice(100));
    expect(await find({ createdTimeTo: between, runtimeStatus: ["Completed"] })).toEqual(ids.slice(0, 100));
    expect(await find({ runtimeStatus: ["Running", "Pending"] })).toEqual(ids.slice(100));
    const all = (await durable.client("getStatusAll", {}))["result"] as { instanceId: string }[];
    expect(all.filter(({ instanceId }) => instanceId.startsWith("page-"))).toHaveLength(105);
  });

  test("D11 Wait-for-completion answers with the output, with a failure, or with 202 when the time is over", async () => {
    await startWaiting("awaited");
    const waitFor = async (id: string, ms: number): Promise<Response> =>
      host().fetch(`/api/waitFor/${id}/${ms}`, { method: "POST" });
    const early = await waitFor("awaited", 100);
    expect([early.status, await early.json()]).toEqual([202, expect.objectContaining({ id: "awaited" })]);
    const pending = waitFor("awaited", 30_000);
    await post("instances/awaited/raiseEvent/go", '"there"');
    const done = await pending;
    expect([done.status, await done.json()]).toEqual([200, ["there"]]);
    await host().run("thrower", "awaited-failure", "bad");
    const failed = await waitFor("awaited-failure", 30_000);
    expect([failed.status, await failed.json()]).toEqual([
      500,
      expect.objectContaining({ runtimeStatus: "Failed" }),
    ]);
    await startWaiting("awaited-end");
    await post("instances/awaited-end/terminate?reason=enough");
    const ended = await waitFor("awaited-end", 30_000);
    expect([ended.status, await ended.json()]).toEqual([
      200,
      expect.objectContaining({ runtimeStatus: "Terminated", output: "enough" }),
    ]);
  });

  test("D15 The history of an instance has its documented shape, with outputs when asked", async () => {
    await host().run("chain", "told", { length: 1 });
    const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,7}Z$/);
    const plain = await durable.history("told");
    expect(plain).toEqual([
      expect.objectContaining({ EventType: "ExecutionStarted", FunctionName: "chain", Timestamp: stamp }),
      expect.objectContaining({
        EventType: "TaskCompleted",
        FunctionName: "step",
        Timestamp: stamp,
        ScheduledTime: stamp,
      }),
      expect.objectContaining({ EventType: "ExecutionCompleted", OrchestrationStatus: "Completed" }),
    ]);
    const hidden = ["EventId", "IsPlayed", "TaskScheduledId", "TimerId", "Version", "Result"];
    expect(plain.flatMap((event) => hidden.filter((field) => field in event))).toEqual([]);
    const full = await durable.history("told", true);
    expect(full.map((event) => event["Result"])).toEqual([undefined, "1", "[1]"]);
    const { input } = await host().status("told", "?showInput=false");
    expect(input).toBeNull();
    expect(await host().status("told")).toEqual({
      name: "chain",
      instanceId: "told",
      runtimeStatus: "Completed",
      input: { length: 1 },
      customStatus: null,
      output: [1],
      createdTime: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
      lastUpdatedTime: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
    });
  });
});

describe("acting", () => {
  test("D07 Raising an event answers 202, 404 when unknown, 410 when over, 400 when it is not JSON", async () => {
    await startWaiting("called");
    expect((await post("instances/called/raiseEvent/go", "{")).status).toBe(400);
    expect((await post("instances/called/raiseEvent/go", "text", "text/plain")).status).toBe(400);
    expect((await post("instances/called/raiseEvent/go", '"one"')).status).toBe(202);
    expect((await host().until("called")).output).toEqual(["one"]);
    expect((await post("instances/called/raiseEvent/go", "1")).status).toBe(410);
    expect((await post("instances/nobody/raiseEvent/go", "1")).status).toBe(404);
    const raise = async (instanceId: string): Promise<unknown> =>
      durable.client("raiseEvent", { instanceId, event: "go", data: 1 });
    expect(await raise("called")).toEqual({ result: null });
    expect(await raise("nobody")).toEqual({ thrown: expect.stringContaining("No instance with ID") });
  });

  test("D08 Terminate, suspend and resume answer 202, 404 and 410, and take effect", async () => {
    await startWaiting("handled");
    const act = async (verb: string, id = "handled"): Promise<number> =>
      (await post(`instances/${id}/${verb}?reason=because`)).status;
    const status = async (): Promise<Status> => host().status("handled");
    expect(await act("resume")).toBe(500);
    expect(await act("suspend")).toBe(202);
    expect(await status()).toMatchObject({ runtimeStatus: "Suspended", output: "because" });
    expect(await act("resume")).toBe(202);
    expect(await status()).toMatchObject({ runtimeStatus: "Running", output: null });
    expect(await durable.client("suspend", { instanceId: "handled", reason: "r" })).toEqual({ result: null });
    expect(await durable.client("resume", { instanceId: "handled", reason: "r" })).toEqual({ result: null });
    expect(await act("terminate")).toBe(202);
    expect(await status()).toMatchObject({ runtimeStatus: "Terminated", output: "because" });
    for (const verb of ["terminate", "suspend", "resume"]) {
      expect([verb, await act(verb), await act(verb, "nobody")]).toEqual([verb, 410, 404]);
      expect(await durable.client(verb, { instanceId: "nobody", reason: "r" })).toEqual({
        thrown: expect.stringContaining("No instance with ID"),
      });
    }
  });

  test("D09 Purging works for one instance and by filter; an unknown one is 0", async () => {
    const purge = async (operation: string, input: unknown): Promise<unknown> =>
      ((await durable.client(operation, input))["result"] as { instancesDeleted: number }).instancesDeleted;
    await host().run("echoInput", "purged", 1);
    expect(await purge("purge", { instanceId: "purged" })).toBe(1);
    expect((await host().durable("GET", "instances/purged")).status).toBe(404);
    expect(await purge("purge", { instanceId: "purged" })).toBe(0);
    expect((await host().durable("DELETE", "instances/purged")).status).toBe(404);
    const from = Date.now() + 1;
    await untilTrue(() => Date.now() > from);
    await host().run("thrower", "purged-1", "x");
    await host().run("thrower", "purged-2", "x");
    await startWaiting("kept");
    const failed = { createdTimeFrom: from, runtimeStatus: ["Failed"] };
    expect(await purge("purgeBy", failed)).toBe(2);
    expect(await purge("purgeBy", failed)).toBe(0);
    expect((await host().durable("GET", "instances/purged-2")).status).toBe(404);
    expect((await host().status("kept")).runtimeStatus).toBe("Running");
    expect((await host().durable("DELETE", "instances?runtimeStatus=Failed")).status).toBe(400);
  });
});

describe("a host without an RPC address", () => {
  const webhooks = new DurableHost({
    AzureFunctionsJobHost__extensions__durableTask__localRpcEndpointEnabled: "false",
  });
  afterAll(async () => webhooks.end());

  async function useClient(on: DurableHost): Promise<unknown> {
    const { result: id } = await on.client("startNew", { name: "events", input: ["go"] });
    const instanceId = String(id);
    await on.host.until(instanceId, isWaiting);
    await on.client("suspend", { instanceId, reason: "r" });
    await on.client("resume", { instanceId, reason: "r" });
    await on.client("raiseEvent", { instanceId, event: "go", data: { a: 1 } });
    await on.host.until(instanceId);
    const { result } = await on.client("getStatus", { instanceId });
    const purged = (await on.client("purge", { instanceId }))["result"];
    const { rpcBaseUrl } = (await on.client("clientData", {}))["result"] as { rpcBaseUrl?: string };
    return [(result as Status).output, purged, rpcBaseUrl !== undefined];
  }

  test("D03 The client works over its RPC address, and without one over the webhooks with their key", async () => {
    await webhooks.start();
    expect(await useClient(durable)).toEqual([[{ a: 1 }], { instancesDeleted: 1 }, true]);
    expect(await useClient(webhooks)).toEqual([[{ a: 1 }], { instancesDeleted: 1 }, false]);
    expect((await webhooks.host.fetch("/runtime/webhooks/durabletask/instances")).status).toBe(401);
  });
});
