/**
 * The folder of one attempt: its files are the whole memory of the local target, so that any process can pick
 * an attempt up where another one died.
 *
 * Who writes what:
 * - `request.json` and `attempt.json`: this target, before anything runs; `attempt.json` comes last and means
 *   "prepared".
 * - `claim`: whoever creates it first owns the only start: the supervisor, with its pid inside, or a cancel that
 *   came before it, empty.
 * - `exit.json`, `timeout.json`, `*.txt`, `metrics.jsonl`: the supervisor.
 * - `cancel.json`, `interrupted.json`, `rejected.json`, `collected.json`, `environment.txt`, `python.txt`: this target.
 * Every JSON file appears whole, by rename.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../workspace/systemErrorCode";

export interface AttemptFolder {
  readonly root: string;
  /** The snapshot's files; the script starts here. */
  readonly work: string;
  readonly inputs: string;
  readonly outputs: string;
  /** What the script uploaded by name: `own` for its run, `parent` for the pipeline run. */
  readonly uploads: string;
  file(name: AttemptFile): string;
}

export type AttemptFile =
  | "request.json"
  | "attempt.json"
  | "claim"
  | "exit.json"
  | "timeout.json"
  | "cancel.json"
  | "interrupted.json"
  | "rejected.json"
  | "metrics.jsonl"
  | "stderr.txt"
  | "environment.txt"
  | "python.txt"
  | "collected.json"
  | "std_log.txt";

const attemptIdForm = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,4}$/;

/** Throws on an id that could leave `attemptsDir`; ids are made by the runs room, so that would be a bug. */
export function attemptFolder(attemptsDir: string, attemptId: string): AttemptFolder {
  if (attemptId.length > 160 || !attemptIdForm.test(attemptId)) {
    throw new Error(`Not an attempt id: ${JSON.stringify(attemptId.slice(0, 200))}`);
  }
  const root = join(attemptsDir, attemptId);
  return {
    root,
    work: join(root, "work"),
    inputs: join(root, "inputs"),
    outputs: join(root, "outputs"),
    uploads: join(root, "uploads"),
    file: (name) => join(root, name),
  };
}

/** Writes JSON so that a reader sees all of it or nothing, also after power loss. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** The parsed file, or undefined when it is not there or empty. */
export async function readJson(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, "utf8");
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
