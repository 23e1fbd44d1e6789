import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import path from "node:path";
import { HostProcess, Scratch, untilTrue } from "../service/host/hostProcess";
import { SmallDisk } from "../service/host/smallDisk";
import { conformanceApp } from "./conformanceHost";
import { DurableHost, isOver, isWaiting } from "./durableHost";

let durable: DurableHost;
const others: HostProcess[] = [];
beforeEach(() => {
  durable = new DurableHost();
});
afterEach(async () => {
  await Promise.all(others.splice(0).map(async (other) => other.kill()));
  await durable.end();
});

const host = (): HostProcess => durable.host;
const minute = 60_000;

/** Another host of the same app; it ends with the test. */
function launch(dataDir: string): HostProcess {
  const other = new HostProcess({ app: conformanceApp("durable"), dataDir });
  others.push(other);
  return other;
}

describe("killed in a trigger", () => {
  test("K15 Killed while a timer function ran: a monitored one runs again as past due, another waits for its next time", async () => {
    const nextMinute = Date.now() + minute - (Date.now() % minute);
    const moved = await durable.clockAt(nextMinute + 30_000);
    await durable.start(moved);
    await host().kill();
    await durable.clockAt(nextMinute + 2 * minute + 30_000);
    const deadly = { ...moved, TEST_KILL_MONITORED: durable.scratch.file("killed") };
    await durable.start(deadly).catch(() => undefined);
    await host().ended;
    expect(durable.notes("monitored")).toEqual([true]);
    await durable.clockAt(nextMinute + 4 * minute - 4_000);
    await durable.start(deadly);
    await untilTrue(() => durable.notes("monitored").length >= 2);
    expect(durable.notes("monitored").slice(0, 2)).toEqual([true, true]);
    await untilTrue(() => durable.notes("unmonitored").length >= 1);
    expect(durable.notes("unmonitored")[0]).toBe(false);
  });

  test("K17 Killed while an Event Grid batch ran: the sender gets no answer and delivers again", async () => {
    await durable.start({ TEST_KILL_EVENT: durable.scratch.file("killed") });
    const send = async (): Promise<number> => {
      const key = host().keys.systemKeys.eventgrid_extension;
      const route = `/runtime/webhooks/eventgrid?functionName=onEvent&code=${key}`;
      const event = {
        id: "one",
        eventType: "Test.Sent",
        subject: "s",
        data: {},
        dataVersion: "1",
        eventTime: "2026-01-01T00:00:00Z",
      };
      const headers = { "content-type": "application/json", "aeg-event-type": "Notification" };
      return (await host().fetch(route, { method: "POST", headers, body: JSON.stringify([event]) })).status;
    };
    await expect(send()).rejects.toThrow();
    await host().ended;
    await durable.start();
    expect(await send()).toBe(202);
    expect(durable.notes("event")).toEqual(["one", "one"]);
  });
});

