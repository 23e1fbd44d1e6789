/** The inputs of a step of a pipeline file: where each comes from, and what its port is called. Source: spec azureml-v1-yaml.md §1.3, §1.5. */
import type { InputPort, InputSource } from "../definition";
import type { InputOfFile, PipelineFile, PythonStepOfFile } from "./pipelineFile";
import { knownWords } from "./nearestKey";
import type { StepContext } from "./stepFromYaml";

export interface NamedInput {
  /** Its key in the file, which is the port's name unless another one is given. */
  readonly key: string;
  readonly port: InputPort;
}

/** Inputs whose source is not there are reported and left out. */
export function inputsFromYaml(
  context: StepContext,
  path: readonly string[],
  step: PythonStepOfFile,
): readonly NamedInput[] {
  const outputs = Object.keys(step.outputs ?? {});
  return Object.entries(step.inputs ?? {}).flatMap(([key, input]) => {
    const at = [...path, "inputs", key];
    const found = sourceOf(context, at, input);
    if (found === undefined) return [];
    const wanted = found.portName ?? key;
    // v1 renames an input that has the name of an output.
    const name = outputs.includes(wanted) ? `INPUT_${wanted}` : wanted;
    return [{ key, port: { name, source: found.source, ...deliveryOf(context, at, input, found) } }];
  });
}

interface FoundSource {
  readonly source: InputSource;
  /** Name that a data path's default gives to every port that it feeds. */
  readonly portName: string | null;
}

/** In v1's order: a data path parameter, a data reference, the result of a step. */
function sourceOf(
  context: StepContext,
  path: readonly string[],
  input: InputOfFile,
): FoundSource | undefined {
  const { reader, pipeline, used } = context;
  const name = input.source;
  const parameter = ownEntry(pipeline.parameters, name);
  if (parameter?.type === "datapath") {
    used.add(name);
    const source = { kind: "dataPathParameter" as const, parameter: name };
    return { source, portName: parameter.default?.name ?? null };
  }
  if (parameter?.type === "dataset") {
    used.add(name);
    return { source: { kind: "datasetParameter", parameter: name }, portName: null };
  }
  const reference = ownEntry(pipeline.data_references, name);
  if (reference !== undefined) return referenceOf(context, path, name, reference, input);
  const produced = producerOf(context, name);
  if (produced !== undefined) return { source: produced, portName: null };
  const known = [
    ...Object.keys(pipeline.parameters ?? {}),
    ...Object.keys(pipeline.data_references ?? {}),
    ...destinationsOf(pipeline),
  ];
  const what = "a datapath parameter, a data reference or the destination of an output";
  reader.error("UnknownReference", [...path, "source"], knownWords(what, name, known), name);
  return undefined;
}

type ReferenceOfFile = NonNullable<PipelineFile["data_references"]>[string];

function referenceOf(
  { reader }: StepContext,
  path: readonly string[],
  name: string,
  reference: ReferenceOfFile,
  { version }: InputOfFile,
): FoundSource | undefined {
  const at = ["pipeline", "data_references", name];
  if (
    reference.sql_table !== undefined ||
    reference.sql_query !== undefined ||
    reference.sql_stored_procedure !== undefined
  ) {
    reader.error(
      "UnsupportedFeature",
      [...path, "source"],
      "a file or folder of a datastore",
      "an SQL source",
    );
    return undefined;
  }
  if (reference.datastore !== undefined && reference.path_on_datastore !== undefined) {
    const dataPath = {
      datastore: reference.datastore,
      path: reference.path_on_datastore.replace(/^\/+/, ""),
    };
    return { source: { kind: "dataReference", dataPath }, portName: null };
  }
  // Without a version v1 takes the latest one of a name.
  if (reference.datastore === undefined && reference.dataset_name !== undefined) {
    const dataset = { kind: "named" as const, name: reference.dataset_name, version: version ?? null };
    return { source: { kind: "dataset", dataset }, portName: null };
  }
  if (reference.datastore === undefined && reference.dataset_id !== undefined) {
    const dataset = { kind: "saved" as const, datasetId: reference.dataset_id };
    return { source: { kind: "dataset", dataset }, portName: null };
  }
  const expected = "datastore with path_on_datastore, or dataset_name, or dataset_id";
  if (!reader.problems.some(({ field }) => field === at.join("."))) {
    reader.error("InvalidFile", at, expected, Object.keys(reference).join(", ") || "nothing");
  }
  return undefined;
}

function producerOf({ pipeline, ids }: StepContext, destination: string): InputSource | undefined {
  for (const [key, step] of Object.entries(pipeline.steps)) {
    if (step.type !== "PythonScriptStep") continue;
    const port = Object.entries(step.outputs ?? {}).find(([, output]) => output.destination === destination);
    if (port !== undefined) return { kind: "stepOutput", stepId: ids.get(key) ?? key, port: port[0] };
  }
  return undefined;
}

/** Every intermediate result that a step of the file makes. */
export function destinationsOf({ steps }: PipelineFile): readonly string[] {
  return Object.values(steps).flatMap((step) =>
    step.type === "PythonScriptStep"
      ? Object.values(step.outputs ?? {}).map(({ destination }) => destination)
      : [],
  );
}

function deliveryOf(
  { reader }: StepContext,
  path: readonly string[],
  input: InputOfFile,
  { source }: FoundSource,
): Pick<InputPort, "mode" | "pathOnCompute" | "overwrite"> {
  if (input.type !== undefined) reader.warn("DeprecatedKey", [...path, "type"], "the key bind_mode", "type");
  if (input.version !== undefined && (source.kind !== "dataset" || source.dataset.kind !== "named")) {
    reader.swallowed("IgnoredKey", [...path, "version"], "a dataset by its name as source", source.kind);
  }
  const mode = input.bind_mode ?? input.type ?? "mount";
  return {
    mode,
    pathOnCompute: mode === "direct" ? null : (input.path_on_compute ?? null),
    overwrite: mode === "download" && (input.overwrite ?? false),
  };
}

function ownEntry<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
