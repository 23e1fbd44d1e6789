/** The work that the figures are about; everything goes through the public HTTP API. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  memoryAlone,
  newFolder,
  publish,
  removeFolder,
  submit,
  takeSnapshot,
  untilFinished,
  usage,
} from "./service.mjs";
import { repeat, summary } from "./statistics.mjs";

const noOp = (id, runAfter = []) => ({ name: id, computeTarget: "noop", runAfter });

/** A process that has just started spends its time compiling; `warmUps` runs go before the figures. */
async function runs(service, pipelineId, times, warmUps) {
  for (let i = 0; i < warmUps; i += 1) await untilFinished(service, await submit(service, pipelineId));
  await service.counts();
  return repeat(times, async () => untilFinished(service, await submit(service, pipelineId)));
}

export async function chain(service, length, times) {
  const steps = Array.from({ length }, (_, i) => noOp(`s${i}`, i === 0 ? [] : [`s${i - 1}`]));
  return runs(service, (await publish(service, "chain", steps)).id, times, 25);
}

export async function fanOut(service, width, times) {
  const wide = Array.from({ length: width }, (_, i) => noOp(`s${i}`));
  const join = noOp(
    "join",
    wide.map(({ name }) => name),
  );
  return runs(service, (await publish(service, "fan", [...wide, join])).id, times, 3);
}

export async function pythonChain(service, length, times) {
  const steps = Array.from({ length }, (_, i) => ({ name: `s${i}`, runAfter: i === 0 ? [] : [`s${i - 1}`] }));
  return runs(service, (await publish(service, "python", steps)).id, times, 2);
}

/** A script that leaves a file at its output. */
const leavesFile = [
  "import os, sys",
  "os.makedirs(sys.argv[1], exist_ok=True)",
  "open(os.path.join(sys.argv[1], 'rows.txt'), 'w').write('rows')",
].join("\n");

/** Whole runs of Python steps, each reading the one before, of which nothing has changed since the first run. */
export async function reusedChain(service, length, times) {
  const steps = Array.from({ length }, (_, i) => ({
    name: `s${i}`,
    arguments: [{ kind: "output", port: "out" }],
    inputs:
      i === 0 ? [] : [{ name: "before", source: { kind: "stepOutput", stepId: `s${i - 1}`, port: "out" } }],
    outputs: [{ name: "out" }],
  }));
  const { id } = await publish(service, "reused", steps, leavesFile);
  await untilFinished(service, await submit(service, id, "same"));
  return repeat(times, async () => {
    const runId = await submit(service, id, "same");
    await untilFinished(service, runId);
    const { value } = await call(service, service.workspace.routes.historyRunChildren("bench", runId));
    const ran = value.filter(({ properties }) => properties["sluice.reuse"] !== "reused");
    if (ran.length > 0)
      throw new Error(`step ${ran[0].name} ran: ${ran[0].properties["sluice.reuseReason"]}`);
  });
}

export async function submitNoOp(service) {
  return submit(service, (await publish(service, "one", [noOp("only")])).id);
}

/** A snapshot of a directory of that size: untouched, and with one file changed; beside a bare look at the files. */
export async function sourceDirectory(service, files, megabytes) {
  const folder = newFolder("source");
  const cache = newFolder("cache");
  try {
    const each = Math.floor((megabytes * 1024 * 1024) / files);
    for (let index = 0; index < files; index += 1) {
      const below = join(folder, `part${index % 40}`);
      mkdirSync(below, { recursive: true });
      writeFileSync(join(below, `${index}.bin`), Buffer.alloc(each, `${index} `));
    }
    const take = () => takeSnapshot(service, folder, cache);
    // A state of a file that is younger than two seconds is not remembered.
    await new Promise((settled) => setTimeout(settled, 2_500));
    await take();
    const unchanged = await repeat(15, take);
    const walked = await repeat(5, async () => {
      for (const name of readdirSync(folder, { recursive: true })) statSync(join(folder, name));
    });
    const oneChanged = await repeat(5, async (round) => {
      writeFileSync(join(folder, "part0", "0.bin"), Buffer.alloc(each, `round ${round} `));
      await take();
    });
    return { unchanged, oneChanged, walked };
  } finally {
    removeFolder(folder);
    removeFolder(cache);
  }
}

