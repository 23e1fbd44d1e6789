import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

let scratch: Scratch;
let hosts: HostProcess[];

beforeEach(() => {
  scratch = new Scratch();
  hosts = [];
});

afterEach(async () => {
  await Promise.all(hosts.map((host) => host.kill()));
  scratch.remove();
});

function launch(app = "small", port = 0): HostProcess {
  const environment = { TEST_JOURNAL: scratch.file("journal"), TEST_BROKEN: scratch.file("broken") };
  const host = new HostProcess({ app: fixture(app), dataDir: scratch.file("data"), port, environment });
  hosts.push(host);
  return host;
}

async function start(app = "small", port = 0): Promise<HostProcess> {
  const host = launch(app, port);
  await host.ready;
  return host;
}

const count = (prefix: string): number =>
  readJournal(scratch.file("journal")).filter((line) => line.startsWith(prefix)).length;

describe("a host that is killed", () => {
  test("goes on where it was: nothing accepted is lost and no finished activity runs again", async () => {
    const length = 25;
    const ids = ["a", "b", "c"];
    let host = await start();
    for (const id of ids) await host.startNew("chain", id, { length, ms: 15 });
    for (const done of [10, 30, 50]) {
      await untilTrue(() => count("stepped") >= done);
      await host.kill();
      host = await start();
    }
    for (const id of ids) {
      expect((await host.until(id)).output).toEqual(Array.from({ length }, (_, i) => i + 1));
    }
    const steps = readJournal(scratch.file("journal")).filter((line) => line.startsWith("step "));
    const reruns = steps.length - new Set(steps).size;
    expect(new Set(steps).size).toBe(ids.length * length);
    expect(reruns).toBeLessThanOrEqual(3 * ids.length);
  });

  test("never runs an activity again whose completion was committed", async () => {
    let host = await start();
    await host.startNew("chain", "one", { length: 3, ms: 300 });
    const hasCommitted = async (): Promise<boolean> =>
      ((await host.status("one", "?showHistory=true")).historyEvents ?? []).some(
        (event) => event["EventType"] === "TaskCompleted",
      );
    await untilTrue(hasCommitted);
    await host.kill();
    host = await start();
    await host.until("one");
    expect(count("step one 0")).toBe(1);
  });

  test("fires a timer that fell due while it was down, and delivers an event it had acknowledged", async () => {
    let host = await start();
    await host.startNew("alarm", "late", { ms: 200 });
    await host.startNew("waiter", "told", { count: 2 });
    await host.durable("POST", "instances/told/raiseEvent/go", 1);
    await host.until("late", (status) => status.runtimeStatus === "Running");
    await host.kill();
    host = await start();
    await host.until("late");
    await host.durable("POST", "instances/told/raiseEvent/go", 2);
    expect((await host.until("told")).output).toEqual([1, 2]);
  });

  test("keeps a terminate it acknowledged", async () => {
    let host = await start();
    await host.startNew("chain", "gone", { length: 50, ms: 20 });
    await untilTrue(() => count("step gone") > 2);
    expect((await host.durable("POST", "instances/gone/terminate?reason=stop")).status).toBe(202);
    await host.kill();
    host = await start();
    expect(await host.status("gone")).toMatchObject({ runtimeStatus: "Terminated", output: "stop" });
  });
});

describe("a worker that dies", () => {
  test("is replaced, and the activity it was running is delivered again", async () => {
    const host = await start();
    expect((await host.run("survivor", "s", scratch.file("died"))).output).toBe("survived");
    expect(count("dieOnce")).toBe(2);
    expect(host.log).toContain("attempt 2");
  });

  test("gets no more work once it takes no message, so that the host hears of its end and goes on", async () => {
    const host = await start();
    const width = 900;
    await host.startNew("fan", "wide", { width });
    for (const done of [20, 150, 400]) {
      await untilTrue(() => count("step wide") >= done);
      const status = (await (await host.fetch("/admin/host/status")).json()) as {
        readonly worker: { readonly processId: number };
      };
      process.kill(status.worker.processId, "SIGKILL");
    }
    expect((await host.until("wide")).output).toHaveLength(width);
  });

  test("fails the requests it was serving and none after", async () => {
    const host = await start();
    expect((await host.fetch("/api/die")).status).toBe(500);
    await untilTrue(async () => (await host.fetch("/api/hello")).status === 200);
    expect(await (await host.fetch("/admin/host/status")).json()).toMatchObject({ worker: { restarts: 1 } });
  });

  test("is replaced when the app hangs, after functionTimeout", async () => {
    const host = await start();
    expect((await host.fetch("/api/hang")).status).toBe(500);
    await untilTrue(async () => (await host.fetch("/api/hello")).status === 200);
  });
});

