/**
 * Runs the drivers of other durable engines beside this host. They live outside of the repository; `SLUICE_BENCH_PEERS`
 * names their folder, with `<peer>/run.py` in it, and `BENCH_TMP` what they were installed into.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const peers = ["restate", "dbos"];

/** Why the peers cannot run, or null. */
export function peersProblem() {
  const folder = process.env.SLUICE_BENCH_PEERS;
  if (folder === undefined) return "Set SLUICE_BENCH_PEERS to the folder of the peers' drivers.";
  const missing = peers.find((peer) => !existsSync(join(folder, peer, "run.py")));
  if (missing !== undefined) return `There is no driver ${join(folder, missing, "run.py")}.`;
  const installed = process.env.BENCH_TMP;
  if (installed === undefined || !existsSync(installed))
    return "Set BENCH_TMP to the folder that the peers are installed in (see the README.md of the drivers).";
  return null;
}

/** Runs every peer; tells `report` each figure of the works W1 to W6. */
export async function runPeers(python, report) {
  for (const peer of peers) {
    const code = await runPeer(peer, python, report);
    if (code !== 0) report(peer, "", `its driver ended with ${code}; see the log folder in BENCH_TMP`);
  }
}

function runPeer(peer, python, report) {
  const script = join(process.env.SLUICE_BENCH_PEERS, peer, "run.py");
  const child = spawn(python, [script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BENCH_PY: python },
  });
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach((line) => reportLine(peer, line, report));
  });
  const stop = () => child.kill("SIGINT");
  process.once("SIGINT", stop);
  return new Promise((done) => {
    child.once("close", (code) => {
      process.off("SIGINT", stop);
      done(code);
    });
  });
}

const names = {
  W1: "chain of 20",
  W2: "fan of 100, as calls",
  "W2-run": "fan of 100, as steps",
  W4: "1,000 × 3",
  W5: "idle",
  W6: "start to first accepted submit",
};

function reportLine(peer, line, report) {
  if (!line.startsWith("{")) return;
  const figure = JSON.parse(line);
  const name = names[figure.w];
  if (name === undefined || !figure.peer.startsWith(peer)) return;
  report(figure.peer, name, figureText(figure));
}

/** The drivers write triples as minimum, median, maximum. */
function figureText(figure) {
  const spread = ([min, median, max]) => `${median} (${min}–${max})`;
  if (figure.wall_ms !== undefined) return spread(figure.wall_ms);
  if (figure.accept_per_s !== undefined) {
    const { accept_per_s: perSecond, p95_ms: p95, all_finished_s: finished } = figure;
    return `${perSecond}/s, p95 ${p95}, all finished ${finished} s`;
  }
  if (figure.pss_mb !== undefined) return `${figure.cpu_pct} % of a core, ${figure.pss_mb} MB PSS`;
  return `${spread(figure.start_s ?? figure.app_start_s)} s`;
}
