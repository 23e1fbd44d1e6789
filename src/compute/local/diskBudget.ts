/**
 * Keeps what local steps leave on this disk within a limit: cached inputs, environments, and the files of attempts that were
 * collected or never began. What was used least recently goes first.
 *
 * Invariants:
 * 1. Of an attempt that began, or may begin, nothing is removed before its end was collected: neither its folder nor its
 *    environment. Cached inputs are copied to attempts, so their removal hurts none.
 * 2. Of an attempt only its bulk goes; the small records stay, so that what is known of it never changes.
 * 3. A log line says what went.
 */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogEvent } from "../../workspace/log";
import type { Workspace } from "../../workspace/workspace";
import { isMissing } from "./attemptFolder";

export interface DiskBudget {
  /** Something grew; a sweep follows when enough has. */
  grown(bytes: number): void;
  /** Removes what is over the limit, and answers how much that was. One at a time. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

interface Dependencies {
  readonly log: Workspace["log"];
  /** Folder of the app: `cache`, `environments` and `attempts` lie below it. */
  readonly root: string;
  readonly limitBytes: number;
}

/** Local files were removed because they took more than `SLUICE_DISK_LIMIT_GB`. */
export const diskEvicted: LogEvent = { id: 6001, name: "LocalDiskEvicted", level: "info" };

type Kind = "input" | "environment" | "attempt";

interface Evictable {
  readonly kind: Kind;
  readonly name: string;
  readonly bytes: number;
  readonly usedAt: number;
  readonly paths: readonly string[];
}

/** So that not every small file brings a sweep. */
const share = 20;
/** A sweep goes below the limit by this share, so that the next one is not due at once. */
const roomShare = 10;

/** A download that wrote nothing for so long was cut off by a crash. */
const abandonedMs = 24 * 3_600_000;

export const bulkOfAttempt = ["work", "inputs", "outputs", "uploads", "std_log.txt", "stderr.txt"] as const;

export function createDiskBudget({ log, root, limitBytes }: Dependencies): DiskBudget {
  // What an earlier process left is unknown: the first growth looks.
  let pending = limitBytes;
  let sweeping: Promise<number> | undefined;

  async function sweepNow(): Promise<number> {
    pending = 0;
    const { evictable, total } = await survey(root);
    const surplus = total <= limitBytes ? 0 : total - limitBytes * (1 - 1 / roomShare);
    const evicted: Evictable[] = [];
    let freed = 0;
    for (const one of evictable.sort((a, b) => a.usedAt - b.usedAt)) {
      if (freed >= surplus) break;
      if (!(await removed(one))) continue;
      freed += one.bytes;
      evicted.push(one);
    }
    for (const kind of ["input", "environment", "attempt"] as const) tell(kind, evicted);
    return freed;
  }

  function tell(kind: Kind, evicted: readonly Evictable[]): void {
    const own = evicted.filter((one) => one.kind === kind);
    if (own.length === 0) return;
    const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
    const names = own.slice(0, 20).map(({ name }) => name);
    log.write(diskEvicted, { kind, count: own.length, bytes, names: names.join(" "), limitBytes });
  }

  const sweep = (): Promise<number> => {
    sweeping ??= sweepNow().finally(() => (sweeping = undefined));
    return sweeping;
  };
  return {
    grown(bytes) {
      pending += bytes;
      if (pending >= limitBytes / share) sweep().catch(() => undefined);
    },
    sweep,
    async stop() {
      await sweeping?.catch(() => undefined);
    },
  };
}

/** False where the system refuses, as for files that are open on Windows: others go instead. */
async function removed({ paths }: Evictable): Promise<boolean> {
  try {
    for (const path of paths) await rm(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

interface Survey {
  readonly evictable: Evictable[];
  /** Of everything that counts, also what cannot go now. */
  readonly total: number;
}

async function survey(root: string): Promise<Survey> {
  const [inputs, environments, attempts] = await Promise.all([
    surveyInputs(join(root, "cache")),
    surveyEnvironments(join(root, "environments")),
    surveyAttempts(join(root, "attempts")),
  ]);
  const inUse = (path: string): boolean => attempts.pythons.some((python) => python.startsWith(path));
  const all = [...inputs, ...environments, ...attempts.over];
  return {
    evictable: all.filter((one) => one.kind !== "environment" || !one.paths.some(inUse)),
    total: all.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function surveyInputs(root: string): Promise<readonly Evictable[]> {
  const found: Evictable[] = [];
  for (const start of await namesIn(root)) {
    for (const name of await namesIn(join(root, start))) {
      const path = join(root, start, name);
      const file = await statOf(path);
      if (file === undefined) continue;
      if (name.endsWith(".tmp") && Date.now() - file.mtimeMs < abandonedMs) continue;
      found.push({
        kind: "input",
        name: name.slice(0, 12),
        bytes: file.size,
        usedAt: file.mtimeMs,
        paths: [path],
      });
    }
  }
  return found;
}

async function surveyEnvironments(root: string): Promise<readonly Evictable[]> {
  const found: Evictable[] = [];
  for (const name of await namesIn(root)) {
    const path = join(root, name);
    // One that is being built has no such file.
    const ready = await statOf(join(path, "ready.json"));
    if (ready === undefined) continue;
    // First the file that names it: a removal that is cut short leaves half an environment that nobody uses.
    const paths = [join(path, "ready.json"), path];
    found.push({ kind: "environment", name, bytes: await bytesBelow(path), usedAt: ready.mtimeMs, paths });
  }
  return found;
}

async function surveyAttempts(
  root: string,
): Promise<{ readonly over: readonly Evictable[]; readonly pythons: readonly string[] }> {
  const over: Evictable[] = [];
  const pythons: string[] = [];
  for (const name of await namesIn(root)) {
    const path = join(root, name);
    // One that was rejected never began: there is nothing to collect.
    const ended = (await statOf(join(path, "collected.json"))) ?? (await statOf(join(path, "rejected.json")));
    if (ended === undefined) {
      pythons.push(await readText(join(path, "python.txt")));
      continue;
    }
    const paths = bulkOfAttempt.map((part) => join(path, part));
    const sizes = await Promise.all(paths.map(bytesBelow));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > 0) over.push({ kind: "attempt", name, bytes, usedAt: ended.mtimeMs, paths });
  }
  return { over, pythons: pythons.filter((python) => python !== "") };
}

/** Bytes of a file or of everything below a folder, as far as they can be seen: a script may have hidden some. */
export async function bytesBelow(path: string): Promise<number> {
  const seen = (file: string) => stat(file).catch(() => undefined);
  const own = await seen(path);
  if (own?.isDirectory() !== true) return own?.size ?? 0;
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await seen(join(entry.parentPath, entry.name)))?.size ?? 0;
  }
  return bytes;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