describe("a store and its disk", () => {
  const database = (dataDir: string): string =>
    path.join(dataDir, "host", "hub", "ConformanceHub", "data.mdb");

  test("K18 What was committed survives a loss of power: the file alone, as it is when the answer comes, has it", async () => {
    await durable.start();
    await host().startNew("events", "k18", ["go", "go"]);
    await host().until("k18", isWaiting);
    expect(await durable.raise("k18", "go", 1)).toBe(202);
    await host().until("k18", ({ customStatus }) => JSON.stringify(customStatus) === '{"got":1}');
    const copy = durable.scratch.file("copy");
    cpSync(database(durable.scratch.file("data")), database(copy));
    const other = launch(copy);
    await other.ready;
    await other.durable("POST", "instances/k18/raiseEvent/go", 2);
    expect((await other.until("k18")).output).toEqual([1, 2]);
  });

  test("K18 A corrupt store is reported at the start and never made anew", async () => {
    await durable.start();
    await host().stop();
    const file = database(durable.scratch.file("data"));
    truncateSync(file, 5000);
    const damaged = readFileSync(file);
    for (const attempt of ["first", "second"]) {
      const { code, stderr } = await durable.spawn().ended;
      expect([attempt, code, stderr]).toEqual([attempt, 1, expect.stringContaining(file)]);
    }
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  const probe = new Scratch();
  const tried = SmallDisk.mount(probe.file("disk"), 1);
  tried?.unmount();
  probe.remove();
  const [run, reason] = tried === null ? [test.skip, " (skipped: no small disk may be mounted)"] : [test, ""];

  run(`K20 A full disk fails commits, answers 503 or 500, and leaves no half state${reason}`, async () => {
    const disk = SmallDisk.mount(durable.scratch.file("disk"), 16)!;
    try {
      const other = launch(path.join(disk.folder, "data"));
      await other.ready;
      await other.startNew("events", "before", ["go"]);
      disk.fill();
      const big = "x".repeat(4_000_000);
      const refused = await other.durable("POST", "orchestrators/echoInput/refused", big);
      expect(refused.status).toBe(503);
      expect((await other.durable("POST", "instances/before/raiseEvent/go", big)).status).toBe(503);
      expect((await other.durable("GET", "instances/refused")).status).toBe(404);
      disk.free();
      await untilTrue(async () =>
        (await (await other.fetch("/admin/host/status")).text()).includes('"problems":[]'),
      );
      await other.durable("POST", "instances/before/raiseEvent/go", "small");
      expect((await other.until("before")).output).toEqual(["small"]);
      await other.kill();
    } finally {
      disk.unmount();
    }
  });
});

describe("a clock that jumps", () => {
  test("K19 A clock that jumps leaves the history in order and fires nothing twice", async () => {
    await durable.start(await durable.clockAt(Date.now()));
    await host().startNew("events", "back", ["go", "go"]);
    await host().startNew("alarm", "hour", 60 * minute);
    await host().until("back", isWaiting);
    await untilTrue(async () => (await durable.count("hour", "TimerCreated")) === 1);
    await durable.clockAt(Date.now() - 90 * minute);
    await durable.raise("back", "go", 1);
    await host().until("back", ({ customStatus }) => JSON.stringify(customStatus) === '{"got":1}');
    await durable.raise("back", "go", 2);
    await host().until("back");
    const stamps = (await durable.history("back")).map((event) => String(event["Timestamp"]));
    expect(stamps).toEqual([...stamps].sort());
    expect((await host().status("hour")).runtimeStatus).toBe("Running");
    await durable.clockAt(Date.now() + 90 * minute);
    expect((await host().run("alarm", "after", 1)).output).toEqual({ early: false });
    expect((await host().until("hour")).output).toEqual({ early: false });
    await durable.clockAt(Date.now());
    expect((await host().run("alarm", "again", 1)).output).toEqual({ early: false });
    expect(await durable.count("hour", "TimerFired")).toBe(1);
  });
});

describe("an app that changed between two runs", () => {
  test("K21 App code that changed between runs fails the instance with a clear message", async () => {
    await durable.start();
    await host().startNew("edited", "changed", null);
    await host().startNew("removed", "gone", null);
    await untilTrue(async () => (await durable.count("changed", "TaskCompleted")) === 1);
    await untilTrue(async () => (await host().status("gone")).runtimeStatus === "Running");
    await durable.killAndStart({ TEST_EDITION: "third" });
    for (const id of ["changed", "gone"]) expect(await durable.raise(id, "go", null)).toBe(202);
    expect(await host().until("changed", isOver)).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringMatching(/^A previous execution .*'identity'.* but the current code .*'typeOf'/),
    });
    expect(await host().until("gone", isOver)).toMatchObject({
      runtimeStatus: "Failed",
      output: expect.stringContaining("The function 'removed' doesn't exist"),
    });
  });
});

describe("two hosts", () => {
  const refusalOf = (owner: HostProcess): string =>
    `sluice-host: Another host (process ${owner.child.pid ?? 0}) is using this data folder.`;

  test("K22 A second host on one store refuses to start, naming the owner", async () => {
    await durable.start();
    const { code, stdout, stderr } = await launch(durable.scratch.file("data")).ended;
    expect([code, stdout, stderr.trim()]).toEqual([1, "", refusalOf(host())]);
    expect((await host().run("chain", "k22", { length: 1 })).output).toEqual([1]);
  });

  test("K25 A store opened by a second process is refused: by another name of its folder, too, and not after its owner was killed", async () => {
    await durable.start();
    const link = durable.scratch.file("link");
    symlinkSync(durable.scratch.file("data"), link, "junction");
    const { code, stderr } = await launch(link).ended;
    expect([code, stderr.trim()]).toEqual([1, refusalOf(host())]);
    await host().kill();
    rmSync(link);
    const next = launch(durable.scratch.file("data"));
    await next.ready;
    expect((await next.run("chain", "k25", { length: 1 })).output).toEqual([1]);
    await next.stop();
  });
});
