/**
 * Virtual environments of local steps: built once for each set of requirements and interpreter, and used by every step that
 * asks for the same.
 *
 * Layout: `<environments>/<key>/<build>/` is one build, a virtual environment with its log; `<key>/ready.json` names the one
 * that is used.
 *
 * Invariants:
 * 1. `ready.json` appears once, by an exclusive link, after its build has worked: what a crash leaves half done is never
 *    named by it, so never used, and is removed before the next build of that key.
 * 2. Steps of one app that need the same wait for the same build. Of two apps that build at once the first one wins.
 * 3. A build that nobody waits for any more is ended. One that failed is forgotten: the next step tries anew.
 */
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../workspace/systemErrorCode";
import { readJson, writeJson } from "./attemptFolder";
import { bytesBelow } from "./diskBudget";
import type { Interpreter } from "./interpreters";
import { inheritedEnvironment, packageEnvironment, runLogged } from "./processTree";
import { withoutSecrets } from "./pythonNeeds";

export interface BuiltEnvironment {
  readonly python: string;
  /** What the build said. */
  readonly log: string;
  readonly isNew: boolean;
}

export type EnvironmentOutcome =
  | ({ readonly status: "ready" } & BuiltEnvironment)
  | { readonly status: "failed"; readonly reason: string; readonly log: string }
  /** Whoever wanted it wants it no more. */
  | { readonly status: "abandoned" };

export interface Environments {
  /** The environment if it is there. */
  find(interpreter: Interpreter, requirements: readonly string[]): Promise<BuiltEnvironment | undefined>;
  /** The environment, built if need be. */
  build(
    interpreter: Interpreter,
    requirements: readonly string[],
    signal: AbortSignal,
  ): Promise<EnvironmentOutcome>;
  /** Resolves when no build is under way; ends none. */
  settled(): Promise<void>;
}

/** Changes whenever an environment of the same requirements would be built differently. */
const layout = 1;
const readyFile = "ready.json";
const logFile = "build.txt";
const tailLines = 12;
const onWindows = process.platform === "win32";

interface Building {
  readonly outcome: Promise<EnvironmentOutcome>;
  readonly ending: AbortController;
  waiting: number;
}

/** `root` is created when the first environment is built; `onGrown` hears of the size of every new one. */
export function createEnvironments(root: string, onGrown: (bytes: number) => void): Environments {
  const building = new Map<string, Building>();
  const folderOf = (interpreter: Interpreter, requirements: readonly string[]): string =>
    join(root, keyOf(interpreter, requirements));

  function begin(folder: string, interpreter: Interpreter, requirements: readonly string[]): Building {
    const ending = new AbortController();
    const outcome = buildIn(folder, interpreter, requirements, ending.signal).finally(() =>
      building.delete(folder),
    );
    void outcome.then(
      async ({ status }) => status === "ready" && onGrown(await bytesBelow(folder)),
      () => undefined,
    );
    const begun = { outcome, ending, waiting: 0 };
    building.set(folder, begun);
    return begun;
  }

  return {
    find: (interpreter, requirements) => findIn(folderOf(interpreter, requirements)),
    async build(interpreter, requirements, signal) {
      const folder = folderOf(interpreter, requirements);
      const shared = building.get(folder) ?? begin(folder, interpreter, requirements);
      shared.waiting++;
      try {
        return await Promise.race([shared.outcome, abandoned(signal)]);
      } finally {
        shared.waiting--;
        if (shared.waiting === 0) shared.ending.abort();
      }
    },
    async settled() {
      await Promise.allSettled([...building.values()].map(({ outcome }) => outcome));
    },
  };
}

function abandoned(signal: AbortSignal): Promise<EnvironmentOutcome> {
  return new Promise((settle) => {
    const tell = (): void => settle({ status: "abandoned" });
    if (signal.aborted) tell();
    else signal.addEventListener("abort", tell, { once: true });
  });
}

function keyOf({ executable, version }: Interpreter, requirements: readonly string[]): string {
  const content = JSON.stringify([layout, executable, version, requirements]);
  return createHash("sha256").update(content).digest("hex").slice(0, 24);
}

/** Its folder carries the time of its last use, by which evictions choose. */
async function findIn(folder: string): Promise<BuiltEnvironment | undefined> {
  const ready = (await readJson(join(folder, readyFile))) as { readonly build: string } | undefined;
  if (ready === undefined) return undefined;
  const now = new Date();
  await utimes(join(folder, readyFile), now, now);
  const build = join(folder, ready.build);
  return { python: pythonOf(build), log: await readFile(join(build, logFile), "utf8"), isNew: false };
}

async function buildIn(
  folder: string,
  interpreter: Interpreter,
  requirements: readonly string[],
  signal: AbortSignal,
): Promise<EnvironmentOutcome> {
  const found = await findIn(folder);
  if (found !== undefined) return { status: "ready", ...found };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeHalfDone(folder);
  const name = `b${process.pid}-${randomBytes(4).toString("hex")}`;
  const build = join(folder, name);
  await mkdir(build);
  const failedWith = await runSteps(build, interpreter, requirements, signal);
  if (failedWith === undefined) {
    await publish(folder, name);
    const ready = await findIn(folder);
    if (ready !== undefined) return { status: "ready", ...ready, isNew: true };
  }
  const log = await readFile(join(build, logFile), "utf8");
  await rm(build, { recursive: true, force: true });
  if (signal.aborted) return { status: "abandoned" };
  const reason = `${failedWith ?? "the environment vanished"}: ${lastLines(log)}`;
  return { status: "failed", reason, log };
}

/** Undefined when every step worked, else what did not. */
async function runSteps(
  build: string,
  interpreter: Interpreter,
  requirements: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const list = join(build, "requirements.txt");
  const log = await open(join(build, logFile), "a", 0o600);
  try {
    await writeWhole(list, `${requirements.join("\n")}\n`);
    await log.write(headOf(interpreter, requirements));
    const env = { ...inheritedEnvironment(), ...packageEnvironment() };
    const run = (command: string, args: readonly string[]): Promise<number | null> =>
      runLogged(command, args, { cwd: build, env, log: log.fd, signal });
    const python = pythonOf(build);
    const pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-r", list];
    if ((await run(interpreter.executable, ["-m", "venv", build])) !== 0)
      return "its virtual environment could not be made";
    if ((await run(python, pip)) !== 0) return "pip could not install its requirements";
    // Also the proof that it starts; and what it is made of has to outlive a power loss that its name outlives.
    if ((await run(python, ["-c", "import os; getattr(os, 'sync', lambda: None)()"])) !== 0)
      return "its virtual environment does not start";
    return undefined;
  } finally {
    await log.close();
  }
}

function headOf({ executable, version }: Interpreter, requirements: readonly string[]): string {
  const lines = requirements.map((line) => `  ${withoutSecrets(line)}`);
  return [`Virtual environment of Python ${version} (${executable}) with:`, ...lines, ""].join("\n");
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** Another app's may be there first; then that one is used. */
async function publish(folder: string, build: string): Promise<void> {
  const written = join(folder, `${build}.json`);
  await writeJson(written, { build, builtAt: new Date().toISOString() });
  try {
    await link(written, join(folder, readyFile));
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(written, { force: true });
  }
}

/** Builds of processes that are gone; one of a living process may be under way. */
async function removeHalfDone(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^b(\d+)-/.exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== process.pid && isThere(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

function pythonOf(build: string): string {
  return onWindows ? join(build, "Scripts", "python.exe") : join(build, "bin", "python");
}

function lastLines(log: string): string {
  const lines = log.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(-tailLines).join("\n").slice(-2_000);
}
