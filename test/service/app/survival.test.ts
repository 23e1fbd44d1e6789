import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWorkspace } from "../../../src/cli/connect";
import { PipelineRun } from "../../../src/sdk/pipelineRun";
import { publishPipelineFile } from "../../../src/sdk/publishPipelineFile";
import type { Workspace } from "../../../src/sdk/workspace";
import { removeFolder, startSluice, temporaryDataFolder, type StartedSluice } from "../cli/startedSluice";
import { pidBelow, submitPipeline } from "./pipelineCalls";

let folder: string;
let journal: string;

beforeAll(async () => {
  folder = await temporaryDataFolder();
  journal = join(folder, "journal.txt");
  mkdirSync(join(folder, "source"));
});
afterAll(() => removeFolder(folder));

const journaled = (): string[] => readFileSync(journal, "utf8").split("\n").filter(Boolean);

/** Each step notes its begin and its end; the middle one waits for `gate` to appear. */
function writePipeline(gate: string): string {
  const script = [
    "import os, sys, time",
    "def note(word):",
    `    with open(${JSON.stringify(journal)}, 'a') as journal: journal.write(sys.argv[1] + ' ' + word + '\\n')`,
    "note('begins')",
    `while sys.argv[1] == 'second' and not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.01)`,
    "note('ends')",
  ].join("\n");
  writeFileSync(join(folder, "source", "main.py"), script);
  const step = (name: string, runAfter: string[]) => ({
    name,
    script: "main.py",
    sourceDirectory: "source",
    arguments: [name],
    allowReuse: false,
    runAfter,
  });
  const steps = [step("first", []), step("second", ["first"]), step("third", ["second"])];
  const file = join(folder, "pipeline.json");
  writeFileSync(file, JSON.stringify({ name: "survival", steps }));
  return file;
}

async function start(data: string): Promise<{ sluice: StartedSluice; workspace: Workspace }> {
  const sluice = startSluice(["--no-example", "--port", "0", "--data", data]);
  await sluice.until(/stays up until Ctrl-C/);
  const url = /answers at (http\S+)/.exec(sluice.stdout())![1]!;
  return { sluice, workspace: openWorkspace(url, data) };
}

async function untilJournaled(line: string): Promise<void> {
  while (!journaled().includes(line)) await new Promise((next) => setTimeout(next, 10));
}

async function untilEnded(workspace: Workspace, runId: string): Promise<string> {
  const run = (await PipelineRun.find(workspace, runId))!;
  for (;;) {
    const { status } = await run.getHistory();
    if (["Completed", "Failed", "Canceled"].includes(status)) return status;
    await new Promise((next) => setTimeout(next, 20));
  }
}

async function submitAndReachTheMiddle(data: string, gate: string) {
  writeFileSync(journal, "");
  const { sluice, workspace } = await start(data);
  const { id } = await publishPipelineFile(workspace, writePipeline(gate));
  const runId = await submitPipeline(workspace, id);
  await untilJournaled("second begins");
  return { sluice, runId };
}

test("after kill -9 of host and storage in the middle of a step the run ends Finished and no step ran twice", async () => {
  const data = join(folder, "killed");
  const gate = join(folder, "killed-gate");
  const { sluice, runId } = await submitAndReachTheMiddle(data, gate);
  process.kill(pidBelow(sluice.pid, "dist/host/main.js"), "SIGKILL");
  await sluice.exited;

  const again = await start(data);
  appendFileSync(gate, "");
  expect(await untilEnded(again.workspace, runId)).toBe("Completed");
  expect(journaled()).toEqual(
    ["first", "second", "third"].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  again.sluice.signal("SIGTERM");
  await again.sluice.exited;
});

test("Ctrl-C in the middle of a step ends its process, and the next start runs that step anew and no other", async () => {
  const data = join(folder, "interrupted");
  const gate = join(folder, "interrupted-gate");
  const { sluice, runId } = await submitAndReachTheMiddle(data, gate);
  const step = pidBelow(1, join(data, "app", "attempts"));
  sluice.signal("SIGINT");
  expect(await sluice.exited).toBe(0);
  expect(() => process.kill(step, 0)).toThrow("ESRCH");

  const again = await start(data);
  appendFileSync(gate, "");
  expect(await untilEnded(again.workspace, runId)).toBe("Completed");
  expect(journaled()).toEqual([
    "first begins",
    "first ends",
    "second begins",
    "second begins",
    "second ends",
    "third begins",
    "third ends",
  ]);
  again.sluice.signal("SIGTERM");
  await again.sluice.exited;
});
