/** Makes what an attempt left behind durable, then reads its metrics. Repeating it uploads the same again. */
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { artifactPath } from "../../data/artifactPath";
import type { Transfer } from "../../data/transfer";
import { writtenBy } from "../../data/writtenBy";
import type { Workspace } from "../../workspace/workspace";
import { systemContainer } from "../../workspace/systemContainer";
import type { Collected, StepAttempt } from "../computeTarget";
import { isMissing, type AttemptFolder } from "./attemptFolder";
import { parseMetricLines } from "./metricLines";

export interface CollectDependencies {
  readonly workspace: Workspace;
  readonly transfer: Transfer;
}

/** Console logs under v1's names and the newer one, so that old and new readers find them. */
const consoleLogs = [
  { file: "std_log.txt", artifact: "user_logs/std_log.txt" },
  { file: "std_log.txt", artifact: "azureml-logs/70_driver_log.txt" },
  { file: "stderr.txt", artifact: "azureml-logs/stderr.txt" },
] as const;

const tailBytes = 4096;

export async function collectAttempt(
  { workspace, transfer }: CollectDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
): Promise<Collected> {
  const metadata = writtenBy(attempt.runId);
  const container = await systemContainer(workspace);
  const keep = async (local: string, artifact: string): Promise<void> => {
    if (!(await exists(local))) return;
    await transfer.uploadTo(container, local, artifactPath(attempt.stepRunId, artifact), metadata);
  };
  await Promise.all([
    ...attempt.outputs.map(async ({ name, dataPath }) => {
      const local = join(folder.outputs, name);
      if (await exists(local)) await transfer.upload(local, dataPath, metadata);
    }),
    ...["outputs", "logs"].map((directory) => keep(join(folder.work, directory), directory)),
    ...consoleLogs.map(({ file, artifact }) => keep(folder.file(file), artifact)),
  ]);
  const errors = await readTail(folder.file("stderr.txt"));
  return {
    metrics: parseMetricLines(await readText(folder.file("metrics.jsonl"))),
    // Native code and child processes write their last words past Python's own stderr.
    stderrTail: errors === "" ? await readTail(folder.file("std_log.txt")) : errors,
    lastLogLine: await readLastLine(folder),
  };
}

/** The newest line that is not blank, of the combined log. */
export async function readLastLine(folder: AttemptFolder): Promise<string> {
  const tail = await readTail(folder.file("std_log.txt"));
  const lines = tail.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "").slice(0, 500);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
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

async function readTail(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const length = Math.min(size, tailBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
