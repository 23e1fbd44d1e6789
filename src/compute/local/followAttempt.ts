/**
 * Carries the console log and `./logs` of a running attempt to its artifacts, so that people follow it from anywhere.
 *
 * Invariants:
 * 1. An attempt that ends within the first interval costs nothing here: its files go up when it is collected.
 * 2. At most one push of an attempt is under way; nothing of it runs once `stop` has answered.
 * 3. A push that fails is tried again at the next interval; whoever collects the attempt meets the error himself.
 */
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { AppendBlobClient, ContainerClient } from "@azure/storage-blob";
import { artifactPath } from "../../data/artifactPath";
import type { Transfer } from "../../data/transfer";
import { writtenBy } from "../../data/writtenBy";
import { systemContainer } from "../../workspace/systemContainer";
import type { Workspace } from "../../workspace/workspace";
import type { StepAttempt } from "../computeTarget";
import { isMissing, type AttemptFolder } from "./attemptFolder";
import { createGrowingLog, type GrowingLog } from "./growingLog";
import { memoryOfTree } from "./processTree";

export interface FollowDependencies {
  readonly workspace: Workspace;
  readonly transfer: Transfer;
}

export interface Following {
  /** Highest memory that was seen of all its processes together; null where that cannot be seen. */
  readonly peakMemoryBytes: number | null;
  /** Whether a part of the console log has gone up. */
  readonly hasLog: boolean;
  /** Ends the following. Idempotent. */
  stop(): Promise<void>;
}

const intervalMs = 1_000;
/** An append blob takes 50,000 blocks: a run of days is pushed less often. */
const mostPushes = 40_000;

export const consoleArtifact = "user_logs/std_log.txt";

/** The console log of an attempt as it goes to its artifacts. */
export async function consoleLogOf(
  { workspace }: FollowDependencies,
  folder: AttemptFolder,
  attempt: Pick<StepAttempt, "runId" | "artifactsId">,
): Promise<{ readonly log: GrowingLog; readonly blob: AppendBlobClient }> {
  const container = await systemContainer(workspace);
  const blob = container.getAppendBlobClient(artifactPath(attempt.artifactsId, consoleArtifact));
  return { blob, log: createGrowingLog(blob, folder.file("std_log.txt"), writtenBy(attempt.runId)) };
}

export function followAttempt(
  dependencies: FollowDependencies,
  folder: AttemptFolder,
  attempt: Pick<StepAttempt, "runId" | "artifactsId">,
  pid: () => Promise<number | undefined>,
): Following {
  let peak: number | null = null;
  let isStopped = false;
  let pushing: Promise<void> = Promise.resolve();
  let log: GrowingLog | undefined;
  const since = performance.now();
  const sent = new Map<string, Sent>();

  const push = async (): Promise<void> => {
    const supervisor = await pid();
    const memory = supervisor === undefined ? null : await memoryOfTree(supervisor);
    if (memory !== null) peak = Math.max(peak ?? 0, memory);
    log ??= (await consoleLogOf(dependencies, folder, attempt)).log;
    await log.push();
    await sendChangedLogs(dependencies, folder, attempt, sent);
  };
  let timer = setTimeout(tick, intervalMs);
  timer.unref();

  function tick(): void {
    pushing = push()
      .catch(() => undefined)
      .finally(() => {
        if (isStopped) return;
        timer = setTimeout(tick, Math.max(intervalMs, (performance.now() - since) / mostPushes));
        timer.unref();
      });
  }

  return {
    get peakMemoryBytes() {
      return peak;
    },
    get hasLog() {
      return log?.isBegun ?? false;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await pushing;
    },
  };
}

interface Sent {
  readonly modifiedAt: number;
  readonly size: number;
  /** `performance.now()` from which it may be sent anew. */
  readonly nextAt: number;
}

/** A file is sent whole, at most one MiB of it a second on average. */
const bytesPerMs = (1024 * 1024) / 1000;

async function sendChangedLogs(
  { workspace, transfer }: FollowDependencies,
  { work }: AttemptFolder,
  { runId, artifactsId }: Pick<StepAttempt, "runId" | "artifactsId">,
  sent: Map<string, Sent>,
): Promise<void> {
  let container: ContainerClient | undefined;
  for (const file of await filesBelow(join(work, "logs"))) {
    const { mtimeMs, size } = await stat(file);
    const known = sent.get(file);
    if (known?.modifiedAt === mtimeMs && known.size === size) continue;
    const now = performance.now();
    if (known !== undefined && now < known.nextAt) continue;
    container ??= await systemContainer(workspace);
    const path = artifactPath(artifactsId, relative(work, file).replaceAll(sep, "/"));
    await transfer.uploadTo(container, file, path, writtenBy(runId));
    sent.set(file, { modifiedAt: mtimeMs, size, nextAt: now + size / bytesPerMs });
  }
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
