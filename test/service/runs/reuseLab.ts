/** Runs on one storage, one after another or at once, whose steps leave files at their outputs. */
import { randomUUID } from "node:crypto";
import type { ContainerClient } from "@azure/storage-blob";
import type { StepDefinition } from "../../../src/model/definition";
import type { RunSubmission, StepRecord } from "../../../src/runs/runs";
import type { Workspace } from "../../../src/workspace/workspace";
import { takeSnapshot, type Files } from "../data/uploadFiles";
import { startStorage } from "../storageUnderTest";
import { openRuns, step, submission, type RunsUnderTest, type Setting } from "./runsUnderTest";
import { scriptedTarget, type Ending, type ScriptedTarget } from "./scriptedTarget";

export interface Ran {
  readonly runId: string;
  readonly status: string | undefined;
  /** By name. */
  readonly steps: Readonly<Record<string, StepRecord>>;
  /** Names of the steps that its compute target heard of, in order. */
  readonly began: readonly string[];
}

export interface Going {
  readonly runId: string;
  readonly room: RunsUnderTest;
  ended(): Promise<Ran>;
  now(): Promise<Ran>;
}

export interface Lab {
  readonly target: ScriptedTarget;
  readonly workspace: Workspace;
  readonly container: ContainerClient;
  /** How steps end as soon as they begin, by name: well, unless a test says otherwise. */
  readonly endings: Record<string, Ending | undefined>;
  /** What each output of a step holds, by path below it. */
  leaves: Files;
  snapshot(files: Files): Promise<string>;
  run(steps: readonly StepDefinition[], more?: Partial<RunSubmission>): Promise<Ran>;
  begin(
    steps: readonly StepDefinition[],
    more?: Partial<RunSubmission>,
    setting?: Partial<Setting>,
  ): Promise<Going>;
  stop(): Promise<void>;
}

export async function startLab(): Promise<Lab> {
  const { connectionString, stop } = await startStorage();
  const endings: Record<string, Ending | undefined> = {};
  const scripted = scriptedTarget(
    new Proxy(endings, {
      get: (given, name: string) => (Object.hasOwn(given, name) ? given[name] : { exitCode: 0 }),
    }) as Record<string, Ending>,
  );
  const target: ScriptedTarget = {
    ...scripted,
    async collect(attempt) {
      for (const { dataPath } of attempt.outputs) {
        for (const [path, content] of Object.entries(lab.leaves)) {
          const blob = lab.container.getBlockBlobClient(`${dataPath.path}/${path}`);
          await blob.upload(content, Buffer.byteLength(content));
        }
      }
      return scripted.collect(attempt);
    },
  };
  const open = (steps: readonly StepDefinition[], setting: Partial<Setting> = {}): RunsUnderTest =>
    openRuns({ connectionString, target, definition: { parameters: [], steps }, ...setting });
  const first = open([step("none")]);
  const lab: Lab = {
    target,
    workspace: first.workspace,
    container: await first.datastores.container("workspaceblobstore"),
    endings,
    leaves: { "data.txt": "rows" },
    snapshot: (files) => takeSnapshot(first.snapshots, files),
    async run(steps, more) {
      return (await lab.begin(steps, more)).ended();
    },
    async begin(steps, more, setting) {
      const room = open(steps, setting);
      const runId = randomUUID();
      const now = async (): Promise<Ran> => ({
        runId,
        status: (await room.runs.find(runId))?.status,
        steps: Object.fromEntries((await room.runs.steps(runId)).map((record) => [record.name, record])),
        began: target.begun.filter((attempt) => attempt.runId === runId).map(({ stepName }) => stepName),
      });
      await room.runs.submit(submission(runId, more), room.engine);
      const ended = async (): Promise<Ran> => {
        await room.engine.ended(runId);
        return now();
      };
      return { runId, room, ended, now };
    },
    stop,
  };
  return lab;
}

export const text = (value: string) => ({ kind: "literal" as const, value });

/** Looks again until it is so; what it waits for is a row that another part writes. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((next) => setImmediate(next));
}
