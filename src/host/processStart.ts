/** When a process started, as the operating system tells it: the part that differs between Linux, macOS and Windows. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A text that is the same for the whole life of a process and differs for another process of the same pid. Undefined when
 * no process has the pid; null when it runs and the system does not say.
 */
export function readProcessStart(pid: number): string | null | undefined {
  if (!isRunning(pid)) return undefined;
  try {
    if (process.platform === "linux") return readLinux(pid);
    if (process.platform === "win32")
      return run("powershell", [
        "-NoProfile",
        "-Command",
        `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
      ]);
    return run("ps", ["-o", "lstart=", "-p", String(pid)]);
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Start in clock ticks since boot (field 22), with the boot's own id. The name in field 2 may hold anything; a zombie has ended. */
function readLinux(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return undefined;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}:${fields[19] ?? ""}`;
}

function run(command: string, args: readonly string[]): string {
  const text = execFileSync(command, args, {
    encoding: "utf8",
    timeout: 5_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text.trim();
}
