import { describe, expect, test } from "@jest/globals";
import * as df from "durable-functions";
import { planTurn } from "../../../src/host/durable/planTurn";
import { SimulatedHub, startOfTime } from "./simulatedHub";

describe("a turn", () => {
  test("delivers an event that was raised before the start after it, and keeps the order of the rest", async () => {
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

  test("drops a second completion of the same task and one for another execution", async () => {
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

  test("says that messages are left when two attempts failed at once, so that the second is not forgotten", async () => {
    const hub = new SimulatedHub(function* (context) {
      const retry = new df.RetryOptions(10, 2);
      const tasks = ["A", "B"].map((name) => context.df.callActivityWithRetry(name, retry));
      yield context.df.Task.all(tasks);
    });
    await hub.settle();
    hub.fail(0);
    hub.fail(1);
    const decision = planTurn({
      instance: hub.instance,
      input: null,
      inbox: hub.inbox,
      now: hub.now,
      maxMessages: 200,
    });
    expect(decision).toMatchObject({ kind: "run", plan: { delivered: 1, hasMore: true } });
  });

  test("stays Running while a task is open, and ends with the last one", async () => {
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

  test("takes nothing while suspended, and everything in order afterwards", async () => {
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

  test("never writes a history instant before the last one, though the clock went back", async () => {
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

  test("fails an instance that uses what this host does not emulate, naming what to use instead", async () => {
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
});
