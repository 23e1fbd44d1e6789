/**
 * The values of one run: what the caller assigned, typed by the pipeline's parameters, defaults for the rest.
 *
 * Invariants of an accepted result:
 * 1. It has every parameter of the definition and nothing else.
 * 2. A literal has its parameter's type: v1's SDK sends texts ("20", "True"), REST callers numbers and booleans.
 * Source: spec azureml-v1.md §4.3, §2.6.
 */
import type {
  DataPath,
  DatasetReference,
  LiteralType,
  LiteralValue,
  ParameterDefinition,
  PipelineDefinition,
} from "./definition";
import { assertNever } from "./assertNever";
import { isDataPath } from "./dataPathRule";
import type { Parsed, Problem } from "./problem";

export interface ResolvedParameters {
  readonly literals: Readonly<Record<string, LiteralValue>>;
  readonly dataPaths: Readonly<Record<string, DataPath>>;
  readonly datasets: Readonly<Record<string, DatasetReference>>;
}

type Assignments = ResolvedParameters;

type Resolution<T> = { readonly value: T } | { readonly problem: Problem };

/** Every problem at once: `UnknownParameter`, `MissingParameter`, `InvalidParameterValue`, `WrongParameterKind`. */
export function resolveParameters(
  definition: PipelineDefinition,
  literals: Readonly<Record<string, LiteralValue>>,
  dataPaths: Readonly<Record<string, DataPath>>,
  datasets: Readonly<Record<string, DatasetReference>> = {},
): Parsed<ResolvedParameters> {
  const assigned = { literals, dataPaths, datasets };
  const problems: Problem[] = misplaced(definition, assigned);
  const values: [string, LiteralValue][] = [];
  const paths: [string, DataPath][] = [];
  const references: [string, DatasetReference][] = [];
  for (const parameter of definition.parameters) {
    const { name } = parameter;
    switch (parameter.kind) {
      case "literal":
        collect(resolveLiteral(parameter, assigned), name, values, problems);
        break;
      case "dataPath":
        collect(resolveDataPath(parameter, assigned), name, paths, problems);
        break;
      case "dataset":
        collect(resolveDataset(parameter, assigned), name, references, problems);
        break;
      default:
        assertNever(parameter);
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      literals: Object.fromEntries(values),
      dataPaths: Object.fromEntries(paths),
      datasets: Object.fromEntries(references),
    },
  };
}

function collect<T>(
  resolution: Resolution<T>,
  name: string,
  values: [string, T][],
  problems: Problem[],
): void {
  if ("value" in resolution) values.push([name, resolution.value]);
  else problems.push(resolution.problem);
}

/** Assignments to names that the pipeline does not have, or has with another kind. */
function misplaced({ parameters }: PipelineDefinition, assigned: Assignments): Problem[] {
  const kinds = new Map(parameters.map(({ name, kind }) => [name, kind]));
  const given = [
    ["literal", assigned.literals],
    ["dataPath", assigned.dataPaths],
    ["dataset", assigned.datasets],
  ] as const;
  return given.flatMap(([kind, values]) =>
    Object.keys(values).flatMap((name): Problem[] => {
      const known = kinds.get(name);
      const { field, received } = kindWords[kind];
      if (known === undefined) return [unknownParameter(name, field, [...kinds.keys()])];
      if (known === kind) return [];
      const { expected } = kindWords[known];
      return [{ code: "WrongParameterKind", field: `${field}.${name}`, expected, received }];
    }),
  );
}

const kindWords: Readonly<
  Record<ParameterDefinition["kind"], { field: string; expected: string; received: string }>
> = {
  literal: {
    field: "ParameterAssignments",
    expected: "a value in ParameterAssignments",
    received: "a literal value",
  },
  dataPath: {
    field: "DataPathAssignments",
    expected: "a path in DataPathAssignments",
    received: "a data path",
  },
  dataset: {
    field: "DataSetDefinitionValueAssignments",
    expected: "a dataset in DataSetDefinitionValueAssignments",
    received: "a dataset",
  },
};

