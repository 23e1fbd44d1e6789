/**
 * What a run configuration file asks for, as far as a step that runs as one Python process can be given it; what it
 * cannot be given is refused by name. Pure: other files that it names are asked for by their path.
 * Source: spec azureml-v1-yaml.md §3, §1.8.
 */
import type { RunSetting } from "../definition";
import { readEnvironmentSection, type PythonEnvironment } from "../pythonEnvironment";
import { readFileOf, type FileProblem, type ReadFile } from "./fileProblem";
import { parseYaml } from "./parseYaml";
import { environmentFile, runconfigFile, type EnvironmentOfFile, type RunconfigFile } from "./runconfigFile";
import { YamlReader } from "./yamlReader";
import { plainOf, type YamlEntry, type YamlNode } from "./yamlNode";

export interface Runconfig {
  /** Compute target, or null. */
  readonly target: string | null;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly pythonEnvironment: PythonEnvironment | null;
  /** Longest time a step may run, in milliseconds; null = no limit. */
  readonly timeoutMs: number | null;
  readonly runSettings: readonly RunSetting[];
}

/** The text of a file by its path, or undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

/** Codes: those of `YamlReader`, `MissingFile`, `UnsupportedFeature`. */
export function runconfigFromYaml(file: string, text: string, readText: ReadText): ReadFile<Runconfig> {
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  const reader = new YamlReader(file, inCamelCase(parsed.value), false);
  const read = reader.read(runconfigFile);
  if (read === undefined) return readFileOf<Runconfig>(undefined, reader.problems);
  const section = environmentOf(reader, read.environment, readText);
  reportUnsupported(reader, read);
  const value: Runconfig = {
    target: read.target ?? null,
    // Of the two places the outer one wins.
    environmentVariables: texts({ ...section.variables, ...read.environmentVariables }),
    pythonEnvironment: section.pythonEnvironment,
    timeoutMs: timeoutOf(read),
    runSettings: settingsOf(read),
  };
  return readFileOf(value, [...reader.problems, ...section.problems]);
}

interface Section {
  readonly variables: EnvironmentOfFile["environmentVariables"];
  readonly pythonEnvironment: PythonEnvironment | null;
  readonly problems: readonly FileProblem[];
}

function environmentOf(
  reader: YamlReader,
  environment: RunconfigFile["environment"],
  readText: ReadText,
): Section {
  const nothing = { variables: {}, pythonEnvironment: null, problems: [] };
  if (typeof environment !== "string") {
    const inline = reader.read(environmentFile, ["environment"]);
    return inline === undefined ? nothing : sectionOf(reader, ["environment"], inline, readText);
  }
  const file = besides(reader.file, environment);
  const text = readText(file);
  if (text === undefined) {
    reader.error(
      "MissingFile",
      ["environment"],
      "the path of a file, from the folder of this one",
      environment,
    );
    return nothing;
  }
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return { ...nothing, problems: parsed.problems };
  const other = new YamlReader(file, inCamelCase(parsed.value), false);
  const read = other.read(environmentFile);
  const section = read === undefined ? nothing : sectionOf(other, [], read, readText);
  return { ...section, problems: [...other.problems, ...section.problems] };
}

function sectionOf(
  reader: YamlReader,
  path: readonly string[],
  environment: EnvironmentOfFile,
  readText: ReadText,
): Section {
  const { environmentVariables: variables, python } = environment;
  const said = Object.entries(environment).filter(([, value]) => value !== null && value !== undefined);
  if (said.length > 0 && said.every(([key]) => key === "name" || key === "version")) {
    const expected = "an environment with its packages: there is no registry of environments to find it in";
    reader.error("UnsupportedFeature", path, expected, `the name ${environment.name ?? ""}`);
  }
  const conda = condaOf(reader, [...path, "python"], python, readText);
  const pythonEnvironment = readEnvironmentSection({
    ...environment,
    python: { ...python, condaDependencies: conda.value },
  });
  if (pythonEnvironment === undefined) {
    const expected = "dependencies: a list of texts and at most one map pip: with a list of texts";
    reader.error("InvalidFile", [...path, "python"], expected, "something else");
  }
  return { variables, pythonEnvironment: pythonEnvironment ?? null, problems: conda.problems };
}

