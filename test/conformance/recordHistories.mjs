// Runs orchestrators of the app `durable` on the real host and keeps their histories in test/replay, to be replayed forever.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../bin/root.mjs";

const require = createRequire(import.meta.url);
const { startHost } = require(join(root, "dist/host/startHost.js"));
const { HostLog } = require(join(root, "dist/host/log/hostLog.js"));
const { HubDatabase } = require(join(root, "dist/host/durable/hubDatabase.js"));
const { replayHistory } = require("../replay/replayHistory.cjs");
const generators = require("./apps/durable/src/generators.cjs");

const runs = {
  chain: { input: { length: 3 } },
  fan: { input: { width: 5 } },
  timerOrEvents: { input: null, events: ["answer", "answer", "answer"] },
  retried: { input: { pauseMs: 20, attempts: 2 } },
  parent: { input: { child: "tellsItsId", id: "child", input: null } },
  events: { input: ["a", "b", "a"], events: ["a", "b", "a"] },
  generations: { input: { left: 3, total: 0 } },
};

async function call(url, key, method, route, body) {
  const headers = { "x-functions-key": key, "content-type": "application/json" };
  const address = `${url}/runtime/webhooks/durabletask/${route}`;
  return fetch(address, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

async function run(url, key, name, { input, events = [] }) {
  await call(url, key, "POST", `orchestrators/${name}/recorded-${name}`, input);
  for (const [n, event] of events.entries()) {
    await call(url, key, "POST", `instances/recorded-${name}/raiseEvent/${event}`, n);
  }
  for (;;) {
    const answer = await call(url, key, "GET", `instances/recorded-${name}`);
    if (answer.status === 200) return;
    await answer.body.cancel();
  }
}

const dataDir = mkdtempSync(join(tmpdir(), "record-"));
const folder = join(root, "test/conformance/apps/durable");
const log = new HostLog(() => undefined);
const storage = "UseDevelopmentStorage=true";
const host = await startHost({ folder, port: 0, dataDir, storage, asJson: false }, log);
const { masterKey } = JSON.parse(readFileSync(join(dataDir, "host/keys.json"), "utf8"));
for (const [name, what] of Object.entries(runs)) await run(host.url, masterKey, name, what);
await host.close("recorded");

const hub = new HubDatabase(join(dataDir, "host/hub/ConformanceHub"));
for (const name of Object.keys(runs)) {
  const instanceId = `recorded-${name}`;
  const stored = hub.readHistory(instanceId).join(",");
  const places = /\/[^\s()"]*\/node_modules\//g;
  const history = JSON.parse(`[${stored.replaceAll(root, "app").replace(places, "node_modules/")}]`);
  const input = JSON.parse(hub.inputs.get(instanceId) ?? "null");
  const leafIds = hub.instances.get(instanceId).ledger.leaves.map(({ id }) => id);
  const result = await replayHistory(generators[name], { instanceId, input, history });
  const recorded = { orchestration: name, instanceId, input, leafIds, history, result };
  writeFileSync(join(root, `test/replay/durable-${name}.json`), `${JSON.stringify(recorded, null, 2)}\n`);
}
await hub.close();
rmSync(dataDir, { recursive: true, force: true });
process.exit(0);
