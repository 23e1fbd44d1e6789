/**
 * Loaded before the host of the bench: counts storage calls by kind, and commits of the durable engine. The message
 * "counts" is answered with what was counted since the last one.
 */
const { Server } = require("node:http");
const { join, sep } = require("node:path");

const script = process.argv[1] ?? "";
if (script.endsWith(join("dist", "host", "main.js"))) {
  let counts = {};
  const add = (kind) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  watch(Server.prototype, "emit", (event, request) => {
    if (event === "request" && request.headers["x-ms-version"] !== undefined) add(kindOf(request));
  });
  const dist = script.slice(0, script.lastIndexOf(sep));
  const { HubDatabase } = require(join(dist, "durable", "hubDatabase.js"));
  watch(HubDatabase.prototype, "commit", () => add("engine commits"));
  process.on("message", (message) => {
    if (message !== "counts") return;
    process.send(counts);
    counts = {};
  });
}

/** Calls `see` before each call of a method. */
function watch(owner, method, see) {
  const original = owner[method];
  owner[method] = function (...args) {
    see(...args);
    return original.apply(this, args);
  };
}

function kindOf({ method, url, headers }) {
  const below = url.split("/")[2] ?? "";
  if (below.startsWith("$batch")) return "batches";
  const isTable = headers["dataserviceversion"] !== undefined || /^\w+\(/.test(below);
  if (!isTable) return "blob calls";
  return method === "GET" ? "row reads" : "row writes";
}
