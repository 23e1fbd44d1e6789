import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

const scratch = new Scratch();
const ownKey = "a-key-of-secret-alone";
let host: HostProcess;

function launch(): HostProcess {
  return new HostProcess({
    app: fixture("front"),
    dataDir: scratch.file("data"),
    environment: { TEST_JOURNAL: scratch.file("journal"), TEST_GATE: scratch.file("gate") },
  });
}

beforeAll(async () => {
  host = launch();
  await host.ready;
  await host.stop();
  const file = scratch.file("data/host/keys.json");
  const keys = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...keys, functions: { SECRET: { mine: ownKey } } }));
  host = launch();
  await host.ready;
});

afterAll(async () => {
  await host.stop();
  scratch.remove();
});

const admin = (): { headers: Record<string, string> } => ({
  headers: { "x-functions-key": host.keys.masterKey },
});

describe("a route of a foreign app", () => {
  test("binds by constraint and default, below the prefix of host.json, with its headers", async () => {
    const answer = await host.fetch("/v1/items/7");
    expect(await answer.json()).toEqual({ id: "7", view: "plain", method: "GET" });
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await host.fetch("/v1/items/seven")).status).toBe(404);
    expect((await host.fetch("/api/items/7")).status).toBe(404);
  });

  test("serves HEAD without a body and OPTIONS as a method like any other", async () => {
    const head = await host.fetch("/v1/items/7", { method: "HEAD" });
    expect([head.status, head.headers.get("x-app"), await head.text()]).toEqual([200, "yes", ""]);
    const options = await host.fetch("/v1/items/7/full", { method: "OPTIONS" });
    expect(await options.json()).toMatchObject({ view: "full", method: "OPTIONS" });
  });

  test("takes a body of many megabytes, announced or in chunks", async () => {
    const bytes = Buffer.alloc(20_000_000, 7);
    const announced = await host.fetch("/v1/size", { method: "POST", body: bytes });
    const chunks = new ReadableStream({
      start: (controller) => {
        for (let index = 0; index < 20; index++) controller.enqueue(bytes.subarray(0, 100_000));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunks, duplex: "half" } as RequestInit;
    const chunked = await host.fetch("/v1/size", init);
    expect([await announced.text(), await chunked.text()]).toEqual(["20000000", "2000000"]);
  });

  test("opens by a key of its own, which opens no other", async () => {
    const withKey = async (path: string): Promise<number> =>
      (await host.fetch(`${path}?code=${ownKey}`)).status;
    expect([await withKey("/v1/secret"), await withKey("/v1/other")]).toEqual([200, 401]);
  });
});

describe("a crowd of requests", () => {
  test("runs one at a time, lets two wait and turns the rest away", async () => {
    const first = host.fetch("/v1/held");
    await untilTrue(() => readJournal(scratch.file("journal")).includes("held"));
    const others = [host.fetch("/v1/held"), host.fetch("/v1/held"), host.fetch("/v1/held")];
    const early = await Promise.race(others);
    expect([early.status, early.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(readJournal(scratch.file("journal")).filter((line) => line === "held")).toHaveLength(1);
    writeFileSync(scratch.file("gate"), "");
    const statuses = (await Promise.all([first, ...others])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 200, 429]);
    expect((await host.fetch("/v1/held")).status).toBe(200);
  });
});

describe("the admin routes", () => {
  test("tell without a key how the host stands and that all is well", async () => {
    const health = await host.fetch("/admin/host/health");
    expect([health.status, await health.json()]).toEqual([200, { status: "healthy", problems: [] }]);
    expect((await host.fetch("/admin/host/ping")).status).toBe(200);
    const status = await (await host.fetch("/admin/host/status")).json();
    expect(status).toMatchObject({ state: "Running", disabled: ["switchedOff"] });
  });

  test.each(["host/keys", "host/systemkeys/_master", "functions", "functions/item", "functions/secret/keys"])(
    "keep '%s' from whoever has no master key",
    async (route) => {
      const { functionKeys } = host.keys;
      const without = await host.fetch(`/admin/${route}`);
      const weak = await host.fetch(`/admin/${route}?code=${functionKeys.default}`);
      expect([without.status, await without.text(), weak.status]).toEqual([401, "", 401]);
      expect((await host.fetch(`/admin/${route}`, admin())).status).toBe(200);
    },
  );

  test("list the functions with their addresses, the disabled ones marked", async () => {
    const list = (await (await host.fetch("/admin/functions", admin())).json()) as { name: string }[];
    expect(list.find(({ name }) => name === "item")).toMatchObject({
      isDisabled: false,
      invoke_url_template: `${host.url}/v1/items/{id:int}/{view=plain}`,
    });
    expect(list.find(({ name }) => name === "switchedOff")).toMatchObject({ isDisabled: true });
    expect((await host.fetch("/v1/switchedOff")).status).toBe(404);
  });

  test("give the keys of the host and of a function", async () => {
    const keys = await (await host.fetch("/admin/host/keys", admin())).json();
    expect(keys).toMatchObject({ keys: [{ name: "default", value: host.keys.functionKeys.default }] });
    const own = await (await host.fetch("/admin/functions/secret/keys", admin())).json();
    expect(own).toMatchObject({ keys: [{ name: "mine", value: ownKey }] });
    const system = await (await host.fetch("/admin/host/systemkeys/eventgrid_extension", admin())).json();
    expect(system).toMatchObject({ value: host.keys.systemKeys.eventgrid_extension });
  });

  test("run a function by hand: an event, an activity, and no HTTP function", async () => {
    const run = async (name: string, body: unknown): Promise<number> => {
      const init = { ...admin(), method: "POST", ...(body === null ? {} : { body: JSON.stringify(body) }) };
      return (await host.fetch(`/admin/functions/${name}`, init)).status;
    };
    expect(await run("onEvent", { input: '{"id":"e1","data":{}}' })).toBe(202);
    expect(await run("act", { input: '{"n":1}' })).toBe(202);
    expect([await run("item", { input: "" }), await run("act", null), await run("absent", {})]).toEqual([
      400, 400, 404,
    ]);
    const lines = (): string[] => readJournal(scratch.file("journal"));
    await untilTrue(() => lines().includes("event e1") && lines().includes('act {"n":1}'));
  });
});

describe("a timer with retry options", () => {
  test("runs again until it succeeds, told which attempt it is and why", async () => {
    const init = { ...admin(), method: "POST", body: "{}" };
    expect((await host.fetch("/admin/functions/flaky", init)).status).toBe(202);
    await untilTrue(() => readJournal(scratch.file("journal")).some((line) => line.startsWith("flaky 2")));
    expect(readJournal(scratch.file("journal")).filter((line) => line.startsWith("flaky"))).toEqual([
      "flaky 0 undefined undefined",
      "flaky 1 3 failure 0",
      "flaky 2 3 failure 1",
    ]);
    expect(host.log).toContain("Attempt 2 of 'flaky' failed");
  });
});
