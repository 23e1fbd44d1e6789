/** What is wrong with the fixed parameter values of a schedule, against the definition that its runs will have. Pure. */
import type {
  DataPath,
  LiteralType,
  LiteralValue,
  ParameterDefinition,
  PipelineDefinition,
} from "../model/definition";
import type { Problem } from "../model/problem";
import { assertNever } from "../model/assertNever";

export interface Assignments {
  readonly parameterAssignments: Readonly<Record<string, LiteralValue>>;
  readonly dataPathAssignments: Readonly<Record<string, DataPath>>;
}

/** `dataPathParameter` is the parameter that a change schedule fills at each firing; null = none. */
export function findAssignmentProblems(
  { parameters }: PipelineDefinition,
  { parameterAssignments, dataPathAssignments }: Assignments,
  dataPathParameter: string | null,
): readonly Problem[] {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const assigned = new Set([...Object.keys(parameterAssignments), ...Object.keys(dataPathAssignments)]);
  if (dataPathParameter !== null) assigned.add(dataPathParameter);
  return [
    ...Object.entries(parameterAssignments).flatMap(([name, value]) =>
      checkLiteral(name, value, byName.get(name)),
    ),
    ...Object.entries(dataPathAssignments).flatMap(([name, value]) =>
      checkDataPath(field(name), JSON.stringify(value), byName.get(name)),
    ),
    ...(dataPathParameter === null
      ? []
      : checkDataPath("data_path_parameter_name", dataPathParameter, byName.get(dataPathParameter))),
    ...parameters
      .filter((parameter) => parameter.defaultValue === null && !assigned.has(parameter.name))
      .map(missing),
  ];
}

const field = (name: string): string => `pipeline_parameters.${name}`;

function checkLiteral(
  name: string,
  value: LiteralValue,
  parameter: ParameterDefinition | undefined,
): Problem[] {
  const received = JSON.stringify(value);
  if (parameter === undefined) return [unknown(field(name), received)];
  if (parameter.kind === "dataPath") {
    return [{ code: "ParameterKindMismatch", field: field(name), expected: "a data path", received }];
  }
  if (isOfType(parameter.type, value)) return [];
  return [
    {
      code: "ParameterTypeMismatch",
      field: field(name),
      expected: `a value of type ${parameter.type}`,
      received,
    },
  ];
}

function checkDataPath(
  where: string,
  received: string,
  parameter: ParameterDefinition | undefined,
): Problem[] {
  if (parameter === undefined) return [unknown(where, received)];
  if (parameter.kind === "dataPath") return [];
  return [
    { code: "ParameterKindMismatch", field: where, expected: "a parameter that takes a data path", received },
  ];
}

function unknown(where: string, received: string): Problem {
  return { code: "UnknownParameter", field: where, expected: "a parameter of the pipeline", received };
}

function missing(parameter: ParameterDefinition): Problem {
  return {
    code: "ParameterMissing",
    field: field(parameter.name),
    expected: "a value, since the pipeline has no default for it",
    received: "nothing",
  };
}

/** Callers of v1 send every value as text. */
function isOfType(type: LiteralType, value: LiteralValue): boolean {
  const text = String(value).trim();
  switch (type) {
    case "string":
      return true;
    case "int":
      return typeof value !== "boolean" && /^[+-]?\d+$/.test(text);
    case "float":
      return typeof value !== "boolean" && text !== "" && Number.isFinite(Number(text));
    case "bool":
      return typeof value !== "number" && /^(true|false)$/i.test(text);
    default:
      return assertNever(type);
  }
}
