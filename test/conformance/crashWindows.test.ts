import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { untilTrue, type HostProcess } from "../service/host/hostProcess";
import { DurableHost, isWaiting } from "./durableHost";

let durable: DurableHost;
beforeEach(() => {
  durable = new DurableHost();
});
afterEach(async () => durable.end());

const host = (): HostProcess => durable.host;

/** Starts an instance on a host that dies at the call, waits for its death, and starts the host again. */
async function startAndDie(call: string, name: string, id: string, input: unknown): Promise<void> {
  await durable.startToDieAt(call);
  await host()
    .startNew(name, id, input)
    .catch(() => undefined);
  await host().ended;
  await durable.start();
}

describe("killed around a message", () => {
  test("K01 Killed after a start was acknowledged: the instance exists and runs, and its id is not given twice", async () => {
    await durable.start();
    await host().startNew("events", "k01", ["go"]);
    await durable.killAndStart();
    const again = await host().durable("POST", "orchestrators/events/k01", ["other"]);
    expect(again.status).toBe(500);
    expect(await durable.raise("k01", "go", 1)).toBe(202);
    expect(await host().until("k01")).toMatchObject({ input: ["go"], output: [1] });
  });

  test("K02 Killed after the commit of a start, before its answer: the instance runs, and a repeated start is told so", async () => {
    await durable.startToDieAt("startInstance after 1");
    await expect(host().startNew("events", "k02", ["go"])).rejects.toThrow();
    await host().ended;
    await durable.start();
    const again = await host().durable("POST", "orchestrators/events/k02", ["go"]);
    expect([again.status, await again.text()]).toEqual([500, expect.stringContaining("already exists")]);
    await durable.raise("k02", "go", 1);
    expect((await host().until("k02")).output).toEqual([1]);
  });

  test("K03 An event that was acknowledged is delivered once, in order", async () => {
    await durable.start();
    await host().startNew("events", "k03", Array(6).fill("go"));
    for (const round of [0, 2]) {
      for (const n of [round, round + 1]) expect(await durable.raise("k03", "go", n)).toBe(202);
      await durable.killAndStart();
    }
    for (const n of [4, 5]) await durable.raise("k03", "go", n);
    expect((await host().until("k03")).output).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await durable.count("k03", "EventRaised")).toBe(6);
  });
});

describe("killed around a turn", () => {
  test("K04 Killed during an orchestrator's turn: it runs again and schedules nothing twice", async () => {
    await startAndDie("commitTurn before 1", "fan", "k04", { width: 3 });
    expect((await host().until("k04")).output).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((n) => durable.steps("k04", n))).toEqual([1, 1, 1]);
    expect(await durable.count("k04", "TaskCompleted")).toBe(3);
  });

  test("K04 Killed during a later turn: it runs again from the same event and schedules nothing twice", async () => {
    await durable.startToDieAt("commitTurn before 2");
    const release = durable.scratch.file("release");
    writeFileSync(release, "");
    await host().startNew("blocked", "k04", release);
    await untilTrue(async () => (await durable.count("k04", "ExecutionStarted")) === 1);
    await durable.raise("k04", "go", null).catch(() => undefined);
    await host().ended;
    await durable.start();
    await host().until("k04");
    expect(durable.notes("step")).toHaveLength(1);
    expect(await durable.count("k04", "EventRaised")).toBe(1);
  });

  test("K05 Killed after a turn's commit: its activities are dispatched at the next start (TR2)", async () => {
    await durable.startToDieAt("commitTurn after 1");
    await host()
      .startNew("fan", "k05", { width: 5 })
      .catch(() => undefined);
    await host().ended;
    expect(durable.notes("step")).toEqual([]);
    await durable.start();
    expect((await host().until("k05")).output).toEqual([1, 2, 3, 4, 5]);
    expect([0, 1, 2, 3, 4].map((n) => durable.steps("k05", n))).toEqual([1, 1, 1, 1, 1]);
  });

  test.each(["before", "after"])(
    "K10 Killed during continue-as-new: one generation, wholly, with the carried events (%s its commit)",
    async (moment) => {
      await durable.startToDieAt(`commitTurn ${moment} 2`);
      await host().startNew("collector", "k10", { got: [], want: 3 });
      await untilTrue(async () => (await durable.count("k10", "ExecutionStarted")) === 1);
      await durable.raise("k10", "item", 0).catch(() => undefined);
      await host().ended;
      await durable.start();
      for (const n of [1, 2]) expect(await durable.raise("k10", "item", n)).toBe(202);
      expect((await host().until("k10")).output).toEqual([0, 1, 2]);
      expect(await durable.count("k10", "EventRaised")).toBe(1);
    },
  );

  test.each(["before", "after"])(
    "K11 A parent gets exactly one completion of its child (killed %s the commit of its end)",
    async (moment) => {
      const call = { child: "tellsItsId", id: "k11-child", input: null };
      await startAndDie(`commitTurn ${moment} 2`, "parent", "k11", call);
      expect((await host().until("k11")).output).toEqual({ result: "k11-child" });
      expect(await durable.count("k11", "SubOrchestrationInstanceCompleted")).toBe(1);
      expect((await host().status("k11-child")).runtimeStatus).toBe("Completed");
    },
  );
});

