/** Builds an attempt folder as the local compute target does, and starts the real supervisor on it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interpreter, pythonPath } from "./interpreter";

export interface ExitRecord {
  readonly exitCode: number;
  readonly finishedAt: string;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly usage: { readonly cpuSeconds: number; readonly peakMemoryBytes: number | null } | null;
}

export interface SupervisedAttempt {
  readonly folder: string;
  /** The script's working directory. */
  readonly work: string;
  start(): ChildProcess;
  /** Starts the supervisor and waits until its process is gone; answers its exit code. */
  run(): Promise<number | null>;
  read(name: string): string;
  exists(name: string): boolean;
  exitRecord(): ExitRecord;
  /** Waits until `matches` holds for the content of a file in the attempt folder. */
  until(name: string, matches: (content: string) => boolean): Promise<void>;
  metrics(): readonly Record<string, unknown>[];
}

interface AttemptOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly attempt?: Readonly<Record<string, unknown>>;
}

const made: string[] = [];
const started: ChildProcess[] = [];

/** Also ends what a failed test left running, so that the suite itself can end. */
export function removeAttempts(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function supervisedAttempt(script: string, options: AttemptOptions = {}): SupervisedAttempt {
  const folder = mkdtempSync(join(tmpdir(), "sluice-attempt-"));
  made.push(folder);
  const work = join(folder, "work");
  mkdirSync(work);
  const files = { "train.py": script, ...options.files };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
  const attempt = { ...plainAttempt(work), ...options.attempt };
  writeFileSync(join(folder, "attempt.json"), JSON.stringify(attempt));
  return attemptIn(folder, work);
}

function plainAttempt(work: string): Record<string, unknown> {
  return {
    attemptId: "run.step.1",
    script: "train.py",
    arguments: [],
    workingDirectory: work,
    environment: { AZUREML_RUN_ID: "step-run-1" },
    pythonPath: [pythonPath],
    timeoutSeconds: null,
  };
}

function attemptIn(folder: string, work: string): SupervisedAttempt {
  const path = (name: string): string => join(folder, name);
  const read = (name: string): string => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : "");
  const start = (): ChildProcess => {
    const script = join(pythonPath, "sluice_supervisor.py");
    const child = spawn(interpreter, [script, folder], { detached: true, stdio: "ignore" });
    started.push(child);
    return child;
  };
  return {
    folder,
    work,
    start,
    run: () => ended(start()),
    read,
    exists: (name) => existsSync(path(name)),
    exitRecord: () => JSON.parse(readFileSync(path("exit.json"), "utf8")) as ExitRecord,
    until: (name, matches) => folderShows(folder, () => matches(read(name))),
    metrics: () =>
      read("metrics.jsonl")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

async function folderShows(folder: string, holds: () => boolean): Promise<void> {
  const watcher = watch(folder);
  try {
    while (!holds()) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}