/** `count` submissions, `atOnce` at a time, then until every run is finished. */
export async function manySubmissions(service, count, atOnce) {
  const { id } = await publish(service, "three", [noOp("a"), noOp("b", ["a"]), noOp("c", ["b"])]);
  await untilFinished(service, await submit(service, id));
  const begin = performance.now();
  const samples = [];
  const submitted = [];
  let left = count;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      submitted.push(await submit(service, id));
      samples.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const acceptedMs = performance.now() - begin;
  for (const runId of submitted) await untilFinished(service, runId, 20);
  return {
    perSecond: (count / acceptedMs) * 1000,
    latency: summary(samples),
    finishedMs: performance.now() - begin,
    memoryMb: usage(service.pid).pssMb,
  };
}

async function call(service, path, init = {}) {
  const headers = {
    authorization: `Bearer ${await service.workspace.service.token()}`,
    "content-type": "application/json",
  };
  const answer = await fetch(service.url + path, { ...init, headers });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}

export function firstPage(service, times) {
  const { routes } = service.workspace;
  return repeat(times, () =>
    call(service, routes.queryRuns, { method: "POST", body: JSON.stringify({ top: 50 }) }),
  );
}

async function createSchedule(service, body) {
  const { routes } = service.workspace;
  return call(service, routes.createSchedule, { method: "POST", body: JSON.stringify(body) });
}

async function scheduleRuns(service, id) {
  return call(service, service.workspace.routes.runsOfSchedule(id));
}

/** Milliseconds from the answer of a blob's upload until a run of its schedule can be read. */
export async function blobToRun(service, times) {
  const { id: pipelineId } = await publish(service, "watch", [noOp("only")]);
  const schedule = await createSchedule(service, {
    Name: "watch",
    PipelineId: pipelineId,
    ScheduleType: "DataStore",
    PipelineSubmissionInfo: { ExperimentName: "watch" },
    DataStoreTriggerInfo: {
      DataStoreName: "workspaceblobstore",
      PathOnDataStore: "bench",
      PollingInterval: 5,
    },
  });
  const datastore = await call(service, service.workspace.routes.defaultDatastore);
  const { containerUri, sasToken } = datastore.azureStorageSection;
  const sas = sasToken.replace(/^\?/, "");
  let before = 0;
  const samples = [];
  for (let i = 0; i < times + 1; i += 1) {
    const put = await fetch(`${containerUri}/bench/${i}.txt?${sas}`, {
      method: "PUT",
      headers: { "x-ms-blob-type": "BlockBlob" },
      body: String(i),
    });
    if (put.status !== 201) throw new Error(`the upload answered ${put.status}`);
    const committed = performance.now();
    while ((await scheduleRuns(service, schedule.Id)).length === before)
      await new Promise((next) => setTimeout(next, 1));
    samples.push(performance.now() - committed);
    before += 1;
  }
  return summary(samples.slice(1));
}

export async function idle(pid, seconds) {
  const before = usage(pid);
  await new Promise((next) => setTimeout(next, seconds * 1000));
  const after = usage(pid);
  return {
    cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100,
    pssMb: after.pssMb,
    aloneMb: memoryAlone(pid),
  };
}

/** Milliseconds from each of `count` slots, spread over one minute, until its run was created. */
export async function lateness(service, count) {
  const { id: pipelineId } = await publish(service, "slot", [noOp("only")]);
  const minute = Math.ceil((Date.now() + 10_000) / 60_000) * 60_000;
  const slots = Array.from({ length: count }, (_, i) => minute + Math.floor((i * 60) / count) * 1000);
  const schedules = [];
  for (const slotAt of slots) {
    const schedule = await createSchedule(service, {
      Name: "slot",
      PipelineId: pipelineId,
      ScheduleType: "Recurrence",
      PipelineSubmissionInfo: { ExperimentName: "slot" },
      Recurrence: {
        Frequency: "Month",
        Interval: 1,
        StartTime: new Date(slotAt).toISOString().slice(0, 19),
        TimeZone: "UTC",
      },
    });
    schedules.push({ id: schedule.Id, slotAt });
  }
  await new Promise((next) => setTimeout(next, minute + 61_000 - Date.now()));
  const samples = [];
  for (const { id, slotAt } of schedules) {
    for (;;) {
      const [run] = await scheduleRuns(service, id);
      if (run !== undefined) {
        samples.push(Date.parse(run.CreatedDate) - slotAt);
        break;
      }
      await new Promise((next) => setTimeout(next, 50));
    }
  }
  return summary(samples);
}
