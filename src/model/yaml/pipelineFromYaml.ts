/**
 * From the text of a pipeline file to a pipeline: every problem of the file and of the run configurations that it names
 * at once, each with its line. Pure: files that the text names are asked for by their path.
 * Source: spec azureml-v1-yaml.md §1, §6.
 */
import { definitionOfAuthored, type AuthoredPipeline } from "../authoredPipeline";
import { assertNever } from "../assertNever";
import type { DatasetReference, LiteralType, LiteralValue, ParameterDefinition } from "../definition";
import { coerceLiteral } from "../parameters";
import { parseDefinition } from "../parseDefinition";
import type { Problem } from "../problem";
import { readFileOf, type FileProblem, type ReadFile } from "./fileProblem";
import { withoutNestedForms } from "./nestedStepForm";
import { parseYaml } from "./parseYaml";
import { pipelineFile, type ParameterOfFile, type PipelineFile } from "./pipelineFile";
import { idsOfSteps, stepFromYaml, type StepContext } from "./stepFromYaml";
import type { ReadText } from "./runconfigFromYaml";
import { depthOf, entryOf, type YamlPath } from "./yamlNode";
import { YamlReader } from "./yamlReader";

export interface PipelineText {
  /** Name of the file, for problems. */
  readonly file: string;
  readonly text: string;
  /** Name of the pipeline: a pipeline file has none. */
  readonly name: string;
  readonly readText: ReadText;
}

/** Codes: those of `parseYaml`, `YamlReader`, `stepFromYaml` and `parseDefinition`. */
export function pipelineFromYaml({ file, text, name, readText }: PipelineText): ReadFile<AuthoredPipeline> {
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  const nested: YamlPath[] = [];
  const root = withoutNestedForms(parsed.value, (path) => nested.push(path));
  const reader = new YamlReader(file, root, entryOf(root, "sluice") !== undefined);
  for (const path of nested) {
    reader.warn("DeprecatedKey", path.slice(0, -1), "the key type", String(path.at(-1)));
  }
  const read = reader.read(pipelineFile)?.pipeline;
  if (read === undefined) return readFileOf<AuthoredPipeline>(undefined, reader.problems);
  const pipeline = authoredOf(reader, read, name, readText);
  for (const problem of gateProblems(pipeline)) reportOfGate(reader, pipeline, read, problem);
  return readFileOf(pipeline, reader.problems);
}

function authoredOf(
  reader: YamlReader,
  read: PipelineFile,
  name: string,
  readText: ReadText,
): AuthoredPipeline {
  if (read.name !== undefined)
    reader.warn("DeprecatedKey", ["pipeline", "name"], "the key description", "name");
  const context: StepContext = { reader, pipeline: read, ids: idsOfSteps(read), readText, used: new Set() };
  const steps = Object.entries(read.steps).flatMap(([key, step]) => stepFromYaml(context, key, step));
  reportRepeatedDestinations(reader, read);
  for (const unused of Object.keys(read.parameters ?? {}).filter(
    (parameter) => !context.used.has(parameter),
  )) {
    const path = ["pipeline", "parameters", unused];
    reader.warn("UnusedParameter", path, "a parameter that a step uses: v1 drops it", unused);
  }
  return {
    name,
    description: read.description ?? read.name ?? "",
    version: read.version ?? null,
    continueOnStepFailure: read.continue_on_step_failure ?? null,
    parameters: Object.entries(read.parameters ?? {}).map(([key, parameter]) =>
      parameterOf(reader, key, parameter),
    ),
    steps,
  };
}

function reportRepeatedDestinations(reader: YamlReader, { steps }: PipelineFile): void {
  const seen = new Set<string>();
  for (const [key, step] of Object.entries(steps)) {
    if (step.type !== "PythonScriptStep") continue;
    for (const [port, { destination }] of Object.entries(step.outputs ?? {})) {
      const path = ["pipeline", "steps", key, "outputs", port, "destination"];
      if (seen.has(destination)) reader.error("DuplicateName", path, "a name of one output", destination);
      seen.add(destination);
    }
  }
}

