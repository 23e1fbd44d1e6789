/**
 * The thread that ends the app's process once its host is gone. The process notices a closed channel by itself, but not
 * while a function keeps its main thread busy: then this thread alone can act.
 */
import { workerData } from "node:worker_threads";

const lookEveryMs = 500;
const { hostPid } = workerData as { readonly hostPid: number };

/** A process whose parent died gets another one on POSIX; on Windows it keeps the number of the dead one. */
function isHostGone(): boolean {
  if (process.ppid !== hostPid) return true;
  try {
    process.kill(hostPid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

setInterval(() => {
  if (isHostGone()) process.kill(process.pid, "SIGKILL");
}, lookEveryMs);
