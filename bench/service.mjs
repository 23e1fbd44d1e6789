/** One Sluice for the bench: a host process on free ports with a data folder of its own, and a client of it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const load = createRequire(import.meta.url);
const dist = (path) => load(join(root, "dist", path));

const counter = join(root, "bench", "callCounter.cjs");

export function newFolder(name) {
  return mkdtempSync(join(tmpdir(), `sluice-bench-${name}-`));
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}

/** Starts the bench's app on `dataDir`; resolves when `/health` answers 200. */
export async function startService(dataDir, python) {
  const begin = performance.now();
  const host = join(root, "dist", "host", "main.js");
  const child = spawn(
    process.execPath,
    [host, join(root, "bench", "app"), "--port", "0", "--data", dataDir],
    {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: {
        ...process.env,
        SLUICE_DATA_DIR: dataDir,
        SLUICE_PYTHON: python,
        AzureFunctionsJobHost__logging__logLevel__default: "Error",
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require ${JSON.stringify(counter)}`,
      },
    },
  );
  const exited = new Promise((done) => child.once("close", done));
  const url = await new Promise((ready, failed) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) ready(JSON.parse(line).url);
    });
    child.once("close", (code) => failed(new Error(`the host ended with ${code}`)));
  });
  while (!(await fetch(`${url}/health`)).ok) await new Promise((next) => setTimeout(next, 10));
  const workspace = dist("cli/connect.js").openWorkspace(url, dataDir);
  return {
    url,
    pid: child.pid,
    startedInMs: performance.now() - begin,
    workspace,
    /** What `callCounter.cjs` counted since it was last asked. */
    async counts() {
      const answered = new Promise((found) => child.once("message", found));
      child.send("counts");
      return answered;
    },
    async stop() {
      child.send("shutdown");
      await exited;
    },
  };
}

/** A parameter of every step that each submission gives a new value: results are looked for and never reused, unless
 * a row is about reuse and says which value. */
const fresh = "fresh";
let submissions = 0;
const nextValue = () => `${process.pid} ${(submissions += 1)}`;

/** Publishes steps given in the authored form; all share one source folder with `main.py`. */
export async function publish(service, name, steps, script = "pass\n") {
  const folder = newFolder("pipeline");
  try {
    mkdirSync(join(folder, "source"));
    writeFileSync(join(folder, "source", "main.py"), script);
    const full = steps.map((step) => ({
      ...{ script: "main.py", sourceDirectory: "source" },
      ...{ parameters: [{ name: fresh, value: { kind: "pipelineParameter", parameter: fresh } }] },
      ...step,
    }));
    const file = join(folder, "pipeline.json");
    const parameters = [{ kind: "literal", name: fresh, type: "string", defaultValue: "0" }];
    writeFileSync(file, JSON.stringify({ name, parameters, steps: full }));
    return await dist("sdk/publishPipelineFile.js").publishPipelineFile(service.workspace, file);
  } finally {
    removeFolder(folder);
  }
}

export function takeSnapshot(service, folder, cache) {
  return dist("sdk/snapshot.js").takeSnapshot(service.workspace, folder, cache);
}

/** Submits over HTTP as any caller would; the run id. Steps are reused only from runs with an equal `value`. */
export async function submit(service, pipelineId, value = nextValue()) {
  const { routes, service: address } = service.workspace;
  const answer = await fetch(service.url + routes.submitPipeline(pipelineId), {
    method: "POST",
    headers: { authorization: `Bearer ${await address.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ ExperimentName: "bench", ParameterAssignments: { [fresh]: value } }),
  });
  if (!answer.ok) throw new Error(`submit answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()).Id;
}

const open = new Set(["NotStarted", "Running"]);

/**
 * Waits until a terminal status is seen; throws unless it is Finished. Each look costs the app several milliseconds, so
 * it looks seldom enough not to hold up what it waits for.
 */
export async function untilFinished(service, runId, pauseMs = 20) {
  const { routes, service: address } = service.workspace;
  const headers = { authorization: `Bearer ${await address.token()}` };
  for (;;) {
    const run = await (await fetch(service.url + routes.run(runId), { headers })).json();
    const status = run.Status.StatusCode;
    if (status === "Finished") return run;
    if (!open.has(status)) throw new Error(`run ${runId} ended ${status}`);
    await new Promise((next) => setTimeout(next, pauseMs));
  }
}

/** Processes of the service: the host and everything below it. Linux only. */
export function processTree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [
    pid,
    ...(children === "" ? [] : children.split(" ").flatMap((child) => processTree(Number(child)))),
  ];
}

/**
 * Memory in MB that the tree would take if no other process shared files with it: what is its own, and of every mapped
 * file the most that one member has of it. Unlike the proportional set size it does not shrink when other Node
 * processes run. Linux only.
 */
export function memoryAlone(pid) {
  let ownKb = 0;
  const shared = new Map();
  for (const member of processTree(pid)) {
    const mine = new Map();
    for (const { file, residentKb, anonymousKb } of mappings(member)) {
      ownKb += file === null ? residentKb : anonymousKb;
      if (file !== null) mine.set(file, (mine.get(file) ?? 0) + residentKb - anonymousKb);
    }
    for (const [file, kb] of mine) shared.set(file, Math.max(shared.get(file) ?? 0, kb));
  }
  return [...shared.values()].reduce((sum, kb) => sum + kb, ownKb) / 1024;
}

function mappings(pid) {
  const text = readFileSync(`/proc/${pid}/smaps`, "utf8");
  return text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).map((part) => {
    const [, device, inode] = /^\S+ \S+ \S+ (\S+) (\d+)/.exec(part);
    const read = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(part)?.[1] ?? 0);
    const file = inode === "0" ? null : `${device} ${inode}`;
    return { file, residentKb: read("Rss"), anonymousKb: read("Anonymous") };
  });
}

/** Proportional set size of the tree in MB, and CPU seconds that it has used. */
export function usage(pid) {
  let pssKb = 0;
  let ticks = 0;
  for (const member of processTree(pid)) {
    pssKb += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, "utf8"))[1]);
    const stat = readFileSync(`/proc/${member}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return { pssMb: pssKb / 1024, cpuSeconds: ticks / 100 };
}
