import { describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { untilTrue, type HostProcess } from "../service/host/hostProcess";
import { isOver, isWaiting, sharedDurableHost } from "./durableHost";

const durable = sharedDurableHost();
const host = (): HostProcess => durable.host;

describe("external events", () => {
  test("O12 Events that come before they are awaited are kept in order, for several names, with null as payload", async () => {
    await host().startNew("lateReader", "o12", ["a", "b", "a", "b", "a"]);
    for (const [name, data] of [
      ["b", 1],
      ["a", null],
      ["a", "two"],
      ["b", { n: 3 }],
      ["a", 4],
    ] as const) {
      expect(await durable.raise("o12", name, data)).toBe(202);
    }
    await durable.raise("o12", "begin", true);
    expect((await host().until("o12")).output).toEqual([null, 1, "two", { n: 3 }, 4]);
  });

  test("O14 Events that come around a continue-as-new follow the configured policy", async () => {
    await host().startNew("collector", "o14-carried", { got: [], want: 20 });
    const items = Array.from({ length: 20 }, (_, n) => n);
    for (const item of items) await durable.raise("o14-carried", "item", item);
    expect((await host().until("o14-carried")).output).toEqual(items);
    await host().startNew("dropper", "o14-dropped", { generation: 1 });
    await durable.raise("o14-dropped", "extra", "unread");
    await durable.raise("o14-dropped", "begin", null);
    await host().until("o14-dropped", isWaiting);
    await durable.raise("o14-dropped", "end", null);
    expect((await host().until("o14-dropped")).output).toBe("dropped");
    expect(host().log).toMatch(/'o14-dropped'.*'extra'.*dropped by continueAsNew/);
  });
});

describe("continue-as-new", () => {
  test("O13 Ten generations of continue-as-new keep the history bounded, and the parent gets the result", async () => {
    const call = { child: "generations", id: "o13-child", input: { left: 10, total: 0 } };
    expect((await host().run("parent", "o13", call)).output).toEqual({ result: 10 });
    expect(Array.from({ length: 10 }, (_, n) => durable.steps("o13-child", n))).toEqual(Array(10).fill(1));
    const kinds = (await durable.history("o13-child")).map((event) => event["EventType"]);
    expect(kinds).toEqual(["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]);
  });

  test("O15 A custom status shows while running, and is kept or cleared as documented", async () => {
    await host().startNew("events", "o15", ["go"]);
    await host().until("o15", ({ customStatus }) => customStatus === "waiting");
    await durable.raise("o15", "go", 1);
    expect(await host().until("o15")).toMatchObject({ customStatus: { got: 1 } });
    const { customStatus } = await host().run("generations", "o15-generations", { left: 7, total: 0 });
    expect(customStatus).toEqual({ left: 5 });
  });
});

describe("replay", () => {
  test("O16 `currentUtcDateTime` and `newGuid` are the same in every replay and after a restart", async () => {
    await host().startNew("clockAndIds", "o16", null);
    const seen = (): unknown[] => durable.notes("seen").filter((note) => (note as string[])[0] === "o16");
    await untilTrue(() => seen().length >= 1);
    await durable.raise("o16", "next", 1);
    await untilTrue(async () => (await durable.count("o16", "EventRaised")) === 1);
    await durable.killAndStart();
    await durable.raise("o16", "next", 2);
    await untilTrue(() => seen().length >= 6);
    await durable.raise("o16", "next", 3);
    const output = (await host().until("o16")).output as [number, string, string][];
    const once = new Set(seen().map((note) => JSON.stringify(note)));
    expect([...once]).toEqual(output.map((each, n) => JSON.stringify(["o16", n, ...each])));
    expect(new Set(output.flatMap(([, first, second]) => [first, second])).size).toBe(6);
  });

  test("O17 `isReplaying` is false in the last episode alone", async () => {
    expect((await host().run("replaying", "o17", null)).output).toEqual([true, true, true, false]);
    expect(durable.notes("flags")).toEqual([["o17", [true, true, true, false]]]);
  });

  test("O21 Orchestrator code that changed under a running instance fails it with the non-determinism text", async () => {
    const file = durable.scratch.file("o21");
    await host().startNew("edited", "o21", file);
    await untilTrue(async () => (await durable.count("o21", "TaskCompleted")) === 1);
    writeFileSync(file, "");
    await durable.raise("o21", "go", null);
    const { runtimeStatus, output } = await host().until("o21", isOver);
    expect([runtimeStatus, output]).toEqual([
      "Failed",
      expect.stringMatching(
        /^A previous execution of this orchestration scheduled the activity 'identity' with sequence number 0/,
      ),
    ]);
  });

  test("O24 The version of an instance comes from its start, else from the default version", async () => {
    const run = async (query: string): Promise<unknown> => {
      const route = `orchestrators/version?timeout=30&pollingInterval=1${query}`;
      return (await host().durable("POST", route, null)).json();
    };
    expect([await run(""), await run("&version=2.0")]).toEqual(["1.5", "2.0"]);
    await durable.client("startNew", { name: "version", instanceId: "o24", version: "3.1" });
    expect((await host().until("o24")).output).toBe("3.1");
    expect((await host().run("parent", "o24-child", { child: "version" })).output).toEqual({ result: "1.5" });
  });
});

describe("suspending and ending", () => {
  test("O19 Suspending stops the progress, resuming continues with the events in order", async () => {
    await host().startNew("events", "o19", ["go", "go", "go"]);
    await host().until("o19", isWaiting);
    await host().durable("POST", "instances/o19/suspend?reason=wait");
    for (const n of [1, 2, 3]) expect(await durable.raise("o19", "go", n)).toBe(202);
    await host().run("echoInput", "o19-barrier", null);
    expect(await host().status("o19")).toMatchObject({
      runtimeStatus: "Suspended",
      customStatus: "waiting",
      output: "wait",
    });
    await host().durable("POST", "instances/o19/resume?reason=on");
    expect((await host().until("o19")).output).toEqual([1, 2, 3]);
    const kinds = (await durable.history("o19")).map((event) => event["EventType"]);
    expect(kinds).toEqual([
      "ExecutionStarted",
      "ExecutionSuspended",
      "ExecutionResumed",
      "EventRaised",
      "EventRaised",
      "EventRaised",
      "ExecutionCompleted",
    ]);
  });

  test("O20 Terminating ends at once; the result of an activity that comes later is ignored", async () => {
    const file = durable.scratch.file("o20");
    const input = { name: "o20", file, fails: false };
    await host().startNew("caller", "o20", { activity: "gate", input });
    await untilTrue(() => durable.notes("gate").includes("o20"));
    expect((await host().durable("POST", "instances/o20/terminate?reason=enough")).status).toBe(202);
    const ended = await host().status("o20");
    expect(ended).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
    writeFileSync(file, "");
    await untilTrue(() => host().log.includes("Executed 'Functions.gate'"));
    await host().run("chain", "o20-barrier", { length: 1 });
    expect(await host().status("o20")).toEqual(ended);
    expect(await durable.count("o20", "TaskCompleted")).toBe(0);
  });

  test("O23 A monitor that polls with timers goes on over a restart", async () => {
    await host().startNew("monitor", "o23", { polls: 4, everyMs: 250 });
    await untilTrue(() => durable.steps("o23", 1) === 1);
    await durable.killAndStart();
    expect((await host().until("o23")).output).toEqual([1, 2, 3, 4]);
    expect(await durable.count("o23", "TimerFired")).toBe(4);
    expect(durable.steps("o23", 0)).toBe(1);
  });
});
