"use strict";
const { Buffer } = require("node:buffer");
const { URL } = require("node:url");
const { setTimeout: sleep } = require("node:timers/promises");
const { app } = require("@azure/functions");

app.http("hello", {
  methods: ["GET", "POST"],
  handler: async (request) => ({
    body: `Hello, ${request.query.get("name") ?? ((await request.text()) || "world")}!`,
  }),
});
app.http("params", {
  route: "params/{name}/{id}",
  handler: (request) => ({ jsonBody: request.params }),
});
app.http("headers", { handler: (request) => ({ jsonBody: Object.fromEntries(request.headers) }) });
app.http("query", {
  handler: ({ query, url }) => ({
    jsonBody: { query: Object.fromEntries(query), all: query.getAll("dupe"), search: new URL(url).search },
  }),
});
app.http("cookies", {
  handler: () => ({
    cookies: [
      { name: "plain", value: "a b" },
      { name: "short", value: "v", maxAge: 0, sameSite: "Lax" },
      { name: "open", value: "v", sameSite: "None" },
      {
        name: "full",
        value: "v",
        domain: "example.org",
        path: "/here",
        expires: new Date(Date.UTC(2040, 0, 2, 3, 4, 5)),
        maxAge: 200000,
        secure: true,
        httpOnly: true,
        sameSite: "Strict",
      },
    ],
  }),
});
/** Answers out of order: each request waits as long as its body says. */
app.http("slowEcho", {
  methods: ["POST"],
  handler: async (request) => {
    const body = await request.text();
    await sleep(Number(body.split(" ")[0]));
    return { body };
  },
});
app.http("constrained", {
  route: "constrained/{id:int}",
  handler: (request) => ({ jsonBody: request.params }),
});
app.http("optional", { route: "optional/{id?}", handler: (request) => ({ jsonBody: request.params }) });
app.http("rest", { route: "rest/{*path}", handler: (request) => ({ jsonBody: request.params }) });
app.http("getOnly", { methods: ["GET"], handler: () => ({ body: "got" }) });
app.http("forFunctionKeys", { authLevel: "function", handler: () => ({ body: "in" }) });
app.http("forAdmin", { authLevel: "admin", handler: () => ({ body: "in" }) });
app.http("throws", {
  handler: () => {
    throw new Error("not for the caller");
  },
});
app.http("nothing", { handler: () => undefined });
app.http("echo", {
  methods: ["POST"],
  handler: async (request) => ({
    body: Buffer.from(await request.arrayBuffer()),
    headers: { "content-type": "application/octet-stream" },
  }),
});
app.http("bodiless", {
  route: "bodiless/{status}",
  handler: (request) => ({ status: Number(request.params.status), body: "must not be seen" }),
});
