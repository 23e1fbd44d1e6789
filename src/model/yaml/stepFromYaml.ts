/**
 * One step of a pipeline file. What v1 resolves by name at load time is resolved here: compute, ports, arguments, run
 * configuration. Source: spec azureml-v1-yaml.md §1.3–1.7.
 */
import { isSourceDirectory, type AuthoredStep } from "../authoredPipeline";
import type {
  OutputPort,
  ParameterValue,
  RetryPolicy,
  RunSetting,
  StepArgument,
  StepParameter,
} from "../definition";
import { runSettingNames } from "../definition";
import { knownWords } from "./nearestKey";
import {
  otherStepTypes,
  type OutputOfFile,
  type PipelineFile,
  type PythonStepOfFile,
  type StepOfFile,
  type ValueOfFile,
} from "./pipelineFile";
import { inputsFromYaml, type NamedInput } from "./inputFromYaml";
import { runconfigFromYaml, texts, type ReadText, type Runconfig } from "./runconfigFromYaml";
import type { YamlPath } from "./yamlNode";
import type { YamlReader } from "./yamlReader";

export interface StepContext {
  readonly reader: YamlReader;
  readonly pipeline: PipelineFile;
  /** Id of each step by its key in the file. */
  readonly ids: ReadonlyMap<string, string>;
  readonly readText: ReadText;
  /** Pipeline parameters that a step uses; filled while steps are read. */
  readonly used: Set<string>;
}

/** The key where it can be an id, else the nearest that can; each once. */
export function idsOfSteps({ steps }: PipelineFile): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    Object.keys(steps).map((key) => {
      const base = key.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
      let id = base;
      for (let count = 2; taken.has(id); count += 1) id = `${base}_${count}`;
      taken.add(id);
      return [key, id];
    }),
  );
}

/** Codes: `UnsupportedFeature`, `UnknownReference`, `InvalidFile`, `MissingFile`, `UnknownArgument`. */
export function stepFromYaml(context: StepContext, key: string, step: StepOfFile): readonly AuthoredStep[] {
  const path = ["pipeline", "steps", key];
  if (step.type === "PythonScriptStep") return [pythonStepOf(context, key, path, step)];
  context.reader.error("UnsupportedFeature", [...path, "type"], otherStepTypes[step.type], step.type);
  return [];
}

function pythonStepOf(
  context: StepContext,
  key: string,
  path: readonly string[],
  step: PythonStepOfFile,
): AuthoredStep {
  const { reader, pipeline, ids } = context;
  const runconfig = runconfigOf(context, path, step);
  const inputs = inputsFromYaml(context, path, step);
  const outputs = Object.entries(step.outputs ?? {}).map(([port, output]) =>
    outputOf(context, [...path, "outputs", port], port, output),
  );
  const parameters = Object.entries(step.parameters ?? {}).map(([name, value]): StepParameter => ({
    name,
    value: valueOf(context, [...path, "parameters", name], value),
  }));
  const computeTarget = step.compute ?? pipeline.default_compute ?? runconfig?.target ?? "";
  if (computeTarget === "")
    reader.error("InvalidFile", path, "compute, or default_compute of the pipeline", "neither");
  return {
    id: ids.get(key) ?? key,
    name: step.name ?? step.script_name,
    description: step.description ?? "",
    version: step.version ?? null,
    module: null,
    sourceDirectory: directoryOf(context, path, step),
    hashPaths: step.hash_paths ?? [],
    script: step.script_name,
    arguments: (step.arguments ?? []).map((item, index) =>
      argumentOf(context, [...path, "arguments", index], String(item), { inputs, outputs, parameters }),
    ),
    inputs: inputs.map(({ port }) => port),
    outputs,
    parameters,
    runSettings: runSettingsOf(context, path, step, runconfig),
    environmentVariables: {
      ...runconfig?.environmentVariables,
      ...texts(pipeline.environment_variables ?? {}),
      ...texts(step.environment_variables ?? {}),
    },
    pythonEnvironment: runconfig?.pythonEnvironment ?? null,
    computeTarget,
    allowReuse: step.allow_reuse ?? true,
    regenerateOutput: false,
    runAfter: (step.run_after ?? []).flatMap((name, index) =>
      followed(context, [...path, "run_after", index], name),
    ),
    timeoutMs: shorter(
      step.timeout_seconds === undefined ? null : step.timeout_seconds * 1000,
      runconfig?.timeoutMs ?? null,
    ),
    retries: retriesOf(step.retries),
  };
}

function runconfigOf(
  { reader, readText }: StepContext,
  path: readonly string[],
  step: PythonStepOfFile,
): Runconfig | undefined {
  const file = step.runconfig ?? "";
  if (file === "") return undefined;
  const text = readText(file);
  if (text === undefined) {
    reader.error(
      "MissingFile",
      [...path, "runconfig"],
      "the path of a file, from the working directory",
      file,
    );
    return undefined;
  }
  const read = runconfigFromYaml(file, text, readText);
  reader.problems.push(
    ...(read.ok ? read.warnings : read.problems).filter((problem) => !isTold(reader, problem)),
  );
  return read.ok ? read.value : undefined;
}

/** Steps share run configurations, whose problems are told once. */
function isTold(reader: YamlReader, problem: YamlReader["problems"][number]): boolean {
  return reader.problems.some((one) => JSON.stringify(one) === JSON.stringify(problem));
}

