/** Splits the time of a chain into its parts, by a probe that runs inside the host and the app's process. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chain } from "./load.mjs";
import { benchApp, startHost } from "./runningHost.mjs";
import { short } from "../statistics.mjs";

const probe = fileURLToPath(new URL("probe.cjs", import.meta.url));

/** Lines that say where the time of `times` chains goes, in milliseconds per activity. */
export async function whereTimeGoes(folder, length, times) {
  const sums = join(folder, "probe");
  mkdirSync(sums, { recursive: true });
  const environment = { BENCH_PROBE: sums, NODE_OPTIONS: `--require ${JSON.stringify(probe)}` };
  const host = await startHost(benchApp, join(folder, "probed"), { environment });
  const begin = performance.now();
  for (let i = 0; i < times; i += 1) await chain(host, length);
  const wholeMs = performance.now() - begin;
  await host.stop();
  const read = (role) => JSON.parse(readFileSync(join(sums, `${role}.json`), "utf8"));
  const [inHost, inApp] = [read("host"), read("app")];
  const activities = times * length;
  const per = ({ ms }) => ms / activities;
  const commit = per(inHost.commit);
  const app = per(inApp.app);
  const hop = per(inHost.invoke) - app;
  const whole = wholeMs / activities;
  const parts = [
    ["waiting for commits (write and fsync)", commit, inHost.commit.count],
    ["between the host and the app's process", hop, inHost.invoke.count],
    ["the app and its libraries", app, inApp.app.count],
    ["the rest of the host, less what runs at the same time", whole - commit - hop - app, null],
    ["of all that, serialising, both sides", per(inHost.serialising) + per(inApp.serialising), null],
  ];
  return [
    `a chain's activity, probed: ${short(whole)} ms`,
    ...parts.map(([name, ms, count]) => {
      const times = count === null ? "" : ` (${short(count / activities)} times)`;
      return `${name}: ${ms.toFixed(2)} ms${times}`;
    }),
  ];
}
