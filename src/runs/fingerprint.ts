/**
 * What a step's result depends on, as a list of named parts, and one key over them. Pure.
 *
 * Invariants (spec azureml-v1.md §2.8):
 * 1. Steps that differ in a part differ in their key; the order in which ports and variables were written is no part.
 * 2. Data inside a datastore is not looked at: the same path is the same data. What an upstream step hands on counts
 *    as the step run that truly computed it, however often it was reused since.
 * 3. Names that a graph makes up (ids of steps, runs and snapshots, places of outputs) are no parts, so that equal
 *    steps of different pipelines, experiments and runs have one key.
 * 4. A part's texts are short enough to keep beside each other in a row, and tell long values apart by their hash.
 *    Values of variables and addresses of packages are never kept: they may hold a secret.
 * 5. A field of a planned step that is neither part of the key nor named as no part does not compile.
 */
import { assertNever } from "../model/assertNever";
import { parameterVariable } from "../model/parameters";
import { byCodeUnit } from "./decide";
import type { PlannedInput, PlannedOutput, PlannedStep } from "./plan";

export const keyPartKinds = [
  "name",
  "version",
  "script",
  "computeTarget",
  "python",
  "package",
  "image",
  "files",
  "hashPaths",
  "flag",
  "argument",
  "portArgument",
  "input",
  "upstream",
  "output",
  "localPath",
  "parameter",
  "variable",
  "setting",
] as const;
export type KeyPartKind = (typeof keyPartKinds)[number];

export interface KeyPart {
  readonly kind: KeyPartKind;
  /** Port, option, parameter or variable; empty where a step has one of the kind or where it has no name. */
  readonly name: string;
  /** From 2 on for further parts of the same kind and name. */
  readonly nth?: number | undefined;
  /** The value for people: whole when short, else its beginning. */
  readonly value: string;
  /** Hash of the value where `value` is not the whole of it. */
  readonly hash?: string | undefined;
  /** Of `upstream`: the name of the step. */
  readonly step?: string | undefined;
}

export interface Fingerprint {
  /** SHA-256 in hex. */
  readonly key: string;
  readonly parts: readonly KeyPart[];
}

export interface UpstreamResult {
  readonly stepName: string;
  /** The step run that computed what the step hands on: its own, or the one that it was reused from. */
  readonly computedBy: string;
}

export interface StepFacts {
  /** Equal for snapshots with equal files. */
  readonly filesHash: string;
  /** By step id, for every predecessor. */
  readonly upstream: ReadonlyMap<string, UpstreamResult>;
}

type Hash = (text: string) => string;

type Part = Omit<KeyPart, "nth" | "hash"> & { readonly isSecret?: boolean };

type PartsOf = {
  readonly [Field in keyof Required<PlannedStep>]: ((step: PlannedStep, facts: StepFacts) => Part[]) | null;
};

/** Every field of a planned step; null = no part of the key. */
const partsOf: PartsOf = {
  name: ({ name }) => [one("name", name)],
  version: ({ version }) => (version === null ? [] : [one("version", version)]),
  script: ({ script }) => [one("script", script)],
  computeTarget: ({ computeTarget }) => [one("computeTarget", computeTarget)],
  snapshotId: (_, { filesHash }) => [one("files", filesHash)],
  hashedPaths: ({ hashedPaths }) => (hashedPaths === null ? [] : [one("hashPaths", hashedPaths)]),
  arguments: argumentParts,
  inputs: ({ inputs }, facts) => sortedByName(inputs).flatMap((input) => inputParts(input, facts)),
  predecessors: orderParts,
  outputs: ({ outputs }) => sortedByName(outputs).flatMap(outputParts),
  parameters: ({ parameters }) => recordParts("parameter", parameters),
  environment: variableParts,
  runSettings: ({ runSettings }) => recordParts("setting", runSettings),
  pythonEnvironment: pythonParts,
  stepId: null,
  stepRunId: null,
  timeoutMs: null,
  retries: null,
  reuse: null,
};

/** `hash` is SHA-256 in hex. */
export function fingerprintOf(step: PlannedStep, facts: StepFacts, hash: Hash): Fingerprint {
  const found = Object.values(partsOf).flatMap((read) => read?.(step, facts) ?? []);
  const parts = numbered(found.map((part) => shortened(part, hash)));
  return { key: hash(JSON.stringify(parts.map(exactly))), parts };
}

/** The texts of a part at fixed places, so that no two parts read alike. */
function exactly({ kind, name, nth = 1, value, hash = "", step = "" }: KeyPart): readonly unknown[] {
  return [kind, name, nth, value, hash, step];
}

function one(kind: KeyPartKind, value: string): Part {
  return { kind, name: "", value };
}

function pythonParts({ pythonEnvironment: environment }: PlannedStep): Part[] {
  if (environment === null) return [];
  const { python, dockerImage } = environment;
  const image = dockerImage === null ? [] : [one("image", dockerImage)];
  if (python.kind === "interpreter") return [one("python", python.path), ...image];
  return [
    one("python", python.version ?? "any"),
    ...python.pip.map((line) => packagePart("pip", line)),
    ...python.conda.map((line) => packagePart("conda", line)),
    ...image,
  ];
}

