import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Agent, request } from "node:http";
import { ConformanceHost } from "./conformanceHost";

const conformance = new ConformanceHost({ app: "http" });
beforeAll(async () => {
  await conformance.start();
});
afterAll(async () => conformance.end());

const ask = async (route: string, init: RequestInit = {}): Promise<Response> =>
  conformance.host.fetch(`/api/${route}`, init);
const answer = async (route: string, init: RequestInit = {}): Promise<readonly [number, string]> => {
  const response = await ask(route, init);
  return [response.status, await response.text()];
};

test("H01 GET and POST reach the function, with the name in the query or in the body", async () => {
  expect(await answer("hello")).toEqual([200, "Hello, world!"]);
  expect(await answer("hello?name=Ann")).toEqual([200, "Hello, Ann!"]);
  expect(await answer("hello", { method: "POST", body: "Bob" })).toEqual([200, "Hello, Bob!"]);
});

test("H02 An unknown route answers 404 with an empty body", async () => {
  expect(await answer("absent")).toEqual([404, ""]);
});

test("H03 Route parameters arrive as strings, also those that look like numbers", async () => {
  expect(await (await ask("params/some%20name/5")).json()).toEqual({ name: "some name", id: "5" });
});

test("H04 Header names arrive in lower case, custom ones too", async () => {
  const headers = (await (
    await ask("headers", { headers: { TESTHEADER: "TestValue", "X-Empty": "" } })
  ).json()) as Readonly<Record<string, string>>;
  expect(headers).toMatchObject({ testheader: "TestValue", host: expect.stringContaining("127.0.0.1:") });
  expect(Object.keys(headers).filter((name) => name !== name.toLowerCase())).toEqual([]);
});

test("H05 A query key given twice arrives as one value joined by a comma, and the URL keeps both", async () => {
  expect(await (await ask("query?name=n&dupe=1&dupe=2&empty=")).json()).toEqual({
    query: { name: "n", dupe: "1,2", empty: "" },
    all: ["1,2"],
    search: "?name=n&dupe=1&dupe=2&empty=",
  });
});

test("H06 Cookies go out with all their attributes, one Set-Cookie each, for the whole site by default", async () => {
  const response = await ask("cookies");
  expect(response.headers.getSetCookie()).toEqual([
    "plain=a%20b; path=/",
    "short=v; max-age=0; path=/; samesite=lax",
    "open=v; path=/; samesite=none",
    "full=v; expires=Mon, 02 Jan 2040 03:04:05 GMT; max-age=200000; domain=example.org; path=/here; secure; samesite=strict; httponly",
  ]);
});

describe("many callers", () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  afterAll(() => agent.destroy());

  async function post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { method: "POST", agent, headers: { "content-length": Buffer.byteLength(body) } };
      request(`${conformance.host.url}/api/slowEcho`, options, (response) => {
        let text = `${response.statusCode} `;
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => resolve(text)).on("error", reject);
      })
        .on("error", reject)
        .end(body);
    });
  }

  test("H07 1024 POSTs at once are all answered, each with its own body", async () => {
    const bodies = Array.from({ length: 1024 }, (_, i) => `${(i * 7) % 50} request ${i}`);
    const answers = await Promise.all(bodies.map(post));
    expect(answers).toEqual(bodies.map((body) => `200 ${body}`));
  });
});

test.each([
  ["constrained/abc", 404, null],
  ["constrained/12", 200, { id: "12" }],
  ["constrained", 404, null],
  ["optional", 200, {}],
  ["optional/7", 200, { id: "7" }],
  ["optional/7/8", 404, null],
  ["rest/a/b%2Fc", 200, { path: "a/b/c" }],
])(
  "H09 %s answers %d: a failed constraint is no match, and what is optional binds",
  async (route, status, params) => {
    const [given, text] = await answer(route);
    expect([given, text === "" ? null : JSON.parse(text)]).toEqual([status, params]);
  },
);

test("H10 A method the function does not take answers 404, not 405", async () => {
  expect(await answer("getOnly")).toEqual([200, "got"]);
  expect(await answer("getOnly", { method: "PUT" })).toEqual([404, ""]);
});

describe("a route prefix", () => {
  const own = new ConformanceHost({ app: "catchAll" });
  afterAll(async () => own.end());
  const setting = "AzureFunctionsJobHost__extensions__http__routePrefix";
  const text = async (path: string): Promise<readonly [number, string]> => {
    const response = await own.host.fetch(path);
    return [response.status, await response.text()];
  };

  test("H11 An empty prefix gives the app every path but admin and runtime", async () => {
    await own.start({ [setting]: "" });
    expect(await text("/any/where")).toEqual([200, "app any/where"]);
    expect(await text("/admin/no/such")).toEqual([404, ""]);
    expect((await text("/runtime/no/such"))[0]).toBe(404);
    expect((await text("/admin/host/status"))[1]).toContain('"Running"');
    await own.host.stop();
  });

  test("H11 A prefix of its own moves the app there and leaves the default one empty", async () => {
    await own.start({ [setting]: "/v1/things/" });
    expect(await text("/v1/things/one")).toEqual([200, "app one"]);
    expect(await text("/api/one")).toEqual([404, ""]);
    await own.host.stop();
  });
});

test("H12 A function level wants a host or master key, in header or query; admin wants the master key", async () => {
  const { masterKey, functionKeys, systemKeys } = conformance.host.keys;
  const open = async (route: string, key: string): Promise<readonly number[]> => [
    (await answer(route, { headers: { "x-functions-key": key } }))[0],
    (await answer(`${route}?code=${encodeURIComponent(key)}`))[0],
  ];
  expect(await answer("forFunctionKeys")).toEqual([401, ""]);
  expect(await open("forFunctionKeys", "wrong")).toEqual([401, 401]);
  expect(await open("forFunctionKeys", systemKeys.eventgrid_extension)).toEqual([401, 401]);
  expect(await open("forFunctionKeys", functionKeys.default)).toEqual([200, 200]);
  expect(await open("forFunctionKeys", masterKey)).toEqual([200, 200]);
  expect(await open("forAdmin", functionKeys.default)).toEqual([401, 401]);
  expect(await open("forAdmin", masterKey)).toEqual([200, 200]);
});

test("H13 A handler that throws answers 500, one that returns nothing 204, both with an empty body", async () => {
  expect(await answer("throws")).toEqual([500, ""]);
  expect(await answer("nothing")).toEqual([204, ""]);
});

describe("bodies", () => {
  test("H14 Bytes go through exactly", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));
    const response = await ask("echo", { method: "POST", body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("H14 204 and 304 never carry a body", async () => {
    expect(await answer("bodiless/204")).toEqual([204, ""]);
    expect(await answer("bodiless/304")).toEqual([304, ""]);
  });
});
