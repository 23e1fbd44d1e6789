/**
 * Makes what an attempt left behind durable, then reads what the script said. Repeating it uploads the same again; of an
 * attempt whose bulk was evicted it uploads nothing, for that happens to collected ones only.
 */
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AppendBlobClient } from "@azure/storage-blob";
import { artifactPath } from "../../data/artifactPath";
import { writtenBy } from "../../data/writtenBy";
import { isNotFound } from "../../workspace/storageErrors";
import { systemContainer } from "../../workspace/systemContainer";
import type { Collected, LoggedMetric, ResourceUse, StepAttempt } from "../computeTarget";
import { isMissing, readJson, type AttemptFolder } from "./attemptFolder";
import { exitRecord } from "./attemptState";
import { consoleArtifact, consoleLogOf, type FollowDependencies, type Following } from "./followAttempt";
import { parseMetricLines } from "./metricLines";
import { placeOfOutput } from "./prepareAttempt";
import { environmentWarnings } from "./pythonNeeds";

const tailBytes = 4096;

/** `following` as it was stopped; undefined when this process has not followed the attempt. */
export async function collectAttempt(
  dependencies: FollowDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  following: Following | undefined,
): Promise<Collected> {
  const said = parseMetricLines(await readText(folder.file("metrics.jsonl")));
  const warnings = environmentWarnings(attempt.pythonEnvironment);
  // Only of one that was collected the files may be gone; they are in their places.
  const before = (await readJson(folder.file("collected.json"))) as Remembered | undefined;
  if (before !== undefined && (await sizeOf(folder.work)) === undefined)
    return { ...said, ...before, warnings };
  await keepFiles(dependencies, folder, attempt, following);
  const errors = await readTail(folder.file("stderr.txt"));
  const remembered: Remembered = {
    usage: await readUsage(folder, following?.peakMemoryBytes ?? null),
    // Native code and child processes write their last words past Python's own stderr.
    stderrTail: errors === "" ? await readTail(folder.file("std_log.txt")) : errors,
    lastLogLine: await readLastLine(folder),
  };
  await writeFile(folder.file("collected.json"), JSON.stringify(remembered));
  return { ...said, ...remembered, warnings };
}

/** What is known of an attempt when its files are gone. */
type Remembered = Pick<Collected, "usage" | "stderrTail" | "lastLogLine">;

async function keepFiles(
  dependencies: FollowDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  following: Following | undefined,
): Promise<void> {
  const { workspace, transfer } = dependencies;
  const metadata = writtenBy(attempt.runId);
  const container = await systemContainer(workspace);
  const keep = async (local: string, runId: string, artifact: string): Promise<void> => {
    if ((await sizeOf(local)) === undefined) return;
    await transfer.uploadTo(container, local, artifactPath(runId, artifact), metadata);
  };
  await Promise.all([
    keepOutputs(dependencies, folder, attempt),
    keep(join(folder.uploads, "own"), attempt.artifactsId, "").then(() =>
      Promise.all(
        ["outputs", "logs"].map((directory) =>
          keep(join(folder.work, directory), attempt.artifactsId, directory),
        ),
      ),
    ),
    keep(join(folder.uploads, "parent"), attempt.runId, ""),
    keepConsole(dependencies, folder, attempt, following),
    keepEnvironmentLog(dependencies, folder, attempt),
    (async () => {
      // Most scripts say nothing there.
      if (((await sizeOf(folder.file("stderr.txt"))) ?? 0) > 0)
        await keep(folder.file("stderr.txt"), attempt.artifactsId, "azureml-logs/stderr.txt");
    })(),
  ]);
}

/** What making the step's environment said, under the name that v1 had for it; nothing when there was nothing to make. */
export async function keepEnvironmentLog(
  { workspace, transfer }: FollowDependencies,
  folder: AttemptFolder,
  { runId, artifactsId, pythonEnvironment }: StepAttempt,
): Promise<void> {
  const file = folder.file("environment.txt");
  if (pythonEnvironment === null || (await sizeOf(file)) === undefined) return;
  const blobName = artifactPath(artifactsId, "azureml-logs/20_image_build_log.txt");
  await transfer.uploadTo(await systemContainer(workspace), file, blobName, writtenBy(runId));
}

/**
 * A mounted output goes up whatever became of the script, as it would have while the script wrote; an uploaded one only when
 * the script ended well.
 */
async function keepOutputs(
  { transfer }: FollowDependencies,
  folder: AttemptFolder,
  { runId, outputs }: StepAttempt,
): Promise<void> {
  const exit = exitRecord.safeParse(await readJson(folder.file("exit.json")));
  const endedWell = exit.success && exit.data.exitCode === 0;
  await Promise.all(
    outputs.map(async (output) => {
      if (output.mode === "upload" && !endedWell) return;
      const local = placeOfOutput(folder, output);
      if ((await sizeOf(local)) === undefined) return;
      await transfer.upload(local, output.dataPath, writtenBy(runId), output.sourceGlobs);
    }),
  );
}

/** A log that was followed is completed; one of a short attempt goes up in one piece. */
async function keepConsole(
  dependencies: FollowDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  following: Following | undefined,
): Promise<void> {
  const size = await sizeOf(folder.file("std_log.txt"));
  if (size === undefined) return;
  const { log, blob } = await consoleLogOf(dependencies, folder, attempt);
  const mayBeBegun = following === undefined || following.hasLog;
  if (mayBeBegun && (await isAppended(blob))) return log.push();
  await dependencies.transfer.uploadTo(
    await systemContainer(dependencies.workspace),
    folder.file("std_log.txt"),
    artifactPath(attempt.artifactsId, consoleArtifact),
    writtenBy(attempt.runId),
  );
}

/** False when there is none, or when an earlier call uploaded it whole. */
async function isAppended(blob: AppendBlobClient): Promise<boolean> {
  try {
    return (await blob.getProperties()).blobType === "AppendBlob";
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** What a script has logged so far on its own run. */
export async function readLiveMetrics(folder: AttemptFolder): Promise<readonly LoggedMetric[]> {
  return parseMetricLines(await readText(folder.file("metrics.jsonl"))).metrics;
}

async function readUsage(folder: AttemptFolder, seen: number | null): Promise<ResourceUse | null> {
  const exit = exitRecord.safeParse(await readJson(folder.file("exit.json")));
  const usage = exit.success ? exit.data.usage : null;
  if (usage === null) return null;
  const peaks = [usage.peakMemoryBytes, seen].filter((peak) => peak !== null);
  return { ...usage, peakMemoryBytes: peaks.length === 0 ? null : Math.max(...peaks) };
}

/** The newest line that is not blank, of the combined log. */
export async function readLastLine(folder: AttemptFolder): Promise<string> {
  const tail = await readTail(folder.file("std_log.txt"));
  const lines = tail.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "").slice(0, 500);
}

/** Undefined when there is nothing. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
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
