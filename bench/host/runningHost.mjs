/** One host process for the bench: on free ports, with a data folder of its own. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { call, callJson } from "./caller.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const benchApp = join(root, "bench", "host", "app");
export const timerApp = join(root, "bench", "host", "timer-app");

/**
 * Starts a host; resolves when a request of the app was answered. `startedInMs` is the time from the spawn to that
 * answer. `node` are flags for the host's Node, `environment` is added to that of the host and its app.
 */
export async function startHost(app, dataDir, { node = [], environment = {} } = {}) {
  const begin = performance.now();
  const entry = join(root, "dist", "host", "main.js");
  const child = spawn(process.execPath, [...node, entry, app, "--port", "0", "--data", dataDir], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, ...environment },
  });
  const exited = new Promise((done) => child.once("close", done));
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) resolve(JSON.parse(line));
    });
    child.once("close", (code) => reject(new Error(`the host ended with ${code}`)));
  });
  const { status } = await call("GET", `${ready.url}/ping`);
  if (status !== 200) throw new Error(`the first request was answered ${status}`);
  const startedInMs = performance.now() - begin;
  const keys = JSON.parse(readFileSync(join(dataDir, "host", "keys.json"), "utf8"));
  return {
    ...ready,
    keys,
    startedInMs,
    async stop() {
      child.send("shutdown");
      await exited;
    },
  };
}

const webhook = "/runtime/webhooks/durabletask";

/** Runs an orchestration through the management API; resolves with its output when its end has been seen. */
export async function runToEnd(host, name, input) {
  const url = `${host.url}${webhook}/orchestrators/${name}?timeout=60&pollinginterval=1`;
  return callJson(200, "POST", url, input, { "x-functions-key": host.keys.masterKey });
}

/** The status that the management API gives of one instance. */
export async function readStatus(host, id) {
  const url = `${host.url}${webhook}/instances/${id}`;
  return callJson(200, "GET", url, undefined, { "x-functions-key": host.keys.masterKey });
}

/** How many instances there are that have not ended. */
export async function countLiving(host) {
  const url = `${host.url}${webhook}/instances?runtimeStatus=Pending,Running&top=1`;
  const page = await callJson(200, "GET", url, undefined, { "x-functions-key": host.keys.masterKey });
  return page.length;
}
