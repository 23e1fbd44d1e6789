/** The compute room over a storage service and a data folder of its own, and scripts that tell when they run. */
import { expect } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  AttemptInput,
  AttemptState,
  ComputeTarget,
  StepAttempt,
} from "../../../src/compute/computeTarget";
import { createComputeTargets } from "../../../src/compute/createComputeTargets";
import { createDatastores } from "../../../src/data/datastoreStore";
import { createSnapshots } from "../../../src/data/snapshotStore";
import type { LocalConfig } from "../../../src/workspace/config";
import type { Log } from "../../../src/workspace/log";
import { openWorkspace } from "../../../src/workspace/openWorkspace";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";
import { takeSnapshot } from "../data/uploadFiles";
import { findTestPython } from "../pythonUnderTest";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";

export interface ComputePlace {
  readonly storage: StorageUnderTest;
  readonly dataDir: string;
  /** File that scripts write to through `writes`. */
  readonly journal: string;
  remove(): Promise<void>;
}

export async function makeComputePlace(): Promise<ComputePlace> {
  const storage = await startStorage();
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-compute-"));
  const journal = join(dataDir, "journal.txt");
  appendFileSync(journal, "");
  return {
    storage,
    dataDir,
    journal,
    async remove() {
      await storage.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const silent: Log = { write: () => undefined };

/** The room as an app process that has just started sees it. */
export function openComputeRoom(
  { storage, dataDir, journal }: ComputePlace,
  local: Partial<LocalConfig> = {},
  log: Log = silent,
) {
  const workspace = openWorkspace(
    {
      subscriptionId: "s",
      resourceGroup: "g",
      workspaceName: "w",
      storageConnection: storage.connectionString,
      selfUrl: "http://127.0.0.1:1",
      runs: parseRunsConfig({}, []),
      local: { dataDir, python: findTestPython(), stepsAtOnce: 8, diskLimitBytes: 1e12, ...local },
      journalDays: 90,
    },
    { log },
  );
  const datastores = createDatastores({ workspace });
  const snapshots = createSnapshots({ workspace });
  const target = createComputeTargets({ workspace, datastores, snapshots }).find("local")!;
  return { workspace, datastores, snapshots, target, journal };
}

export type ComputeRoom = ReturnType<typeof openComputeRoom>;

export async function attemptOf(
  { snapshots, journal }: ComputeRoom,
  script: string,
  more: Partial<StepAttempt> = {},
): Promise<StepAttempt> {
  const runId = randomUUID();
  const stepRunId = more.stepRunId ?? randomUUID();
  return {
    attemptId: `${runId}.step.1`,
    runId,
    stepRunId,
    artifactsId: stepRunId,
    experimentName: "e",
    stepName: "step",
    snapshotId: await takeSnapshot(snapshots, { "main.py": script }),
    script: "main.py",
    arguments: [],
    inputs: [],
    outputs: [],
    environment: { JOURNAL: journal },
    pythonEnvironment: null,
    timeoutMs: null,
    ...more,
  };
}

/** An input of the default datastore. */
export function inputOf(name: string, path: string, more: Partial<AttemptInput> = {}): AttemptInput {
  const source = { kind: "dataPath" as const, dataPath: { datastore: "workspaceblobstore", path } };
  return { name, mode: "mount", source, pathOnCompute: null, overwrite: false, ...more };
}

/** Asks whenever the target hints that something ended, and now and then, as the app does. */
export async function untilOver(target: ComputeTarget, attemptId: string): Promise<AttemptState> {
  for (;;) {
    const state = await target.find(attemptId);
    if (["exited", "lost", "rejected"].includes(state.status)) return state;
    await new Promise((next) => setTimeout(next, 20));
  }
}

export async function untilJournaled({ journal }: ComputeRoom, sign: string): Promise<void> {
  while (!readFileSync(journal, "utf8").includes(sign)) await new Promise((next) => setTimeout(next, 10));
}

export async function untilRunning(room: ComputeRoom, attempt: StepAttempt, sign: string): Promise<void> {
  await untilJournaled(room, sign);
  expect(await room.target.find(attempt.attemptId)).toMatchObject({ status: "running" });
}

/** Lines of a script that write a line to the journal. */
export const writes = (text: string): string =>
  `import os\nwith open(os.environ["JOURNAL"], "a") as j: j.write("${text}\\n")\n`;

/** Lines of a script that wait until a file is there. */
export const waitsFor = (file: string): string =>
  `import os, time\nwhile not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)\n`;

/** Text of an artifact as it is now; undefined when there is none. */
export async function readArtifact(
  { workspace }: ComputeRoom,
  runId: string,
  path: string,
): Promise<string | undefined> {
  const blob = workspace.blobs
    .getContainerClient("sluice-system")
    .getBlobClient(`ExperimentRun/dcid.${runId}/${path}`);
  return (await blob.exists()) ? (await blob.downloadToBuffer()).toString() : undefined;
}