describe("killed around an activity", () => {
  test("K06 Killed during an activity: it runs again (the host)", async () => {
    await durable.start();
    await host().startNew("survivor", "k06", { file: durable.scratch.file("killed"), whom: "host" });
    await host().ended;
    await durable.start();
    expect((await host().until("k06")).output).toBe("survived");
    expect(durable.notes("killOnce")).toHaveLength(2);
    expect(await durable.count("k06", "TaskCompleted")).toBe(1);
  });

  test("K06 Killed during an activity: it runs again each time, and the log counts the attempts (the host)", async () => {
    await durable.start();
    await host().startNew("chain", "k06", { length: 1, ms: 600_000 });
    for (const attempt of [2, 3]) {
      await untilTrue(() => durable.steps("k06", 0) === attempt - 1);
      await durable.killAndStart();
      await untilTrue(() =>
        host().log.includes(
          `of 'k06' may have begun before the last host ended: it runs as attempt ${attempt}.`,
        ),
      );
    }
    await untilTrue(() => durable.steps("k06", 0) === 3);
  });

  test("K06 Killed during an activity: it runs again, and the log tells the attempt (the worker)", async () => {
    await durable.start();
    await host().startNew("survivor", "k06", { file: durable.scratch.file("killed"), whom: "worker" });
    expect((await host().until("k06")).output).toBe("survived");
    expect(durable.notes("killOnce")).toHaveLength(2);
    expect(host().log).toMatch(/Activity 'killOnce' of 'k06' runs again \(attempt 2\)/);
  });

  test("K07 Killed after an activity returned, before its commit: it runs again", async () => {
    await startAndDie("completeTask before 1", "chain", "k07", { length: 1 });
    expect((await host().until("k07")).output).toEqual([1]);
    expect([durable.notes("stepped").length, await durable.count("k07", "TaskCompleted")]).toEqual([2, 1]);
  });

  test("K08 Killed after an activity's commit: it never runs again and completes once", async () => {
    await startAndDie("completeTask after 1", "chain", "k08", { length: 2 });
    expect((await host().until("k08")).output).toEqual([1, 2]);
    expect([durable.steps("k08", 0), durable.steps("k08", 1)]).toEqual([1, 1]);
    expect(await durable.count("k08", "TaskCompleted")).toBe(2);
  });
});

describe("killed while it waits", () => {
  test("K09 Timers that came due while the host was down fire at the start, in order, once", async () => {
    await durable.start();
    const now = Date.now();
    const dues = [900, 500, 700].map((ms) => new Date(now + ms).toISOString());
    await host().startNew("alarms", "k09", dues);
    await untilTrue(async () => (await durable.count("k09", "TimerCreated")) === 3);
    await host().kill();
    await untilTrue(() => Date.now() > now + 900);
    await durable.start();
    expect((await host().until("k09")).output).toBe("all");
    const fired = (await durable.history("k09")).filter((event) => event["EventType"] === "TimerFired");
    expect(fired.map((event) => event["FireAt"])).toEqual([...dues].sort());
  });

  test("K14 Terminate, suspend, resume and purge hold once acknowledged, and win over a turn in flight", async () => {
    await durable.start();
    const names = ["suspended", "resumed", "purged"];
    for (const id of names) await host().startNew("events", id, ["go"]);
    for (const id of names) await host().until(id, isWaiting);
    const release = durable.scratch.file("release");
    await host().startNew("blocked", "terminated", release);
    await durable.raise("terminated", "go", null);
    await untilTrue(() => durable.notes("blocked").includes("terminated"));
    const act = async (id: string, verb: string): Promise<number> =>
      (await host().durable("POST", `instances/${id}/${verb}?reason=r`)).status;
    expect([
      await act("terminated", "terminate"),
      await act("suspended", "suspend"),
      await act("resumed", "suspend"),
      await act("resumed", "resume"),
      (await host().durable("DELETE", "instances/purged")).status,
    ]).toEqual([202, 202, 202, 202, 200]);
    writeFileSync(release, "");
    await untilTrue(() => host().log.includes("A turn of 'terminated' lost its commit"));
    await durable.killAndStart();
    expect((await host().status("terminated")).runtimeStatus).toBe("Terminated");
    expect((await host().status("suspended")).runtimeStatus).toBe("Suspended");
    expect((await host().durable("GET", "instances/purged")).status).toBe(404);
    await durable.raise("resumed", "go", 1);
    expect((await host().until("resumed")).output).toEqual([1]);
    expect(durable.notes("step")).toEqual([]);
  });
});