describe("an app that no longer loads", () => {
  test("is answered for with what is wrong, and served again once it loads", async () => {
    const host = await start();
    writeFileSync(scratch.file("broken"), "");
    await host.fetch("/api/die");
    const problems = async (): Promise<unknown> => (await host.fetch("/api/hello")).json();
    await untilTrue(async () => JSON.stringify(await problems()).includes("broken on purpose"));
    expect(await host.fetch("/health")).toMatchObject({ status: 503 });
    expect(await (await host.fetch("/admin/host/status")).json()).toMatchObject({ state: "Error" });
    rmSync(scratch.file("broken"));
    await untilTrue(async () => (await host.fetch("/api/hello")).status === 200);
  });
});

describe("starting and stopping", () => {
  test("refuses a data folder in use, with the owner's pid, and leaves the owner unharmed", async () => {
    const first = await start();
    const { code, stderr, stdout } = await launch().ended;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trim()).toBe(
      `sluice-host: Another host (process ${first.child.pid ?? 0}) is using this data folder.`,
    );
    expect((await first.fetch("/api/hello/still")).status).toBe(200);
  });

  test("refuses a taken port in one sentence", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await launch("small", port).ended;
    server.close();
    expect([code, stderr.trim()]).toEqual([
      1,
      `sluice-host: Port ${port} is taken; choose another with --port.`,
    ]);
  });

  test("refuses a data folder that is a file, in one sentence", async () => {
    writeFileSync(scratch.file("data"), "");
    const { code, stderr } = await launch().ended;
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringContaining("sluice-host: The data folder cannot be used"),
    ]);
  });

  test("names a damaged database instead of starting without it or ending with a fault", async () => {
    await (await start()).stop();
    const file = path.join(scratch.file("data"), "host", "hub", "SmallHub", "data.mdb");
    truncateSync(file, 5000);
    const { code, stderr } = await launch().ended;
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(file)]);
  });

  test("names a database whose pages are garbled behind its first ones, and leaves it as it is", async () => {
    const host = await start();
    await host.startNew("chain", "one", { length: 3, ms: 1 });
    await host.until("one");
    await host.stop();
    const file = path.join(scratch.file("data"), "host", "hub", "SmallHub", "data.mdb");
    const garbled = readFileSync(file).fill(0xa5, 2 * 4096);
    writeFileSync(file, garbled);
    const { code, stderr } = await launch().ended;
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(file)]);
    expect(readFileSync(file).equals(garbled)).toBe(true);
  });

  test("refuses an app that needs what is not emulated, naming every function", async () => {
    const { code, stderr } = await launch("refused").ended;
    expect(code).toBe(1);
    expect(stderr).toContain("Function 'counter': the trigger 'entityTrigger'");
    expect(stderr).toContain("Function 'onMessage': the trigger 'queueTrigger'");
    expect(stderr).toContain("Function 'onMessage': the output binding 'cosmosDB'");
    expect(stderr).toContain("Function 'onMessage': the output binding 'twilioSms'");
    expect(stderr).toContain("HTTP streaming");
    expect(stderr).not.toContain("switchedOff");
  });

  test.each([
    ["a v3 app", "greet/function.json", "{}", {}, "function.json found in greet"],
    ["a custom handler", "host.json", '{"version":"2.0","customHandler":{}}', {}, "customHandler"],
    ["another language", "x", "", { FUNCTIONS_WORKER_RUNTIME: "python" }, "'python'"],
  ])("refuses %s, saying what it takes", async (_, file, content, environment, problem) => {
    const app = scratch.file("app");
    cpSync(fixture("esm"), app, { recursive: true });
    mkdirSync(path.dirname(path.join(app, file)), { recursive: true });
    writeFileSync(path.join(app, file), content);
    const host = new HostProcess({ app, dataDir: scratch.file("data"), environment });
    hosts.push(host);
    const { code, stderr } = await host.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(problem);
  });

  test("runs an app of ES modules at the root, with its local settings", async () => {
    const host = await start("esm");
    expect(await (await host.fetch("/some/where")).json()).toEqual({ path: "some/where", setting: "yes" });
    expect((await host.fetch("/admin/host/keys")).status).toBe(401);
  });

  test("ends in order when asked: hooks run, no process stays, the folder is free", async () => {
    const host = await start();
    const status = (await (await host.fetch("/admin/host/status")).json()) as {
      worker: { processId: number };
    };
    expect((await host.stop()).code).toBe(0);
    expect(count("appTerminate")).toBe(1);
    expect(() => process.kill(status.worker.processId, 0)).toThrow();
    expect((await (await start()).fetch("/api/hello")).status).toBe(200);
  });

  test("ends when the process that started it is gone", async () => {
    const host = await start();
    host.child.disconnect();
    expect((await host.ended).code).toBe(0);
  });
});