function condaOf(
  reader: YamlReader,
  path: readonly string[],
  python: EnvironmentOfFile["python"],
  readText: ReadText,
): { readonly value: unknown; readonly problems: readonly FileProblem[] } {
  const named = python?.condaDependenciesFile ?? "";
  const isUnused = String(python?.userManagedDependencies) === "true";
  if (named === "" || isUnused) return { value: python?.condaDependencies, problems: [] };
  const file = besides(reader.file, named);
  const text = readText(file);
  if (text === undefined) {
    const expected = "the path of a conda file, from the folder of this one";
    reader.error("MissingFile", [...path, "condaDependenciesFile"], expected, named);
    return { value: undefined, problems: [] };
  }
  const parsed = parseYaml(file, text);
  return parsed.ok
    ? { value: plainOf(parsed.value), problems: [] }
    : { value: undefined, problems: parsed.problems };
}

function reportUnsupported(reader: YamlReader, read: RunconfigFile): void {
  const refuse = (key: string, expected: string, received: string): void =>
    reader.error("UnsupportedFeature", [key], expected, received);
  const framework = read.framework ?? "Python";
  if (!["Python", "PyTorch"].includes(framework)) refuse("framework", "Python or PyTorch", framework);
  const communicator = read.communicator ?? "None";
  if (communicator !== "None") refuse("communicator", "None: a step is one process", communicator);
  if ((read.command ?? "").length > 0) refuse("command", "nothing: a step runs its script", "a command");
  for (const key of ["dataReferences", "data", "outputData"] as const) {
    const [name] = Object.keys(read[key] ?? {});
    if (name !== undefined) refuse(key, "nothing: name data in the pipeline's inputs and outputs", name);
  }
  if ((read.sourceDirectoryDataStore ?? "") !== "") {
    refuse("sourceDirectoryDataStore", "nothing: the source directory goes up as a snapshot", "a datastore");
  }
  if (String(read.history?.snapshotProject ?? true) === "false") {
    refuse("history", "snapshotProject: true, since steps run from snapshots", "false");
  }
}

function timeoutOf({ maxRunDurationSeconds }: RunconfigFile): number | null {
  const seconds = Number(maxRunDurationSeconds ?? 0);
  return seconds > 0 ? seconds * 1000 : null;
}

function settingsOf({ nodeCount }: RunconfigFile): readonly RunSetting[] {
  const nodes = Number(nodeCount ?? 1);
  return nodes === 1 ? [] : [{ name: "NodeCount", value: { kind: "literal", value: nodes } }];
}

export function texts(
  values: Readonly<Record<string, string | number | boolean | null>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? "")]));
}

/** `path` as seen from the folder of `file`; with forward slashes, as v1's files have them everywhere. */
function besides(file: string, path: string): string {
  const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
  return path.startsWith("/") ? path : `${folder}${path.replace(/^\.\//, "")}`;
}

/** Maps whose keys are names that a person chose. */
const namesBelow = new Set([
  "environmentVariables",
  "condaDependencies",
  "dataReferences",
  "data",
  "outputData",
]);

/** v1 takes `node_count` and `NodeCount` for `nodeCount`. */
function inCamelCase(node: YamlNode): YamlNode {
  if (node.kind === "list") return { ...node, items: node.items.map(inCamelCase) };
  if (node.kind === "scalar") return node;
  const entries = [...node.entries].map(([key, entry]): [string, YamlEntry] => {
    const name = camelCase(key);
    return [name, { ...entry, value: namesBelow.has(name) ? entry.value : inCamelCase(entry.value) }];
  });
  return { ...node, entries: new Map(entries) };
}

function camelCase(key: string): string {
  const joined = key.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return joined.slice(0, 1).toLowerCase() + joined.slice(1);
}
