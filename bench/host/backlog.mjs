/**
 * A backlog: 100,000 orchestrations that were accepted while no app ran. Measures what it costs the host to start over
 * it and to work it off: memory, and the time of a status in the meantime.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { call } from "./caller.mjs";
import { benchApp, startHost } from "./runningHost.mjs";
import { openSeededHub } from "./seed.mjs";
import { summary } from "../statistics.mjs";

/** Accepts `count` instances of the app's chain of one activity; none of them runs yet. */
export async function seedBacklog(dataDir, count) {
  const { taskHub, close } = openSeededHub(dataDir, { isRunning: false });
  const ids = Array.from({ length: count }, (_, i) => `wait-${String(i).padStart(6, "0")}`);
  try {
    for (let i = 0; i < count; i += 1000)
      await Promise.all(ids.slice(i, i + 1000).map((id) => taskHub.start("chain", id, '{"length":1}', null)));
    return ids;
  } finally {
    await close();
  }
}

/** Starts the host over the backlog and watches it for `seconds`. Linux only, for its memory figures. */
export async function workOff(dataDir, ids, seconds) {
  const host = await startHost(benchApp, dataDir);
  const statusMs = [];
  let anonMb = 0;
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const begin = performance.now();
    await anyStatus(host, ids.at(-1));
    statusMs.push(performance.now() - begin);
    anonMb = Math.max(anonMb, memoryOf(host.pid, "RssAnon"));
    await delay(50);
  }
  const peakMb = memoryOf(host.pid, "VmHWM");
  await host.stop();
  return { startedInMs: host.startedInMs, peakMb, anonMb, status: summary(statusMs) };
}

async function anyStatus({ url, keys }, id) {
  const route = `${url}/runtime/webhooks/durabletask/instances/${id}`;
  const { status } = await call("GET", route, undefined, { "x-functions-key": keys.masterKey });
  if (status !== 200 && status !== 202) throw new Error(`the status of ${id} was answered ${status}`);
}

/** A line of the process's status, in megabytes. */
function memoryOf(pid, name) {
  const line = readFileSync(join("/proc", String(pid), "status"), "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  return Number(line.split(/\s+/)[1]) / 1024;
}
