/**
 * Keeps a data folder to one host process.
 *
 * 1. The owner is a row of a small LMDB database; it is read and replaced inside one write transaction, which the
 *    operating system gives to one process at a time. So of two hosts that find a dead owner, one takes over.
 * 2. An owner is alive when its pid runs and started when it says: a pid that the system reused does not hold the lock.
 */
import { mkdirSync } from "node:fs";
import { open } from "lmdb";
import { readProcessStart } from "./processStart";

export interface LockOwner {
  readonly pid: number;
  /** What the system says of the process's start, or null when it could not be read. */
  readonly start: string | null;
}

export type LockOutcome =
  | { readonly kind: "held"; readonly release: () => Promise<void> }
  | { readonly kind: "owned"; readonly pid: number };

/** Whether the stored owner still holds the lock. `runningStart` is undefined when no process has its pid. */
export function isOwnerAlive(owner: LockOwner | null, runningStart: string | null | undefined): boolean {
  if (owner === null || runningStart === undefined) return false;
  return owner.start === null || runningStart === null || owner.start === runningStart;
}

/** Takes the lock of a folder, or names the process that has it. Throws when the folder cannot be written. */
export async function acquireDataLock(directory: string): Promise<LockOutcome> {
  mkdirSync(directory, { recursive: true });
  const root = open<LockOwner, string>({
    path: directory,
    overlappingSync: false,
    eventTurnBatching: false,
  });
  const own: LockOwner = { pid: process.pid, start: readProcessStart(process.pid) ?? null };
  const holder = root.transactionSync(() => {
    const owner = root.get("owner") ?? null;
    if (owner !== null && isOwnerAlive(owner, readProcessStart(owner.pid))) return owner.pid;
    root.putSync("owner", own);
    return own.pid;
  });
  if (holder !== own.pid) {
    await root.close();
    return { kind: "owned", pid: holder };
  }
  return { kind: "held", release: async () => release(root) };
}

/** Gives the lock back. On a full disk the row stays: its owner is dead soon, and dead owners hold nothing. */
async function release(root: ReturnType<typeof open<LockOwner, string>>): Promise<void> {
  try {
    root.transactionSync(() => root.removeSync("owner"));
  } catch {
    return;
  }
  await root.close();
}
