import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fixture, HostProcess, readJournal, Scratch } from "./hostProcess";

const scratch = new Scratch();
const journal = scratch.file("journal");
let host: HostProcess;

beforeAll(async () => {
  host = await HostProcess.start({
    app: fixture("small"),
    dataDir: scratch.file("data"),
    environment: { TEST_JOURNAL: journal },
  });
});

afterAll(async () => {
  await host.stop();
  scratch.remove();
});

describe("an orchestration", () => {
  test("runs a chain of activities, each once", async () => {
    expect((await host.run("chain", "chain-1", { length: 3 })).output).toEqual([1, 2, 3]);
    const steps = readJournal(journal).filter((line) => line.startsWith("step chain-1"));
    expect(steps).toEqual(["step chain-1 0", "step chain-1 1", "step chain-1 2"]);
  });

  test("fans out to a thousand activities and keeps the order of the results", async () => {
    const { output } = await host.run("fan", "fan-1", { width: 1000 });
    expect(output).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test("gives activities every kind of JSON value as it was", async () => {
    const values = [
      "text",
      "5",
      "true",
      "",
      0,
      1.5,
      true,
      false,
      null,
      [],
      [1, ["x"]],
      { a: { b: null } },
      "ünï€\u2028",
      "x".repeat(1_000_000),
    ];
    expect((await host.run("roundTrip", "round-1", values)).output).toEqual(values);
  });

  test("catches the failure of an activity, with the original message", async () => {
    const { output } = await host.run("catcher", "catch-1", null);
    expect(output).toContain("Activity function 'boom' failed:");
    expect(output).toContain("boom");
  });

  test("fails with its own text when it does not catch", async () => {
    const { runtimeStatus, output } = await host.run("thrower", "throw-1", null);
    expect(runtimeStatus).toBe("Failed");
    expect(output).toContain("Orchestrator function 'thrower' failed: Activity function 'boom' failed:");
  });

  test("retries an activity and goes on with its result", async () => {
    expect((await host.run("stubborn", "stubborn-1", scratch.file("stubborn"))).output).toBe("at last");
  });

  test("retries many activities that fail at the same time, and forgets none", async () => {
    const { output } = await host.run("stubbornFan", "stubborn-2", { file: scratch.file("fan"), width: 20 });
    expect(output).toEqual(Array.from({ length: 20 }, () => "at last"));
  });

  test("fails when it calls an activity that does not exist, which it cannot catch", async () => {
    const { runtimeStatus, output } = await host.run("unknownActivity", "unknown-1", null);
    expect([runtimeStatus, output]).toEqual([
      "Failed",
      expect.stringContaining("The function 'absent' doesn't exist"),
    ]);
  });

  test("gets the result of a sub-orchestration, or its failure", async () => {
    const good = await host.run("parent", "parent-1", {
      child: "chain",
      id: "child-1",
      input: { length: 2 },
    });
    expect(good.output).toEqual({ child: [1, 2] });
    const bad = await host.run("parent", "parent-2", { child: "thrower", input: null });
    expect(bad.output).toEqual({ failed: expect.stringContaining("boom") });
  });

  test("is told when the id of its sub-orchestration is in use, instead of waiting for ever", async () => {
    await host.startNew("waiter", "busy", { count: 1 });
    const { output } = await host.run("parent", "parent-3", {
      child: "chain",
      id: "busy",
      input: { length: 1 },
    });
    expect(output).toEqual({ failed: expect.stringContaining("'busy' is already") });
  });

  test("waits for a timer and never wakes early", async () => {
    expect((await host.run("alarm", "alarm-1", { ms: 120 })).output).toEqual({ early: false });
  });

  test("gets events in the order they were acknowledged, those from before it ran included", async () => {
    await host.startNew("waiter", "wait-1", { count: 5 });
    for (let i = 0; i < 5; i++)
      expect((await host.durable("POST", "instances/wait-1/raiseEvent/go", i)).status).toBe(202);
    expect((await host.until("wait-1")).output).toEqual([0, 1, 2, 3, 4]);
  });

  test("loses no event that arrives while it continues as new", async () => {
    await host.startNew("collector", "collect-1", { got: [], want: 30 });
    const items = Array.from({ length: 30 }, (_, i) => i);
    for (const item of items) await host.durable("POST", "instances/collect-1/raiseEvent/item", item);
    expect((await host.until("collect-1")).output).toEqual(items);
  });

  test("shows its custom status and its history", async () => {
    await host.startNew("waiter", "wait-2", { count: 1 });
    await host.until("wait-2", (status) => status.customStatus !== null);
    expect(await host.status("wait-2", "?showHistory=true")).toMatchObject({
      customStatus: { waiting: 1 },
      input: { count: 1 },
      historyEvents: [{ EventType: "ExecutionStarted", FunctionName: "waiter" }],
    });
  });
});

describe("the management of an instance", () => {
  test("suspends it, keeps its events, and resumes it", async () => {
    await host.startNew("waiter", "suspend-1", { count: 1 });
    await host.until("suspend-1", (status) => status.customStatus !== null);
    expect((await host.durable("POST", "instances/suspend-1/suspend?reason=pause")).status).toBe(202);
    await host.durable("POST", "instances/suspend-1/raiseEvent/go", "kept");
    expect((await host.status("suspend-1")).runtimeStatus).toBe("Suspended");
    expect((await host.durable("POST", "instances/suspend-1/resume?reason=on")).status).toBe(202);
    expect((await host.until("suspend-1")).output).toEqual(["kept"]);
  });

  test("terminates it at once, whatever it waits for, and tells its parent", async () => {
    await host.startNew("parent", "terminate-1", {
      child: "waiter",
      id: "terminate-child",
      input: { count: 1 },
    });
    await host.until("terminate-child", (status) => status.customStatus !== null);
    expect((await host.durable("POST", "instances/terminate-child/terminate?reason=enough")).status).toBe(
      202,
    );
    expect(await host.status("terminate-child")).toMatchObject({
      runtimeStatus: "Terminated",
      output: "enough",
    });
    expect((await host.until("terminate-1")).output).toEqual({ failed: expect.stringContaining("enough") });
  });

  test("answers 410 for an ended instance and 404 for one that is not there", async () => {
    await host.run("alarm", "ended-1", { ms: 0 });
    const statuses = await Promise.all(
      ["ended-1", "absent"].flatMap((id) => [
        host.durable("POST", `instances/${id}/terminate`),
        host.durable("POST", `instances/${id}/raiseEvent/go`, 1),
      ]),
    );
    expect(statuses.map((answer) => answer.status)).toEqual([410, 410, 404, 404]);
  });

  test("refuses to start a living id and replaces an ended one", async () => {
    await host.startNew("waiter", "reuse-1", { count: 1 });
    const second = await host.durable("POST", "orchestrators/waiter/reuse-1", { count: 1 });
    expect([second.status, await second.text()]).toEqual([500, expect.stringContaining("already exists")]);
    await host.durable("POST", "instances/reuse-1/terminate");
    expect((await host.run("alarm", "reuse-1", { ms: 0 })).output).toEqual({ early: false });
  });

  test.each([
    ["orchestrators/absent", {}],
    ["orchestrators/chain/@id", {}],
    ["orchestrators/chain/a%2Fb", {}],
    ["instances/x?taskHub=Other", undefined],
  ])("answers 400 for %s", async (route, body) => {
    expect((await host.durable(body === undefined ? "GET" : "POST", route, body)).status).toBe(400);
  });

  test("lists instances in pages and purges them", async () => {
    for (let i = 0; i < 5; i++) await host.run("alarm", `page-${i}`, { ms: 0 });
    const headers = { "x-functions-key": host.keys.masterKey };
    const list = async (token: string): Promise<Response> =>
      host.fetch(
        "/runtime/webhooks/durabletask/instances?instanceIdPrefix=page-&top=3&runtimeStatus=Completed",
        {
          headers: { ...headers, "x-ms-continuation-token": token },
        },
      );
    const first = await list("");
    const second = await list(first.headers.get("x-ms-continuation-token") ?? "");
    const ids = [
      ...((await first.json()) as { instanceId: string }[]),
      ...((await second.json()) as { instanceId: string }[]),
    ];
    expect(ids.map((each) => each.instanceId)).toEqual(["page-0", "page-1", "page-2", "page-3", "page-4"]);
    expect(second.headers.get("x-ms-continuation-token")).toBe("");
    expect(await (await host.durable("DELETE", "instances/page-0")).json()).toEqual({ instancesDeleted: 1 });
    expect((await host.durable("GET", "instances/page-0")).status).toBe(404);
  });

  test("serves the durable client of the app", async () => {
    const started = await host.fetch("/api/startChain/client-1", {
      method: "POST",
      body: JSON.stringify({ length: 2 }),
    });
    expect(started.status).toBe(202);
    const { statusQueryGetUri } = (await started.json()) as { statusQueryGetUri: string };
    expect((await fetch(statusQueryGetUri)).ok).toBe(true);
    expect((await host.until("client-1")).output).toEqual([1, 2]);
  });
});
