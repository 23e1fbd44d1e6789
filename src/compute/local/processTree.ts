/**
 * Processes as the operating system knows them: the only place that tells POSIX and Windows apart.
 * On POSIX a supervisor leads a process group of its own; Windows has no groups, so `taskkill /T` walks the tree.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { systemErrorCode } from "../../workspace/systemErrorCode";

const run = promisify(execFile);
const onWindows = process.platform === "win32";

/** Starts a process that outlives this one, in a group of its own, with no stream attached. */
export function spawnDetached(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true, stdio: "ignore", windowsHide: true });
  child.unref();
  return child;
}

/**
 * Runs a program to its end, both streams into an open file; answers its exit code, null when it was ended or could not be
 * started (the file says why). `signal` ends it and what it started.
 */
export function runLogged(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly log: number;
    readonly signal: AbortSignal;
  },
): Promise<number | null> {
  const { cwd, env, log, signal } = options;
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((settle) => {
    const stdio = ["ignore", log, log] as const;
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [...stdio],
      detached: !onWindows,
      windowsHide: true,
    });
    const end = (): void => {
      if (child.pid !== undefined) void endTree(child.pid, "force");
    };
    signal.addEventListener("abort", end, { once: true });
    child.once("error", (error) => {
      writeSync(log, `${error.message}\n`);
      settle(null);
    });
    child.once("exit", (code) => {
      signal.removeEventListener("abort", end);
      settle(code);
    });
  });
}

/**
 * Whether `pid` is still the process that began at `startedMark`, in whatever form the platform tells it; an
 * empty mark compares the pid alone. Pids are reused, so a bare pid proves nothing after a restart.
 */
export async function isAlive(pid: number, startedMark: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) !== "EPERM") return false;
  }
  if (startedMark === "") return true;
  const mark = await readStartedMark(pid);
  return mark === "" || mark === startedMark;
}

/** Linux: clock ticks since boot at which the process began; macOS: its start as `ps` prints it; Windows: empty. */
async function readStartedMark(pid: number): Promise<string> {
  try {
    if (process.platform === "linux") {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? "zombie" : (fields[19] ?? "");
    }
    if (onWindows) return "";
    const inEnglishAndUtc = { LC_ALL: "C", TZ: "UTC" };
    const { stdout } = await run("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { env: inEnglishAndUtc });
    return stdout.trim().split(/\s+/).join(" ");
  } catch {
    return "gone";
  }
}

/**
 * Resident memory of `pid` and every process below it at this moment, in bytes, shared pages counted once for each; null
 * where the platform does not tell it cheaply (all but Linux) or when the process is gone.
 */
export async function memoryOfTree(pid: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  try {
    const [status, children] = await Promise.all([
      readFile(`/proc/${pid}/status`, "utf8"),
      readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => ""),
    ]);
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    const below = await Promise.all(children.split(" ").filter(Boolean).map(Number).map(memoryOfTree));
    return below.reduce<number>((sum, memory) => sum + (memory ?? 0), own);
  } catch {
    return null;
  }
}

/**
 * Ends by force what is left of the tree of a process that was asked to end. On POSIX also what outlived its leader: a group
 * keeps its number for as long as one member lives, so a pid that is free, or a zombie's, has not been given to anybody else.
 */
export async function forceTree({ pid, processStartedAt }: ProcessMark): Promise<void> {
  const isLeader = await isAlive(pid, processStartedAt);
  const isGone = !onWindows && (!(await isAlive(pid, "")) || (await readStartedMark(pid)) === "zombie");
  if (isLeader || isGone) await endTree(pid, "force");
}

/** A process by pid and start mark, as the supervisor recorded them. */
interface ProcessMark {
  readonly pid: number;
  readonly processStartedAt: string;
}

/** Asks the tree below `pid` to end, or ends it. A tree that is gone already is fine. */
export async function endTree(pid: number, how: "ask" | "force"): Promise<void> {
  if (onWindows) {
    await run("taskkill", ["/PID", String(pid), "/T", ...(how === "force" ? ["/F"] : [])]).catch(
      () => undefined,
    );
    return;
  }
  try {
    process.kill(-pid, how === "force" ? "SIGKILL" : "SIGTERM");
  } catch {
    // No such group: it ended between the look and the signal.
  }
}

const passedOn = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SystemRoot",
  "SYSTEMROOT",
  "windir",
  "PATHEXT",
  "COMSPEC",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "VIRTUAL_ENV",
  "CONDA_PREFIX",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "SSL_CERT_FILE",
  "REQUESTS_CA_BUNDLE",
];

/** What a step's process inherits: enough to run an interpreter, nothing that carries the app's secrets. */
export function inheritedEnvironment(): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  return inherited;
}

const forPackages = /^(PIP_.+|(https?|all|no)_proxy|XDG_CONFIG_HOME|XDG_CACHE_HOME|CURL_CA_BUNDLE)$/i;

/** What the installation of packages needs besides: pip's own settings and the way out. They may hold a secret, so no step has them. */
export function packageEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && forPackages.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}
