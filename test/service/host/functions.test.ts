import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "node:http";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

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

/** Sends headers that fetch does not let one set. */
async function send(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${host.url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("an HTTP function", () => {
  test("gets its route parameters, or its body, and runs in the app's folder", async () => {
    expect(await (await host.fetch("/api/hello/bob")).json()).toEqual({
      hello: "bob",
      cwd: fixture("small"),
    });
    const posted = await host.fetch("/api/HELLO", { method: "POST", body: "ann" });
    expect(await posted.json()).toMatchObject({ hello: "ann" });
  });

  test("gets and gives bytes exactly", async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
    const answer = await host.fetch("/api/echo", { method: "POST", body: bytes });
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test.each([
    ["/", "GET", 204],
    ["/api/absent", "GET", 404],
    ["/api/hello", "DELETE", 404],
    ["/api/nothing", "GET", 204],
    ["/api/throws", "GET", 500],
    ["/api/guarded", "GET", 401],
    ["/runtime/webhooks/durabletask/instances", "GET", 401],
    ["/admin/functions/everySecond", "POST", 401],
    ["/admin/functions/%E0%A4%A", "POST", 401],
  ])("%s by %s answers %d with nothing in it", async (path, method, status) => {
    const answer = await host.fetch(path, { method });
    expect([answer.status, await answer.text()]).toEqual([status, ""]);
  });

  test("opens by a function key, a master key, in the header or the query", async () => {
    const { masterKey, functionKeys } = host.keys;
    const byHeader = await host.fetch("/api/guarded", {
      headers: { "x-functions-key": functionKeys.default },
    });
    const byQuery = await host.fetch(`/api/guarded?code=${masterKey}`);
    expect([byHeader.status, byQuery.status]).toEqual([200, 200]);
  });

  test("gets what a pre-invocation hook added", async () => {
    expect(await (await host.fetch("/api/hooked")).text()).toBe("added");
  });

  test("is not reached by a request that a web page sent from elsewhere or through a foreign name", async () => {
    expect(await send("/api/hello", { host: "rebound.example:80" })).toBe(403);
    expect(await send("/api/hello", { origin: "https://evil.example" })).toBe(403);
    expect(await send("/admin/host/status", { origin: "null" })).toBe(403);
    expect(await send("/api/hello", { origin: "http://localhost:1234" })).toBe(200);
  });
});

describe("the status of the host", () => {
  test("lists the functions and hides the keys", async () => {
    const text = await (await host.fetch("/admin/host/status")).text();
    expect(JSON.parse(text)).toMatchObject({ state: "Running", problems: [] });
    expect(text).toContain("everySecond");
    expect(`${text}${host.log}`).not.toContain(host.keys.masterKey);
  });
});

describe("a timer", () => {
  test("fires again and again, without a status when it is too frequent to be monitored", async () => {
    await untilTrue(() => readJournal(journal).filter((line) => line === "timer false true").length >= 2);
  });
});

describe("the Event Grid webhook", () => {
  const webhook = (name: string, code: string): string =>
    `/runtime/webhooks/EventGrid?functionName=${name}&code=${code}`;
  const post = async (path: string, type: string, body: unknown): Promise<Response> =>
    host.fetch(path, { method: "POST", headers: { "aeg-event-type": type }, body: JSON.stringify(body) });
  const event = (id: string, fail = false): unknown => ({
    id,
    eventType: "t",
    data: { url: `u-${id}`, fail },
  });

  test("answers the handshake", async () => {
    const key = host.keys.systemKeys.eventgrid_extension;
    const answer = await post(webhook("onEvent", key), "SubscriptionValidation", [
      { data: { validationCode: "C-7" } },
    ]);
    expect(await answer.json()).toEqual({ validationResponse: "C-7" });
  });

  test("calls the function once per event and answers only when all have succeeded", async () => {
    const key = host.keys.systemKeys.eventgrid_extension;
    const good = await post(webhook("onevent", key), "Notification", [event("1"), event("2")]);
    const bad = await post(webhook("onEvent", key), "Notification", [event("3"), event("4", true)]);
    expect([good.status, bad.status, await bad.text()]).toEqual([202, 500, "refused event"]);
    expect(readJournal(journal)).toEqual(
      expect.arrayContaining(["event 1 u-1", "event 2 u-2", "event 3 u-3"]),
    );
  });

  test("refuses a wrong key, an unknown function and a missing type", async () => {
    const key = host.keys.systemKeys.eventgrid_extension;
    const answers = await Promise.all([
      post(webhook("onEvent", "wrong"), "Notification", []),
      post(webhook("absent", key), "Notification", []),
      post(webhook("onEvent", key), "", []),
      post(webhook("onEvent", key), "Unsubscribe", []),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([401, 404, 400, 202]);
  });
});
