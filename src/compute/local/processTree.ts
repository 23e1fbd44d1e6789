/**
 * Processes as the operating system knows them: the only place that tells POSIX and Windows apart.
 * On POSIX a supervisor leads a process group of its own; Windows has no groups, so `taskkill /T` walks the tree.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
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
