/**
 * Lays out an attempt's folder: snapshot, inputs, and last `attempt.json`, which means "prepared". Interrupted
 * anywhere, it is simply done again.
 */
import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Snapshots } from "../../data/snapshots";
import type { AttemptOutput, StepAttempt } from "../computeTarget";
import { writeJson, type AttemptFolder } from "./attemptFolder";
import { deliverInput, type InputDependencies } from "./deliverInput";

export interface PrepareDependencies extends InputDependencies {
  readonly snapshots: Snapshots;
  /** Folder that holds the `azureml` package that scripts import. */
  readonly pythonPath: string;
}

export type Prepared =
  { readonly status: "prepared" } | { readonly status: "rejected"; readonly reason: string };

export async function prepareAttempt(
  dependencies: PrepareDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
): Promise<Prepared> {
  await rm(folder.work, { recursive: true, force: true });
  await rm(folder.inputs, { recursive: true, force: true });
  for (const directory of [folder.work, folder.inputs, folder.outputs])
    await mkdir(directory, { recursive: true });
  await writeJson(folder.file("request.json"), attempt);
  const snapshot = await dependencies.snapshots.find(attempt.snapshotId);
  if (snapshot === undefined)
    return { status: "rejected", reason: `snapshot ${attempt.snapshotId} is not there` };
  await dependencies.snapshots.materialise(attempt.snapshotId, folder.work);
  const inputs = new Map<string, string>();
  for (const input of attempt.inputs) {
    const delivered = await deliverInput(dependencies, folder, input);
    if (delivered.status === "refused") return { status: "rejected", reason: delivered.reason };
    inputs.set(input.name, delivered.path);
  }
  await writeJson(folder.file("attempt.json"), supervisorRequest(dependencies, folder, attempt, inputs));
  return { status: "prepared" };
}

/** What the supervisor reads; the script's view of ports is settled here. */
function supervisorRequest(
  { pythonPath }: PrepareDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  inputs: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const outputs = new Map(attempt.outputs.map((output) => [output.name, placeOfOutput(folder, output)]));
  const portPath = (port: string): string => {
    const path = inputs.get(port) ?? outputs.get(port);
    if (path === undefined) throw new Error(`attempt ${attempt.attemptId} has no port ${port}`);
    return path;
  };
  const references = [...inputs, ...outputs].map(
    ([name, path]) => [`AZUREML_DATAREFERENCE_${name}`, path] as const,
  );
  return {
    attemptId: attempt.attemptId,
    script: attempt.script,
    arguments: attempt.arguments.map((argument) =>
      argument.kind === "text" ? argument.value : portPath(argument.port),
    ),
    workingDirectory: folder.work,
    environment: {
      ...attempt.environment,
      ...Object.fromEntries(references),
      ...datasetVariables(attempt, inputs),
      SLUICE_METRICS_FILE: folder.file("metrics.jsonl"),
      SLUICE_UPLOADS_DIR: folder.uploads,
    },
    pythonPath: [pythonPath],
    timeoutSeconds: attempt.timeoutMs === null ? null : attempt.timeoutMs / 1000,
  };
}

/** Where the script leaves an output: the place that the step chose, or one of the attempt's own. */
export function placeOfOutput(
  { work, outputs }: AttemptFolder,
  { name, pathOnCompute }: Pick<AttemptOutput, "name" | "pathOnCompute">,
): string {
  if (pathOnCompute === null) return join(outputs, name);
  return isAbsolute(pathOnCompute) ? pathOnCompute : join(work, pathOnCompute);
}

/** v1 names the variable of a dataset as the dataset itself, and lists them all in one. */
function datasetVariables(
  { inputs }: StepAttempt,
  paths: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const datasets = inputs.filter(({ source }) => source.kind === "dataset");
  if (datasets.length === 0) return {};
  return {
    ...Object.fromEntries(datasets.map(({ name }) => [name, paths.get(name) ?? ""])),
    AZUREML_DATASET_ENVIRONMENT_VARS: datasets.map(({ name, mode }) => `${name}:${mode}`).join(","),
  };
}
