/** `sluice start` as a child process of a test, on a data folder of its own. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const repository = resolve(__dirname, "..", "..", "..");

export interface StartedSluice {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<number | null>;
  /** Waits until stdout matches; rejects with everything that was said if it ends before. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
}

export function temporaryDataFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "sluice-cli-"));
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** The shell and folder of whoever runs the tests must not decide what is printed. */
export function environment(): NodeJS.ProcessEnv {
  const own = new Set(["INIT_CWD", "PSModulePath", "MSYSTEM"]);
  const rest = Object.entries(process.env).filter(([name]) => !own.has(name));
  return { ...Object.fromEntries(rest), SHELL: "/bin/sh" };
}

export function startSluice(args: readonly string[]): StartedSluice {
  const command = [join(repository, "bin", "sluice.mjs"), "start", ...args];
  const child = spawn(process.execPath, command, {
    cwd: repository,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
  const exited = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  return {
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exited,
    until: (pattern) => untilSaid(child, () => said, pattern),
    signal: (name) => void child.kill(name),
  };
}

function untilSaid(
  child: ChildProcess,
  said: () => { readonly stdout: string; readonly stderr: string },
  pattern: RegExp,
): Promise<RegExpMatchArray> {
  return new Promise((done, failed) => {
    const look = (): void => {
      const found = pattern.exec(said().stdout);
      if (found === null) return;
      child.stdout?.off("data", look);
      done(found);
    };
    child.stdout?.on("data", look);
    child.once("close", () => failed(new Error(`It ended first.\n${said().stdout}\n${said().stderr}`)));
    look();
  });
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line exactly as a person would paste it. */
export function runInShell(command: string): Ran {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], {
    cwd: repository,
    env: environment(),
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

/** Every process below `pid` now. */
export function descendants(pid: number): readonly number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, itsParent]) => (itsParent === parent ? [child, ...below(child)] : []));
  return below(pid);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
