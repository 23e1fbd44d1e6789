import { describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { untilTrue, type HostProcess } from "../service/host/hostProcess";
import { isWaiting, sharedDurableHost } from "./durableHost";

const durable = sharedDurableHost();
const host = (): HostProcess => durable.host;

/** Lets an activity `gate` that waits for the file end, and waits until the host has its outcome. */
async function open(file: string): Promise<void> {
  const ended = (): number => host().log.split("Executed 'Functions.gate'").length;
  const before = ended();
  writeFileSync(file, "");
  await untilTrue(() => ended() > before);
}

describe("activities", () => {
  test("O01 A chain of three activities returns their results in order", async () => {
    expect((await host().run("chain", "o01", { length: 3 })).output).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((n) => durable.steps("o01", n))).toEqual([1, 1, 1]);
  });

  test("O02 A fan-out of 1000 activities returns their results in the order of the calls", async () => {
    const { output } = await host().run("fan", "o02", { width: 1000 });
    expect(output).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
  });

  test("O03 Every JSON value goes in and out unchanged: texts, texts like numbers, booleans, null, objects, arrays, Unicode, 1 MB", async () => {
    const strange = ["", "text", "5", "true", "null", "{}", '"quoted"', "ünï\u2028\ud83d\ude00\n\t\\"];
    const plain = [0, -1.5, 1e21, true, false, null, [], [1, ["x", null]], {}, { a: { b: null }, "": 1 }];
    const values = [...strange, ...plain, "x".repeat(1_000_000)];
    const types = values.map((value) => (value === null ? "null" : typeof value));
    const { input, output } = await host().run("roundTrip", "o03", values);
    expect(input).toEqual(values);
    expect(output).toEqual({ results: values, types });
    for (const [index, value] of values.entries()) {
      const { output: echoed } = await host().run("echoInput", `o03-${index}`, value);
      expect(echoed).toEqual({ type: types[index], input: value });
    }
  });

  test("O04 A failed activity can be caught; the message names the activity and keeps the original text", async () => {
    const { output } = await host().run("catcher", "o04", "the original text");
    expect(output).toContain("Activity function 'boom' failed:");
    expect(output).toContain("the original text");
  });

  test("O05 An uncaught error fails the instance; its output names the orchestrator", async () => {
    expect(await host().run("thrower", "o05", "the reason")).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringMatching(/^Orchestrator function 'thrower' failed: .*the reason/),
    });
  });

  test("O22 An activity that does not exist fails the orchestration with the documented text", async () => {
    expect(await host().run("caller", "o22", { activity: "absent", input: null })).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringContaining(
        "The function 'absent' doesn't exist, is disabled, or is not an activity function.",
      ),
    });
  });

  test("O25 Throwing an error without a text fails the instance", async () => {
    expect(await host().run("thrower", "o25", "")).toMatchObject({
      runtimeStatus: "Failed",
      output: "Orchestrator function 'thrower' failed: Unknown error",
    });
  });
});

describe("retries", () => {
  test("O06 An activity with retries is tried twice, a pause apart, then fails; the calls after it still match", async () => {
    const { output } = await host().run("retried", "o06", { pauseMs: 1000, attempts: 2 });
    expect(output).toEqual({
      error: expect.stringContaining("Activity function 'boom' failed:"),
      after: "after",
    });
    const tries = durable.notes("boom").flatMap((note) => {
      const [text, at] = note as [string, number];
      return text === "retried" ? [at] : [];
    });
    expect(tries).toHaveLength(2);
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test.each([
    ["the plain one", ["plain", "flaky"]],
    ["the failing one", ["flaky", "plain"]],
  ])(
    "O07 Retries inside `Task.all` keep their calls apart, whichever completes first: %s",
    async (_, order) => {
      const id = `o07-${order[0] ?? ""}`;
      const file = (name: string): string => durable.scratch.file(`${id}-${name}`);
      await host().startNew("retriesInAll", id, { flaky: file("flaky"), plain: file("plain") });
      await host().until(id, isWaiting);
      await host().durable("POST", `instances/${id}/suspend?reason=gather`);
      for (const name of order) await open(file(name));
      await host().durable("POST", `instances/${id}/resume?reason=go`);
      expect((await host().until(id)).output).toEqual(["plain", "flaky at last", "after"]);
    },
  );

  test("O08 A sub-orchestrator has its documented default id or its own, its failure reaches the parent, and it can be retried", async () => {
    const unnamed = await host().run("parent", "o08-default", { child: "tellsItsId", input: null });
    const [started] = await durable.history("o08-default");
    const { ExecutionId } = started?.["OrchestrationInstance"] as { ExecutionId: string };
    expect(unnamed.output).toEqual({ result: `${ExecutionId}:0` });
    const named = await host().run("parent", "o08-own", { child: "tellsItsId", id: "own", input: null });
    expect(named.output).toEqual({ result: "own" });
    const failed = await host().run("parent", "o08-failed", { child: "thrower", input: "of the child" });
    expect(failed.output).toEqual({ failed: expect.stringContaining("of the child") });
    const stubborn = { file: durable.scratch.file("o08"), times: 2 };
    const retried = await host().run("parent", "o08-retry", {
      child: "failsTimes",
      id: "o08-child",
      input: stubborn,
      attempts: 3,
    });
    expect(retried.output).toEqual({ result: "at last" });
    expect(await durable.count("o08-retry", "SubOrchestrationInstanceFailed")).toBe(2);
  });
});

describe("timers and races", () => {
  test("O09 A timer is never early; cancelled it lets the instance complete, not cancelled it keeps it running", async () => {
    for (const ms of [1, 20, 150]) {
      expect((await host().run("alarm", `o09-${ms}`, ms)).output).toEqual({ early: false });
    }
    const before = Date.now();
    await host().run("alarm", "o09-clock", 300);
    expect(Date.now() - before).toBeGreaterThanOrEqual(300);
    expect((await host().run("race", "o09-cancelled", { cancels: true })).output).toBe("over");
    await host().startNew("race", "o09-forgotten", { cancels: false });
    await untilTrue(() => /'o09-forgotten'.* stays Running/.test(host().log));
    expect(await host().status("o09-forgotten")).toMatchObject({ runtimeStatus: "Running", output: null });
  });

  test("O10 `Task.any` over a timer and an event may wait for the same timer again and again, and creates it once", async () => {
    await host().startNew("timerOrEvents", "o10", null);
    for (const n of [1, 2]) {
      expect(await durable.raise("o10", "answer", n)).toBe(202);
      await host().until("o10", ({ customStatus }) => customStatus === n);
    }
    expect(await durable.raise("o10", "answer", 3)).toBe(202);
    expect((await host().until("o10")).output).toEqual([1, 2, 3]);
    expect(await durable.count("o10", "TimerCreated")).toBe(1);
  });

  test("O11 A task awaited in `Task.any` and then alone runs once", async () => {
    expect((await host().run("yieldedTwice", "o11", null)).output).toEqual([2, 11]);
    expect([durable.steps("o11", 1), durable.steps("o11", 10)]).toEqual([1, 1]);
  });

  test("O26 The host's sequence numbers equal the library's after every turn of random programs", async () => {
    const seeds = Array.from({ length: 30 }, (_, seed) => seed + 1);
    const ends = await Promise.all(
      seeds.map(async (seed) =>
        host().run("randomProgram", `o26-${seed}`, { seed, steps: 8, perGeneration: 8, sum: 0 }),
      ),
    );
    expect(ends.filter(({ runtimeStatus }) => runtimeStatus !== "Completed")).toEqual([]);
  });
});
