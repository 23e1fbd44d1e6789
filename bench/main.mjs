/**
 * `npm run bench`: the table of figures, each beside a floor that the same run measures. Needs a build.
 * `--only W1,W3` runs some rows; `--quick` leaves out those that wait for the clock (W5, W7).
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { committedRows, loopbackCall, pythonLoop, syncedFile } from "./floors.mjs";
import { newFolder, removeFolder, startService } from "./service.mjs";
import { repeat, short, spread } from "./statistics.mjs";
import * as workloads from "./workloads.mjs";

const { values } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean", default: false } },
});
const wanted = values.only?.split(",");
const rows = [];

function wants(id) {
  if (wanted !== undefined) return wanted.includes(id);
  return !(values.quick && ["W5", "W7"].includes(id));
}

function report(id, work, figure, floor) {
  rows.push([id, work, figure, floor]);
  console.log(`${id.padEnd(5)} ${work.padEnd(44)} ${figure.padEnd(46)} ${floor}`);
}

const kinds = ["row reads", "row writes", "batches", "blob calls", "engine commits"];

/** What the work since the last count cost of the storage and the engine, the looks of the bench itself included. */
async function reportCalls(units, unit) {
  const counts = await service.counts();
  const each = kinds.map((kind) => `${((counts[kind] ?? 0) / units).toFixed(1)} ${kind}`);
  report("", `calls a ${unit}`, each.join(", "), "");
}

function findPython() {
  for (const candidate of [process.env.SLUICE_PYTHON, "/usr/bin/python3", "python3", "python"]) {
    if (candidate !== undefined && spawnSync(candidate, ["-c", ""]).status === 0) return candidate;
  }
  throw new Error("The bench needs Python 3.8 or newer.");
}

const python = findPython();
const folder = newFolder("data");
console.log("Medians, with minimum and maximum; milliseconds unless a unit is given.\n");
report("", "work", "figure", "floor of this run");
let service = await startService(folder, python);
try {
  const call = await loopbackCall();
  if (wants("W1")) {
    const floor = await committedRows(folder, 40);
    const chain = await workloads.chain(service, 20, 7);
    report(
      "W1",
      "chain of 20 no-op steps",
      `${spread(chain)} = ${short(chain.median / 20)} a step`,
      `40 committed rows ${short(floor.median)}`,
    );
    await reportCalls(20 * chain.samples, "step");
  }
  if (wants("W2")) {
    const floor = await committedRows(folder, 200);
    const fan = await workloads.fanOut(service, 100, 5);
    report(
      "W2",
      "100 no-op steps side by side, one join",
      spread(fan),
      `200 committed rows ${short(floor.median)}`,
    );
    await reportCalls(101 * fan.samples, "step");
  }
  if (wants("W3")) {
    const script = join(folder, "empty.py");
    writeFileSync(script, "pass\n");
    const floor = await pythonLoop(python, script, 10);
    const chain = await workloads.pythonChain(service, 10, 5);
    const extra = (chain.median - floor.median) / 10;
    report(
      "W3",
      "10 chained Python script steps",
      `${spread(chain)} = bare loop + ${short(extra)} a step`,
      `bare loop ${short(floor.median)}`,
    );
    await reportCalls(10 * chain.samples, "step");
  }
  if (wants("reuse")) {
    const chain = await workloads.reusedChain(service, 10, 7);
    report(
      "reuse",
      "10 chained Python steps, nothing changed",
      `${spread(chain)} = ${short(chain.median / 10)} a step`,
      `one loopback call ${short(call.median)}`,
    );
  }
  if (wants("W4")) {
    await service.counts();
    const { perSecond, latency, finishedMs, memoryMb } = await workloads.manySubmissions(service, 1000, 16);
    report(
      "W4",
      "1,000 submissions of a 3-step pipeline",
      `${short(perSecond)}/s, p95 ${short(latency.p95)}, all finished ${short(finishedMs / 1000)} s`,
      `one loopback call ${short(call.median)}`,
    );
    report("", "memory after them", `${short(memoryMb)} MB PSS`, "");
    await reportCalls(1000, "run");
  }
  if (wants("snapshot")) {
    const { unchanged, oneChanged, walked } = await workloads.sourceDirectory(service, 2_000, 300);
    report(
      "snap",
      "2,000 files, 300 MB, unchanged since the last time",
      spread(unchanged),
      `names and states alone ${short(walked.median)}`,
    );
    report("", "the same with one file changed", spread(oneChanged), "");
  }
  if (wants("list")) {
    const page = await workloads.firstPage(service, 30);
    report(
      "list",
      "first page of runs, all of the above stored",
      spread(page),
      `one loopback call ${short(call.median)}`,
    );
  }
  if (wants("blob")) {
    const floor = await syncedFile(folder, 64);
    const blob = await workloads.blobToRun(service, 15);
    report("blob", "blob committed → run row", spread(blob), `one synced file ${short(floor.median)}`);
  }
  if (wants("W5")) {
    const busy = await workloads.idle(service.pid, 30);
    report(
      "W5",
      "idle 30 s after all of the above",
      `${short(busy.cpuPercent)} % of a core, ${short(busy.pssMb)} MB PSS`,
      "",
    );
  }
  if (wants("W7")) {
    report(
      "W7",
      "lateness of 20 slots spread over a minute, idle",
      spread(await workloads.lateness(service, 20)),
      "",
    );
  }
  if (wants("W6")) {
    await service.stop();
    const starts = await repeat(5, async () => {
      service = await startService(folder, python);
      await workloads.submitNoOp(service);
      const stopped = performance.now();
      await service.stop();
      return performance.now() - stopped;
    });
    report("W6", "start, first accepted submit, and stop", spread(starts), "");
    service = undefined;
  }
} finally {
  await service?.stop();
  removeFolder(folder);
}
