/**
 * The whole product killed at random instants while runs are submitted. The instants come from a seed:
 * SLUICE_CRASH_SEED sets another one, SLUICE_CRASH_KILLS another number of kills.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openWorkspace } from "../../../src/cli/connect";
import { startHost, type HostProcess } from "../../../src/cli/hostProcess";
import { waitForHealth } from "../../../src/cli/waitForHealth";
import { PipelineRun } from "../../../src/sdk/pipelineRun";
import { publishPipelineFile } from "../../../src/sdk/publishPipelineFile";
import type { Workspace } from "../../../src/sdk/workspace";
import { seededDice } from "../../crash/seededDice";
import { findTestPython } from "../pythonUnderTest";
import { submitPipeline } from "./pipelineCalls";

const dice = seededDice(Number(process.env["SLUICE_CRASH_SEED"] ?? 7));
const kills = Number(process.env["SLUICE_CRASH_KILLS"] ?? 8);
const python = findTestPython();
const steps = { a: [], b: ["a"], c: ["a"], d: ["b", "c"] };

interface Product {
  readonly host: HostProcess;
  readonly workspace: Workspace;
}

const hosts: HostProcess[] = [];
let folder: string;
let product: Product;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-app-crash-"));
  mkdirSync(join(folder, "data"));
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<void> {
  const dataFolder = join(folder, "data");
  const { signal } = new AbortController();
  const host = await startHost({ port: 0, dataFolder, python, storage: undefined }, signal);
  hosts.push(host);
  product = { host, workspace: openWorkspace(host.url, dataFolder) };
  await waitForHealth(host.url, signal);
}

/** Half of the kills take the host with its storage, half only the worker that runs the app. */
async function kill(): Promise<void> {
  const { host } = product;
  if (dice.chance(0.5)) {
    host.kill();
    await host.exited;
    return start();
  }
  const before = await workerPid(host.url);
  process.kill(before, "SIGKILL");
  while ((await workerPid(host.url)) === before) await delay(10);
  await waitForHealth(host.url, new AbortController().signal);
}

async function workerPid(url: string): Promise<number> {
  for (;;) {
    const status = (await (await fetch(`${url}/admin/host/status`)).json()) as {
      readonly worker: { readonly processId: number | null };
    };
    if (status.worker.processId !== null) return status.worker.processId;
    await delay(10);
  }
}

/** A diamond whose steps note their begin and their end, each in one appending write. */
function writeDiamond(journal: string): string {
  const script = [
    "import os, sys, time",
    "def note(word):",
    `    journal = os.open(${JSON.stringify(journal)}, os.O_APPEND | os.O_CREAT | os.O_WRONLY)`,
    "    line = os.environ['AZUREML_ROOT_RUN_ID'] + ' ' + sys.argv[1] + ' ' + word + '\\n'",
    "    os.write(journal, line.encode())",
    "    os.close(journal)",
    "note('begins')",
    "time.sleep(0.15)",
    "note('ends')",
  ].join("\n");
  mkdirSync(join(folder, "source"));
  writeFileSync(join(folder, "source", "main.py"), script);
  const authored = Object.entries(steps).map(([name, runAfter]) => ({
    name,
    script: "main.py",
    sourceDirectory: "source",
    arguments: [name],
    allowReuse: false,
    runAfter,
  }));
  const file = join(folder, "pipeline.json");
  writeFileSync(file, JSON.stringify({ name: "diamond", steps: authored }));
  return file;
}

/** Submits now and then until the kill; only an answered id counts as accepted. */
async function submitFor(ms: number, pipelineId: string): Promise<string[]> {
  const accepted: string[] = [];
  for (const endAt = performance.now() + ms; performance.now() < endAt;) {
    const id = await submitPipeline(product.workspace, pipelineId).catch(() => undefined);
    if (id !== undefined) accepted.push(id);
    await delay(dice.between(100, 400));
  }
  return accepted;
}

async function untilEnded(runId: string): Promise<string> {
  for (;;) {
    const run = await PipelineRun.find(product.workspace, runId);
    const status = run === undefined ? "lost" : (await run.get()).status.statusCode;
    if (status !== "NotStarted" && status !== "Running") return status;
    await delay(100);
  }
}

function countLines(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean))
    counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

test(`finishes every accepted run and runs each step once when it is killed at random (seed ${dice.seed})`, async () => {
  const journal = join(folder, "journal");
  await start();
  const { id } = await publishPipelineFile(product.workspace, writeDiamond(journal));
  const accepted: string[] = [];
  for (let each = 0; each < kills; each++) {
    // One before each kill, so that a slow machine has something to lose as well.
    accepted.push(await submitPipeline(product.workspace, id));
    const ms = dice.between(100, 1300);
    const [ids] = await Promise.all([submitFor(ms, id), delay(ms).then(kill)]);
    accepted.push(...ids);
  }
  const ended = await Promise.all(accepted.map(async (runId) => [runId, await untilEnded(runId)]));
  expect(ended).toEqual(accepted.map((runId) => [runId, "Finished"]));

  const counts = countLines(journal);
  expect([...counts].filter(([, times]) => times > 1)).toEqual([]);
  const expected = accepted.flatMap((runId) =>
    Object.keys(steps).flatMap((step) => [`${runId} ${step} begins`, `${runId} ${step} ends`]),
  );
  expect(expected.filter((line) => !counts.has(line))).toEqual([]);
  expect(accepted.length).toBeGreaterThanOrEqual(kills);
}, 240_000);
