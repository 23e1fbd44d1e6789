/** The rows of the table: what is measured, its floor, and whether the bar is met. */
import { join } from "node:path";
import { seedBacklog, workOff } from "./backlog.mjs";
import * as floors from "./hostFloors.mjs";
import * as load from "./load.mjs";
import { benchApp, startHost, timerApp } from "./runningHost.mjs";
import { seedInstances } from "./seed.mjs";
import * as storageLoad from "./storageLoad.mjs";
import { whereTimeGoes } from "./whereTimeGoes.mjs";
import { memoryAlone } from "../service.mjs";
import { idle } from "../workloads.mjs";
import { inTurn, short, spread, summary, timed } from "../statistics.mjs";

async function withHost(folder, app, work) {
  const host = await startHost(app, join(folder, "data"));
  try {
    return await work(host);
  } finally {
    await host.stop();
  }
}

async function chain(folder) {
  const rows = floors.openCommittedRows(folder);
  const [floor, figure] = await withHost(folder, benchApp, async (host) => {
    for (let i = 0; i < 20; i += 1) await load.chain(host, 20);
    return inTurn(25, [() => rows.run(40), () => timed(() => load.chain(host, 20))]);
  });
  await rows.close();
  const ratio = figure.median / floor.median;
  return [
    {
      work: "chain of 20 no-op activities",
      figure: `${spread(figure)} = ${short(figure.median / 20)} an activity`,
      floor: `40 committed rows ${spread(floor)}`,
      bar: `≤ 4 × the floor (is ${short(ratio)})`,
      isMet: ratio <= 4,
    },
  ];
}

async function fan(folder) {
  const hops = await floors.processHops(100);
  const figure = await withHost(folder, benchApp, (host) => load.fanOut(host, 100, 11));
  return [
    {
      work: "fan-out and fan-in of 100 no-op activities",
      figure: spread(figure),
      floor: `100 messages to a process and back ${short(hops.median)}`,
      bar: "≤ 200",
      isMet: figure.median <= 200,
    },
  ];
}

async function many(folder) {
  const floor = await floors.committingCalls(folder, 1000, 16);
  return withHost(folder, benchApp, async (host) => {
    await load.manySubmissions(host, 200, 16);
    const rounds = [];
    for (let i = 0; i < 3; i += 1) rounds.push(await load.manySubmissions(host, 1000, 16));
    const perSecond = summary(rounds.map((round) => round.perSecond));
    const p95 = summary(rounds.map((round) => round.latency.p95));
    const finished = summary(rounds.map((round) => round.finishedMs / 1000));
    const memoryMb = memoryAlone(host.pid);
    const floorText = `bare server that commits: ${short(floor.perSecond)}/s, p95 ${short(floor.latency.p95)}`;
    return [
      {
        work: "1,000 orchestrations of 3, over HTTP, by 16",
        figure: `${spread(perSecond)} accepted/s`,
        floor: floorText,
        bar: "≥ 250/s",
        isMet: perSecond.median >= 250,
      },
      { work: "  p95 of a submit", figure: spread(p95), floor: "", bar: "≤ 60", isMet: p95.median <= 60 },
      {
        work: "  all finished",
        figure: `${spread(finished)} s`,
        floor: "",
        bar: "≤ 6 s",
        isMet: finished.median <= 6,
      },
      { work: "  memory after them", figure: `${short(memoryMb)} MB` },
    ];
  });
}

/** One kind of write through the official clients: here, and in Azurite. */
function storageRow({ work, bytes, factor, open }) {
  return async (folder) => {
    const appends = floors.openSyncedAppend(folder, bytes);
    const calls = await floors.openEmptyCalls();
    const azurite = await storageLoad.startAzurite(folder);
    const theirs = await open(azurite.storage);
    const [sync, call, here, there] = await withHost(folder, timerApp, async (host) => {
      const ours = await open(storageLoad.storageOf(host));
      const works = [appends, calls, ours, theirs].map(({ run }) => run);
      await inTurn(20, [() => calls.run(50), () => ours.run(50), () => theirs.run(50)]);
      return inTurn(
        20,
        works.map((run) => () => run(25)),
      );
    });
    await azurite.stop();
    appends.close();
    calls.close();
    const floor = sync.median + call.median;
    return [
      {
        work,
        figure: spread(here),
        floor: `a synced append ${short(sync.median)} + a loopback call ${short(call.median)}`,
        bar: `≤ ${factor} × the floor (is ${short(here.median / floor)})`,
        isMet: here.median <= factor * floor,
      },
      {
        work: "  the same in Azurite",
        figure: spread(there),
        floor: "",
        bar: "slower than here",
        isMet: here.median < there.median,
      },
    ];
  };
}