/** Options and addresses may hold credentials, so only their change is told. */
function packagePart(source: string, line: string): Part {
  const [, name = ""] = /^([A-Za-z0-9][\w.-]*)/.exec(line) ?? [];
  return { kind: "package", name: `${source} ${name}`.trim(), value: line, isSecret: /^-|:\/\//.test(line) };
}

/** An option is a part of its own; what follows it bears its name, and what follows none bears no name. */
function argumentParts({ arguments: given }: PlannedStep): Part[] {
  let option = "";
  return given.map((argument): Part => {
    if (argument.kind !== "text") {
      return { kind: "portArgument", name: option, value: `${argument.kind} ${argument.port}` };
    }
    const text = argument.value;
    if (assignment.test(text)) option = "";
    if (!isOption.test(text)) return { kind: "argument", name: option, value: text };
    option = text;
    return { kind: "flag", name: option, value: "" };
  });
}

/** `-x` and `--lr`, but neither `-5` nor `-` nor a text that merely begins with a hyphen. */
const isOption = /^--?[A-Za-z][\w.-]{0,63}$/;
const assignment = /^--?[A-Za-z][\w.-]{0,63}=/;

function inputParts(input: PlannedInput, facts: StepFacts): Part[] {
  const { name, mode, source } = input;
  const part = (what: string): Part => ({ kind: "input", name, value: `${mode} ${what}` });
  switch (source.kind) {
    case "dataPath":
      return [part(`${source.dataPath.datastore}/${source.dataPath.path}`), ...placeParts(input)];
    case "dataset":
      return [part(`dataset ${source.datasetId}`), ...placeParts(input)];
    case "stepOutput": {
      const { stepName, computedBy } = upstreamOf(facts, source.stepId);
      const upstream: Part = { kind: "upstream", name, value: computedBy, step: stepName };
      return [part(`output ${source.port} of step ${stepName}`), upstream, ...placeParts(input)];
    }
    default:
      return assertNever(source);
  }
}

/** Where an output goes apart from the ids of its run, what goes there, and under which name it is registered. */
function outputParts(output: PlannedOutput): Part[] {
  const { name, mode, dataPath, destination, sourceGlobs, registerAs } = output;
  const to = destination === null ? "" : ` to ${JSON.stringify(destination)}`;
  const globs = sourceGlobs.length === 0 ? "" : ` of ${JSON.stringify(sourceGlobs)}`;
  const registered = registerAs === null ? "" : ` registered as ${JSON.stringify(registerAs)}`;
  const value = `${mode} on ${dataPath.datastore}${to}${globs}${registered}`;
  return [{ kind: "output", name, value }, ...placeParts(output)];
}

function placeParts({ name, pathOnCompute, overwrite }: PlannedInput | PlannedOutput): Part[] {
  if (pathOnCompute === null && !overwrite) return [];
  const value = `${pathOnCompute ?? "chosen by the target"}${overwrite ? ", overwriting" : ""}`;
  return [{ kind: "localPath", name, value }];
}

/** Steps that were waited for although no data flows: what they did may matter as much. */
function orderParts({ predecessors, inputs }: PlannedStep, facts: StepFacts): Part[] {
  const read = new Set(inputs.flatMap(({ source }) => (source.kind === "stepOutput" ? [source.stepId] : [])));
  return predecessors
    .filter((stepId) => !read.has(stepId))
    .map((stepId) => upstreamOf(facts, stepId))
    .sort((a, b) => byCodeUnit(a.stepName, b.stepName) || byCodeUnit(a.computedBy, b.computedBy))
    .map(({ stepName, computedBy }) => ({ kind: "upstream", name: "", value: computedBy, step: stepName }));
}

function upstreamOf({ upstream }: StepFacts, stepId: string): UpstreamResult {
  const found = upstream.get(stepId);
  if (found === undefined) throw new Error(`nothing is known of predecessor ${stepId}`);
  return found;
}

/** Variables other than those that carry parameters. */
function variableParts({ environment, parameters }: PlannedStep): Part[] {
  const carriers = new Set(Object.keys(parameters).map(parameterVariable));
  const own = Object.entries(environment).filter(([name]) => !carriers.has(name));
  return recordParts("variable", Object.fromEntries(own)).map((part) => ({ ...part, isSecret: true }));
}

function recordParts(kind: KeyPartKind, values: Readonly<Partial<Record<string, string>>>): Part[] {
  return Object.entries(values)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([name, value]) => (value === undefined ? [] : [{ kind, name, value }]));
}

function sortedByName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => byCodeUnit(a.name, b.name));
}

const longestValue = 160;

function shortened({ isSecret = false, ...part }: Part, hash: Hash): KeyPart {
  if (isSecret) return { ...part, value: "", hash: hash(part.value) };
  if (part.value.length <= longestValue) return part;
  return { ...part, value: part.value.slice(0, longestValue), hash: hash(part.value) };
}

function numbered(parts: readonly KeyPart[]): readonly KeyPart[] {
  const seen = new Map<string, number>();
  return parts.map((part) => {
    const place = placeOf(part);
    const nth = (seen.get(place) ?? 0) + 1;
    seen.set(place, nth);
    return nth === 1 ? part : { ...part, nth };
  });
}

/** What two fingerprints compare a part by, apart from its number. */
function placeOf({ kind, name, step = "" }: KeyPart): string {
  return JSON.stringify([kind, name, name === "" ? step : ""]);
}

/** What two fingerprints compare a part by. */
export function partId(part: KeyPart): string {
  return `${placeOf(part)} ${part.nth ?? 1}`;
}

/** Whether parts that are compared with each other say the same. */
export function isSamePart(a: KeyPart, b: KeyPart): boolean {
  return a.value === b.value && a.hash === b.hash && a.step === b.step;
}
