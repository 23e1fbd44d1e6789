/**
 * Loaded before the host and before its app's process when the bench asks where the time goes. It times the seams
 * (commits, calls to the app's process, serialising) and writes the sums to `BENCH_PROBE` when the process ends.
 */
const { writeFileSync } = require("node:fs");
const { join, sep } = require("node:path");
const { performance } = require("node:perf_hooks");
const v8 = require("node:v8");

const sums = {};

function add(name, ms) {
  const sum = (sums[name] ??= { count: 0, ms: 0 });
  sum.count += 1;
  sum.ms += ms;
}

function time(owner, method, name) {
  const original = owner[method];
  if (typeof original !== "function") throw new Error(`The probe does not find ${method}.`);
  owner[method] = function (...args) {
    const begin = performance.now();
    const value = original.apply(this, args);
    if (typeof value?.then !== "function") {
      add(name, performance.now() - begin);
      return value;
    }
    return value.finally(() => add(name, performance.now() - begin));
  };
}

const script = process.argv[1] ?? "";
const role = script.endsWith(join("dist", "host", "main.js"))
  ? "host"
  : script.endsWith(join("host", "worker", "main.js"))
    ? "app"
    : null;

if (role !== null && process.env.BENCH_PROBE !== undefined) {
  time(JSON, "parse", "serialising");
  time(JSON, "stringify", "serialising");
  time(v8.Serializer.prototype, "writeValue", "serialising");
  time(v8.Deserializer.prototype, "readValue", "serialising");
  if (role === "host") watchHost(script.slice(0, script.lastIndexOf(sep)));
  else watchApp();
  process.on("exit", () =>
    writeFileSync(join(process.env.BENCH_PROBE, `${role}.json`), JSON.stringify(sums)),
  );
}

function watchHost(dist) {
  const { HubDatabase } = require(join(dist, "durable", "hubDatabase.js"));
  const { AppWorker } = require(join(dist, "app", "appWorker.js"));
  time(HubDatabase.prototype, "commit", "commit");
  time(AppWorker.prototype, "invoke", "invoke");
}

/** From the arrival of an invocation to its answer. */
function watchApp() {
  const begun = new Map();
  process.prependListener("message", (message) => {
    if (message?.kind === "invoke") begun.set(message.request.invocationId, performance.now());
  });
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    const begin = begun.get(message?.invocationId);
    if (begin !== undefined) {
      begun.delete(message.invocationId);
      add("app", performance.now() - begin);
    }
    return send(message, ...rest);
  };
}