const insert = storageRow({
  work: "table insert through the official client",
  bytes: 256,
  factor: 3,
  open: (storage) => storageLoad.openInserts(storage),
});
const put = storageRow({
  work: "64 KB blob put through the official client",
  bytes: 65_536,
  factor: 4,
  open: (storage) => storageLoad.openPuts(storage, 65_536),
});

async function timeStarts(folder, times) {
  const samples = [];
  for (let i = 0; i < times; i += 1) {
    const host = await startHost(benchApp, join(folder, "data"));
    samples.push(host.startedInMs);
    await host.stop();
  }
  return summary(samples);
}

async function startRow(folder, count, bar) {
  const floor = await floors.bareStart(5);
  const figure = await timeStarts(folder, 7);
  return {
    work: `start to first served request, ${count.toLocaleString("en")} stored`,
    figure: spread(figure),
    floor: `a bare Node server ${short(floor.median)}`,
    bar: `≤ ${bar} (aim 600)`,
    isMet: figure.median <= bar,
  };
}

async function start(folder) {
  await seedInstances(join(folder, "data"), 1000);
  return [await startRow(folder, 1000, 1000)];
}

async function stored(folder) {
  const begin = performance.now();
  const ids = await seedInstances(join(folder, "data"), 100_000);
  const seededSeconds = (performance.now() - begin) / 1000;
  const starts = await startRow(folder, 100_000, 1200);
  const calls = await floors.openEmptyCalls();
  const call = summary(await calls.run(100));
  calls.close();
  const status = await withHost(folder, benchApp, (host) => load.statusOfOne(host, ids, 500));
  return [
    { work: "writing 100,000 instances through the hub", figure: `${short(seededSeconds)} s` },
    starts,
    {
      work: "status of one among 100,000 stored",
      figure: `${spread(status)}, p95 ${short(status.p95)}`,
      floor: `a loopback call ${short(call.median)}`,
      bar: "≤ 5",
      isMet: status.median <= 5,
    },
  ];
}

async function backlog(folder) {
  const ids = await seedBacklog(join(folder, "data"), 100_000);
  const { startedInMs, peakMb, anonMb, status } = await workOff(join(folder, "data"), ids, 20);
  return [
    {
      work: "memory of the host over 100,000 pending, 20 s",
      figure: `peak ${short(peakMb)} MB, of it ${short(anonMb)} MB its own; started in ${short(startedInMs)}`,
      bar: "≤ 400 MB",
      isMet: peakMb <= 400,
    },
    { work: "  status of one of them meanwhile", figure: `${spread(status)}, p95 ${short(status.p95)}` },
  ];
}

async function idling(folder) {
  const bare = await floors.barePair();
  const one = await withHost(join(folder, "timer"), timerApp, ({ pid }) => idle(pid, 30));
  const all = await withHost(join(folder, "durable"), benchApp, ({ pid }) => idle(pid, 5));
  return [
    {
      work: "idle, one timer function, storage open, 30 s",
      figure: `${short(one.cpuPercent)} % of a core, ${memory(one)}`,
      floor: `two bare Node processes ${memory(bare)}`,
      bar: "≤ 0.5 %, ≤ 130 MB (aim 100)",
      isMet: one.cpuPercent <= 0.5 && one.aloneMb <= 130,
    },
    { work: "  with a durable app loaded", figure: memory(all) },
  ];
}

/** The proportional size counts less of what other Node processes share; the bar is held against the second number. */
function memory({ pssMb, aloneMb }) {
  return `${short(pssMb)} MB PSS, alone ${short(aloneMb)}`;
}

async function split(folder) {
  const lines = await whereTimeGoes(folder, 20, 100);
  return lines.map((line, index) => ({ work: index === 0 ? line : `  ${line}`, figure: "" }));
}

/** In the order of the output; `isLong` rows are left out by `--quick`. */
export const rows = [
  { id: "chain", measure: chain },
  { id: "fan", measure: fan },
  { id: "many", measure: many },
  { id: "insert", measure: insert },
  { id: "put", measure: put },
  { id: "start", measure: start },
  { id: "stored", measure: stored, isLong: true },
  { id: "backlog", measure: backlog, isLong: true },
  { id: "idle", measure: idling, isLong: true },
  { id: "split", measure: split },
];