function parameterOf(reader: YamlReader, name: string, parameter: ParameterOfFile): ParameterDefinition {
  switch (parameter.type) {
    case "datapath": {
      const place = parameter.default ?? null;
      const defaultValue =
        place === null
          ? null
          : { datastore: place.datastore, path: place.path_on_datastore.replace(/^\/+/, "") };
      return { kind: "dataPath", name, defaultValue };
    }
    case "dataset":
      return { kind: "dataset", name, defaultValue: datasetOf(reader, name, parameter.default ?? null) };
    case "string":
    case "int":
    case "float":
    case "bool":
      return {
        kind: "literal",
        name,
        type: parameter.type,
        defaultValue: literalOf(reader, name, parameter),
      };
    default:
      return assertNever(parameter);
  }
}

/** What v1 takes a parameter for that has no default; a text is then required at submission, which v1 cannot do. */
const usual: Readonly<Record<LiteralType, LiteralValue | null>> = {
  string: null,
  int: 0,
  float: 0,
  bool: false,
};

function literalOf(
  reader: YamlReader,
  name: string,
  { type, default: given }: Extract<ParameterOfFile, { type: LiteralType }>,
): LiteralValue | null {
  const path = ["pipeline", "parameters", name, "default"];
  if (given === undefined) return usual[type];
  if (type === "bool" && typeof given === "string") {
    reader.warn("QuotedBoolean", path, "true or false without quotes: v1 takes any text for true", given);
  }
  const value = coerceLiteral(type, given);
  if (value === undefined) reader.error("InvalidDefault", path, `a default of type ${type}`, String(given));
  return value ?? null;
}

type DatasetOfFile = NonNullable<Extract<ParameterOfFile, { type: "dataset" }>["default"]>;

function datasetOf(reader: YamlReader, name: string, given: DatasetOfFile | null): DatasetReference | null {
  if (given === null) return null;
  const version = given.version ?? null;
  if (given.dataset_name !== undefined) return { kind: "named", name: given.dataset_name, version };
  if (given.dataset_id !== undefined) return { kind: "saved", datasetId: given.dataset_id };
  reader.error(
    "InvalidFile",
    ["pipeline", "parameters", name, "default"],
    "dataset_name or dataset_id",
    "neither",
  );
  return null;
}

/** Rules of every definition: what the file's own checks have not said already. */
function gateProblems(pipeline: AuthoredPipeline): readonly Problem[] {
  const nothingRead = { snapshotOf: () => "none", hashOf: () => "0".repeat(64) };
  const parsed = parseDefinition(definitionOfAuthored(pipeline, nothingRead));
  return parsed.ok ? [] : parsed.problems;
}

const sections: Readonly<Record<string, string>> = {
  runAfter: "run_after",
  script: "script_name",
  computeTarget: "compute",
  environmentVariables: "environment_variables",
  runSettings: "runconfig_parameters",
  timeoutMs: "timeout_seconds",
};

/** The field of a definition in the words of the file, as far as they have the same parts. */
function reportOfGate(
  reader: YamlReader,
  pipeline: AuthoredPipeline,
  read: PipelineFile,
  problem: Problem,
): void {
  const path = pathOfField(pipeline, read, problem.field);
  const known = path.slice(0, depthOf(reader.root, path));
  const at = known.length < 2 ? ["pipeline"] : known;
  // What is wrong with a step's own file entry has been told in the file's words.
  const isTold = at.length > 2 && reader.problems.some((told) => isErrorAt(told, at));
  if (!isTold) reader.error(problem.code, at, problem.expected, problem.received);
}

function isErrorAt({ severity, field }: FileProblem, path: readonly string[]): boolean {
  const place = path.join(".");
  return severity === "error" && (`${field}.`.startsWith(`${place}.`) || `${place}.`.startsWith(`${field}.`));
}

/** Names of steps may contain dots, so they are looked for and not split off. */
function pathOfField({ steps }: AuthoredPipeline, read: PipelineFile, field: string): readonly string[] {
  const keys = Object.keys(read.steps).filter((key) => read.steps[key]?.type === "PythonScriptStep");
  for (const [index, { id, name }] of steps.entries()) {
    const prefix = [name, id].map((word) => `steps.${word}.`).find((start) => `${field}.`.startsWith(start));
    if (prefix === undefined) continue;
    const rest = field
      .slice(prefix.length)
      .split(".")
      .filter((part) => part !== "");
    return ["pipeline", "steps", keys[index] ?? "", ...rest.map((part) => sections[part] ?? part)];
  }
  return ["pipeline", ...field.split(".")];
}