function outputOf(
  { reader, pipeline }: StepContext,
  path: YamlPath,
  name: string,
  output: OutputOfFile,
): OutputPort {
  const mode = output.bind_mode ?? output.type ?? "mount";
  if (output.type !== undefined) reader.warn("DeprecatedKey", [...path, "type"], "the key bind_mode", "type");
  const isUpload = mode === "upload";
  if (!isUpload && output.path_on_compute !== undefined) {
    const expected = "bind_mode: upload beside it: v1 ignores it for a mount";
    reader.swallowed("IgnoredKey", [...path, "path_on_compute"], expected, mode);
  }
  const { register_as: registration } = output;
  return {
    name,
    datastore: output.datastore ?? pipeline.default_datastore ?? "workspaceblobstore",
    mode,
    pathOnCompute: isUpload ? (output.path_on_compute ?? null) : null,
    overwrite: isUpload && (output.overwrite ?? false),
    destination: null,
    registerAs:
      registration === undefined
        ? null
        : {
            name: registration.name,
            description: registration.description ?? "",
            tags: registration.tags ?? {},
          },
    pipelineOutputName: output.pipeline_output_name ?? null,
  };
}

function valueOf(context: StepContext, path: YamlPath, value: ValueOfFile): ParameterValue {
  return typeof value === "object"
    ? { kind: "pipelineParameter", parameter: parameterNamed(context, [...path, "source"], value.source) }
    : { kind: "literal", value };
}

function parameterNamed({ reader, pipeline, used }: StepContext, path: YamlPath, name: string): string {
  const parameters = pipeline.parameters ?? {};
  used.add(name);
  const known = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (known === undefined) {
    reader.error(
      "UnknownReference",
      path,
      knownWords("a parameter of the pipeline", name, Object.keys(parameters)),
      name,
    );
  } else if (known.type === "datapath" || known.type === "dataset") {
    reader.error("WrongParameterKind", path, "a literal parameter", `${name}, a ${known.type}`);
  }
  return name;
}

function runSettingsOf(
  context: StepContext,
  path: readonly string[],
  step: PythonStepOfFile,
  runconfig: Runconfig | undefined,
): readonly RunSetting[] {
  const given = Object.entries(step.runconfig_parameters ?? {});
  const chosen = given.flatMap(([word, value]): RunSetting[] => {
    const at = [...path, "runconfig_parameters", word];
    const name = runSettingNames.find((one) => one === word);
    if (name === undefined) {
      const expected = knownWords("a value that a parameter may choose", word, runSettingNames);
      context.reader.error("UnknownReference", at, expected, word);
      return [];
    }
    if (Object.hasOwn(step.parameters ?? {}, name)) {
      context.reader.error("DuplicateName", at, "a name that parameters does not have as well", name);
    }
    return [{ name, value: valueOf(context, at, value) }];
  });
  const names = new Set(chosen.map(({ name }) => name));
  return [...chosen, ...(runconfig?.runSettings ?? []).filter(({ name }) => !names.has(name))];
}

interface Named {
  readonly inputs: readonly NamedInput[];
  readonly outputs: readonly OutputPort[];
  readonly parameters: readonly StepParameter[];
}

/** An unknown name behind a prefix is passed on as it is written, as v1 does. */
function argumentOf({ reader }: StepContext, path: YamlPath, text: string, named: Named): StepArgument {
  const [, prefix, name = ""] = /^(input|output|parameter):(.*)$/s.exec(text) ?? [];
  if (prefix === undefined) return { kind: "literal", value: text };
  if (prefix === "input") {
    const input = named.inputs.find(({ key, port }) => port.name === name || key === name);
    if (input !== undefined) return { kind: "input", port: input.port.name };
  }
  if (prefix === "output" && named.outputs.some((port) => port.name === name))
    return { kind: "output", port: name };
  if (prefix === "parameter" && named.parameters.some((parameter) => parameter.name === name)) {
    return { kind: "parameter", name };
  }
  const known = {
    input: named.inputs.map(({ port }) => port.name),
    output: named.outputs.map((port) => port.name),
    parameter: named.parameters.map((parameter) => parameter.name),
  }[prefix as "input" | "output" | "parameter"];
  reader.swallowed("UnknownArgument", path, knownWords(`an ${prefix} of the step`, name, known), text);
  return { kind: "literal", value: text };
}

function followed({ reader, ids }: StepContext, path: YamlPath, name: string): readonly string[] {
  const id = ids.get(name);
  if (id !== undefined) return [id];
  reader.error("UnknownReference", path, knownWords("the key of a step", name, [...ids.keys()]), name);
  return [];
}

function retriesOf(retries: PythonStepOfFile["retries"]): RetryPolicy | null {
  if (retries === undefined) return null;
  return {
    maxRetries: retries.max,
    intervalMs: Math.round((retries.delay_seconds ?? 0) * 1000),
    backoffFactor: retries.backoff ?? 1,
    on: retries.on ?? ["failed", "timeout", "lost"],
  };
}

function shorter(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** `./train/` and `train` are one folder. */
function directoryOf(
  { reader, pipeline }: StepContext,
  path: readonly string[],
  step: PythonStepOfFile,
): string {
  const given = step.source_directory ?? pipeline.default_source_directory ?? ".";
  const plain = given.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  const directory = plain === "" ? "." : plain;
  if (!isSourceDirectory(directory)) {
    const at =
      step.source_directory === undefined
        ? ["pipeline", "default_source_directory"]
        : [...path, "source_directory"];
    reader.error("InvalidFile", at, "a folder below the working directory, with forward slashes", given);
  }
  return directory;
}
