/**
 * Fills a data folder with ended instances, written by the hub's own code: a task hub over the real database, whose app
 * is played in this process. Every instance called one activity and completed.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchApp } from "./runningHost.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const load = createRequire(import.meta.url);
const host = (path) => load(join(root, "dist", "host", path));

/** What a worker reports for the orchestrator "seeded", which calls "noop" once and returns its result. */
function replay(knownLeaves) {
  const call = { kind: "activity", name: "noop", input: "1", instanceId: null, version: null };
  const detail = knownLeaves === 0 ? { kind: "call", call, retry: null } : null;
  return {
    leaves: [{ kind: "activity", name: "noop", isCanceled: false, detail }],
    customStatus: null,
    end: knownLeaves === 0 ? { kind: "waiting" } : { kind: "completed", output: "1" },
    refused: null,
    sequenceNumber: null,
    parkedEvents: [],
  };
}

const playedApp = {
  isRunning: true,
  invoke: async (_name, _request, knownLeaves = null) =>
    knownLeaves === null
      ? { kind: "returned", response: { returnValue: { string: "1" }, outputNames: [] } }
      : { kind: "turned", result: replay(knownLeaves) },
};

/** The hub of the bench's app in `dataDir`, over the app played by `worker`. */
export function openSeededHub(dataDir, worker) {
  const { HubDatabase } = host("durable/hubDatabase.js");
  const { TaskHub } = host("durable/taskHub.js");
  const { HostLog } = host("log/hostLog.js");
  const { parseHostConfig } = host("app/hostConfig.js");
  const config = parseHostConfig(readFileSync(join(benchApp, "host.json"), "utf8"), {}, 1).durable;
  const hub = new HubDatabase(join(dataDir, "host", "hub", config.hubName));
  const taskHub = new TaskHub({
    hub,
    worker,
    log: new HostLog(() => undefined),
    config: { ...config, maxConcurrentActivities: 500, maxConcurrentOrchestrators: 500 },
    functionTimeoutMs: null,
    now: () => Date.now(),
    orchestrators: [{ name: "seeded", triggerName: "context" }],
    activities: [{ name: "noop", triggerName: "input" }],
  });
  const close = async () => {
    taskHub.stop();
    await hub.close();
  };
  return { taskHub, close };
}

/** Adds `count` instances to the hub of the bench's app in `dataDir`; resolves with their ids. */
export async function seedInstances(dataDir, count) {
  const { taskHub, close } = openSeededHub(dataDir, playedApp);
  taskHub.recover();
  const ids = Array.from({ length: count }, (_, i) => `seed-${String(i).padStart(6, "0")}`);
  try {
    for (let i = 0; i < count; i += 500) await runAll(taskHub, ids.slice(i, i + 500));
    return ids;
  } finally {
    await close();
  }
}

async function runAll(taskHub, ids) {
  await Promise.all(
    ids.map(async (id) => {
      await taskHub.start("seeded", id, '{"seeded":true}', null);
      await taskHub.waitForEnd(id, 60_000);
      if (taskHub.find(id).status !== "Completed") throw new Error(`${id} did not complete`);
    }),
  );
}
