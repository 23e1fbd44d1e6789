/**
 * `npm run bench:host`: the host's figures, each beside a floor that the same run measures and the bar it is held to.
 * Needs a build. `--only chain,fan` runs some rows; `--quick` leaves out the idle minute and the 100,000 instances;
 * `--peers` runs other durable engines afterwards (see peers.mjs).
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { peersProblem, runPeers } from "./peers.mjs";
import { rows } from "./rows.mjs";
import { newFolder, removeFolder } from "../service.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
  },
});
const wanted = values.only?.split(",");
const unknown = wanted?.filter((id) => !rows.some((row) => row.id === id)) ?? [];
if (unknown.length > 0) {
  console.error(`Unknown rows: ${unknown.join(", ")}. Known: ${rows.map(({ id }) => id).join(", ")}.`);
  process.exit(2);
}
const problem = values.peers ? peersProblem() : null;
if (problem !== null) {
  console.error(problem);
  process.exit(2);
}

function wants({ id, isLong = false }) {
  return wanted?.includes(id) ?? !(values.quick && isLong);
}

function print(work, figure, floor = "", bar = "", verdict = "") {
  const line = [work.padEnd(46), figure.padEnd(46), floor.padEnd(46), bar.padEnd(34), verdict];
  console.log(line.join(" ").trimEnd());
}

const [{ model }] = cpus();
console.log(`${cpus().length} × ${model}, Node ${process.version}, load ${loadavg()[0].toFixed(2)}.`);
console.log("Medians, with minimum and maximum; milliseconds unless a unit is given.\n");
print("work", "figure", "floor of this run", "bar");
let over = 0;
for (const row of rows.filter(wants)) {
  const folder = newFolder(`host-${row.id}`);
  try {
    for (const { work, figure, floor, bar, isMet } of await row.measure(folder)) {
      if (isMet === false) over += 1;
      print(work, figure, floor, bar, isMet === undefined ? "" : isMet ? "met" : "OVER");
    }
  } finally {
    removeFolder(folder);
  }
}
if (values.peers) {
  console.log("\nOther durable engines, this machine, now:");
  await runPeers(process.env.SLUICE_PYTHON ?? "python3", (peer, work, figure) =>
    print(`${peer}: ${work}`, figure),
  );
}
console.log(over === 0 ? "\nEvery bar is met." : `\n${over} over their bar.`);
