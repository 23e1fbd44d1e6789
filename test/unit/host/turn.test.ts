import { describe, expect, test } from "@jest/globals";
import * as df from "durable-functions";
import { turn } from "../../../src/host/durable/turn";
import { SimulatedHub, startOfTime } from "./simulatedHub";

describe("a turn", () => {
  test("delivers an event that was raised before the start after it, and keeps the order of the rest (P1)", async () => {
    const hub = new SimulatedHub(function* (context) {
      const first = yield context.df.waitForExternalEvent("e");
      const second = yield context.df.waitForExternalEvent("e");
      return [first, second];
    });
    hub.inbox.unshift({
      seq: 0,
      at: 0,
      executionId: null,
      message: { kind: "eventRaised", name: "e", input: "1" },
    });
    hub.send({ kind: "eventRaised", name: "e", input: "2" });
    await hub.settle();
    expect(hub.instance).toMatchObject({ status: "Completed", output: "[1,2]" });
  });

  test("drops a second completion of the same task and one for another execution (P3)", async () => {
    const hub = new SimulatedHub(function* (context) {
      return yield context.df.callActivity("A");
    });
    await hub.settle();
    hub.inbox.push({
      seq: 99,
      at: 0,
      executionId: "gone",
      message: { kind: "taskCompleted", taskId: 0, result: "1" },
    });
    hub.complete(0, 2);
    hub.complete(0, 3);
    await hub.settle();
    expect(hub.instance.output).toBe("2");
  });

  test("says that messages are left when two attempts failed at once, so that the second is not forgotten (P2)", async () => {
    const hub = new SimulatedHub(function* (context) {
      const retry = new df.RetryOptions(10, 2);
      const tasks = ["A", "B"].map((name) => context.df.callActivityWithRetry(name, retry));
      yield context.df.Task.all(tasks);
    });
    await hub.settle();
    hub.fail(0);
    hub.fail(1);
    expect(await hub.drive(hub.input(200))).toMatchObject({ commit: { consumed: [2] }, hasMore: true });
  });

  test("stays Running while a task is open, and ends with the last one (F1)", async () => {
    const hub = new SimulatedHub(function* (context) {
      yield context.df.Task.any([context.df.callActivity("A"), context.df.callActivity("B")]);
      return "ended";
    });
    await hub.settle();
    hub.complete(0);
    await hub.settle();
    expect(hub.instance.status).toBe("Running");
    hub.complete(1);
    await hub.settle();
    expect(hub.instance).toMatchObject({ status: "Completed", output: '"ended"' });
  });

  test("takes nothing while suspended, and everything in order afterwards (P4)", async () => {
    const hub = new SimulatedHub(function* (context) {
      return yield context.df.waitForExternalEvent("e");
    });
    await hub.settle();
    hub.instance = { ...hub.instance, status: "Suspended" };
    hub.send({ kind: "eventRaised", name: "e", input: "1" });
    expect(await hub.turn()).toBe(false);
    expect(hub.inbox).toHaveLength(1);
    hub.instance = { ...hub.instance, status: "Running" };
    await hub.settle();
    expect(hub.instance.output).toBe("1");
  });

  test("continues as new with an empty history, a new execution and numbers from zero", async () => {
    const hub = new SimulatedHub(function* (context) {
      yield context.df.callActivity("A");
      context.df.continueAsNew({ next: true });
    });
    await hub.settle();
    hub.complete(0);
    await hub.turn();
    const commit = hub.commits.at(-1);
    expect(commit).toMatchObject({ chunk: null, nextInput: { input: '{"next":true}' } });
    expect(hub.instance).toMatchObject({ status: "Running", turns: 0, ledger: { nextId: 0, open: [] } });
    await hub.settle();
    expect(hub.open.calls).toEqual([0]);
  });

  test("never writes a history instant before the last one, though the clock went back (P5)", async () => {
    const hub = new SimulatedHub(function* (context) {
      return yield context.df.waitForExternalEvent("e");
    });
    await hub.settle();
    hub.now = startOfTime - 60_000;
    hub.send({ kind: "eventRaised", name: "e", input: null });
    await hub.settle();
    const events = JSON.parse(`[${hub.commits.map((commit) => commit.chunk).join(",")}]`) as {
      Timestamp: string;
      EventType: number;
    }[];
    const turns = events.filter((event) => event.EventType === 12).map((event) => event.Timestamp);
    expect(turns).toEqual([...turns].sort());
    expect(hub.instance.updatedAt).toBe(startOfTime);
  });

  test("fails an instance that uses what this host does not emulate, naming what to use instead (F2)", async () => {
    const hub = new SimulatedHub(function* (context) {
      yield context.df.callHttp({ method: "GET", url: "http://localhost" });
    });
    await hub.settle();
    expect(hub.instance.status).toBe("Failed");
    expect(hub.instance.output).toContain("make the request in an activity");
  });

  test("fails an instance that throws an empty text, instead of leaving it Running", async () => {
    const hub = new SimulatedHub(function* (context) {
      yield context.df.createTimer(new Date(startOfTime));
      throw new Error("");
    });
    await hub.settle();
    expect(hub.instance.output).toBe(JSON.stringify("Orchestrator function 'program' failed: Unknown error"));
  });

  test("gives the same for the same input and answers, and leaves what it was given as it was (T1)", async () => {
    const hub = new SimulatedHub(function* (context) {
      return yield context.df.callActivityWithRetry("R", new df.RetryOptions(10, 2));
    });
    await hub.settle();
    hub.fail(0);
    const input = hub.input(200);
    const before = structuredClone({ ...input, rules: null, newId: null });
    const outcomes = [await hub.drive(input), await hub.drive(input)];
    expect(outcomes[0]).toMatchObject({ kind: "commit", commit: { timersAdded: [{ id: 1 }] } });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect({ ...input, rules: null, newId: null }).toEqual(before);
  });

  test("takes the messages up to a continue-as-new and no more; the next generation gets the rest (T3)", async () => {
    const hub = new SimulatedHub(function* (context) {
      const got = context.df.getInput<string[] | null>() ?? [];
      const event = (yield context.df.waitForExternalEvent("e")) as string;
      if (got.length === 4) return [...got, event];
      context.df.continueAsNew([...got, event]);
      return null;
    });
    for (const event of ["a", "b", "c", "d", "e"])
      hub.send({ kind: "eventRaised", name: "e", input: JSON.stringify(event) });
    await hub.turn();
    expect(hub.commits[0]?.consumed).toEqual([1, 2]);
    await hub.settle();
    expect(hub.instance).toMatchObject({ status: "Completed", output: '["a","b","c","d","e"]' });
  });

  test("fails an instance whose orchestrator is gone, without asking the app (T4)", () => {
    const hub = new SimulatedHub(() => {
      throw new Error("The app was asked.");
    });
    const input = hub.input(200);
    const asking = turn({ ...input, rules: { ...input.rules, findOrchestrator: () => undefined } });
    expect(asking.next()).toMatchObject({
      done: true,
      value: { commit: { instance: { status: "Failed", output: expect.stringContaining("doesn't exist") } } },
    });
  });

  test("tells a parent once, in the commit that ends the child (F3)", async () => {
    const hub = new SimulatedHub(function* (context) {
      return yield context.df.callActivity("A");
    });
    const parent = { instanceId: "p", executionId: "pe", taskId: 7, name: "parent" };
    hub.instance = { ...hub.instance, parent };
    await hub.settle();
    hub.complete(0, "done");
    await hub.settle();
    const message = { kind: "childCompleted", taskId: 7, result: '"done"' };
    expect(hub.commits.map(({ toParent }) => toParent)).toEqual([null, { parent, message }]);
  });
});
