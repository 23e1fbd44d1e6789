/**
 * Lays out an attempt's folder: snapshot, inputs, and last `attempt.json`, which means "prepared". Interrupted
 * anywhere, it is simply done again.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Datastores } from "../../data/datastores";
import type { Snapshots } from "../../data/snapshots";
import type { Transfer } from "../../data/transfer";
import type { DataPath } from "../../model/definition";
import type { AttemptInput, StepAttempt } from "../computeTarget";
import { writeJson, type AttemptFolder } from "./attemptFolder";

export interface PrepareDependencies {
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
  readonly transfer: Transfer;
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
    const path = await deliverInput(dependencies, folder, input);
    if (path === undefined) return { status: "rejected", reason: missingInput(input) };
    inputs.set(input.name, path);
  }
  await writeJson(folder.file("attempt.json"), supervisorRequest(dependencies, folder, attempt, inputs));
  return { status: "prepared" };
}

function missingInput(input: AttemptInput): string {
  const places = placesOf(input).map(
    ({ datastore, path }) => `${JSON.stringify(path)} in datastore ${datastore}`,
  );
  return `input ${input.name}: there is nothing at ${places.join(", ")}`;
}

function placesOf({ source }: AttemptInput): readonly DataPath[] {
  return source.kind === "dataPath" ? [source.dataPath] : source.paths;
}

/** The local path of an input, its URL or its dataset's id in direct mode; undefined when there is nothing. */
async function deliverInput(
  { datastores, transfer }: PrepareDependencies,
  folder: AttemptFolder,
  input: AttemptInput,
): Promise<string | undefined> {
  const { source, mode } = input;
  if (mode === "direct") {
    if (source.kind === "dataset") return source.datasetId;
    const container = await datastores.container(source.dataPath.datastore);
    return container.getBlobClient(source.dataPath.path).url;
  }
  const directory = join(folder.inputs, input.name);
  await mkdir(directory, { recursive: true });
  let localPath: string | undefined;
  for (const place of placesOf(input)) {
    const delivered = await transfer.download(place, directory);
    if (delivered.kind === "missing") return undefined;
    localPath = source.kind === "dataset" ? directory : delivered.localPath;
  }
  return localPath;
}

/** What the supervisor reads; the script's view of ports is settled here. */
function supervisorRequest(
  { pythonPath }: PrepareDependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  inputs: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const outputs = new Map(attempt.outputs.map(({ name }) => [name, join(folder.outputs, name)]));
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
      SLUICE_METRICS_FILE: folder.file("metrics.jsonl"),
      SLUICE_UPLOADS_DIR: folder.uploads,
    },
    pythonPath: [pythonPath],
    timeoutSeconds: attempt.timeoutMs === null ? null : attempt.timeoutMs / 1000,
  };
}