function unknownParameter(name: string, field: string, known: readonly string[]): Problem {
  const expected = known.length === 0 ? "no parameter: the pipeline has none" : `one of: ${known.join(", ")}`;
  return { code: "UnknownParameter", field: `${field}.${name}`, expected, received: name };
}

function resolveLiteral(
  parameter: Extract<ParameterDefinition, { kind: "literal" }>,
  assigned: Assignments,
): Resolution<LiteralValue> {
  const { name, type, defaultValue } = parameter;
  const given = Object.hasOwn(assigned.literals, name) ? assigned.literals[name] : undefined;
  if (given === undefined) {
    if (defaultValue !== null) return { value: defaultValue };
    return { problem: missing(`ParameterAssignments.${name}`, typeWords[type]) };
  }
  const value = coerceLiteral(type, given);
  if (value !== undefined) return { value };
  const received = JSON.stringify(given).slice(0, 200);
  const field = `ParameterAssignments.${name}`;
  return { problem: { code: "InvalidParameterValue", field, expected: typeWords[type], received } };
}

function resolveDataPath(
  { name, defaultValue }: Extract<ParameterDefinition, { kind: "dataPath" }>,
  assigned: Assignments,
): Resolution<DataPath> {
  const given = Object.hasOwn(assigned.dataPaths, name) ? assigned.dataPaths[name] : undefined;
  const field = `DataPathAssignments.${name}`;
  const expected = "a datastore and a path inside it";
  if (given === undefined) {
    return defaultValue === null ? { problem: missing(field, expected) } : { value: defaultValue };
  }
  if (isDataPath(given)) return { value: given };
  const received = `${given.datastore}/${given.path}`.slice(0, 200);
  return { problem: { code: "InvalidParameterValue", field, expected, received } };
}

function resolveDataset(
  { name, defaultValue }: Extract<ParameterDefinition, { kind: "dataset" }>,
  assigned: Assignments,
): Resolution<DatasetReference> {
  const value = Object.hasOwn(assigned.datasets, name) ? assigned.datasets[name] : undefined;
  if (value !== undefined) return { value };
  if (defaultValue !== null) return { value: defaultValue };
  return { problem: missing(`DataSetDefinitionValueAssignments.${name}`, "a dataset") };
}

function missing(field: string, expected: string): Problem {
  return { code: "MissingParameter", field, expected, received: "nothing, and there is no default" };
}

const typeWords: Readonly<Record<LiteralType, string>> = {
  string: "a text",
  int: "a whole number",
  float: "a number",
  bool: "true or false",
};

/** The value in its parameter's type, or undefined when it has none there. Nothing is rounded or guessed. */
export function coerceLiteral(type: LiteralType, value: LiteralValue): LiteralValue | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : literalText(value);
    case "int":
      return wholeNumber(value);
    case "float":
      return finiteNumber(value);
    case "bool":
      return truth(value);
  }
}

function wholeNumber(value: LiteralValue): number | undefined {
  if (typeof value === "string" && !/^\s*[+-]?\d+\s*$/.test(value)) return undefined;
  const number = typeof value === "boolean" ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function finiteNumber(value: LiteralValue): number | undefined {
  const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
  if (typeof value === "boolean" || (typeof value === "string" && !decimal.test(value))) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function truth(value: LiteralValue): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = String(value).trim().toLowerCase();
  return text === "true" ? true : text === "false" ? false : undefined;
}

/** A value as a script receives it, in Python's spelling of booleans. */
export function literalText(value: LiteralValue): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** Variable that carries a parameter: characters other than word characters and `~` become `_`. */
export function parameterVariable(name: string): string {
  return `AML_PARAMETER_${name.replaceAll(/[^\p{L}\p{N}_~]/gu, "_")}`;
}
