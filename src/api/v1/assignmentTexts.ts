/** Parameter values as v1 answers them: everything is text. Source: spec azureml-v1-wire.md §4.5, §6.1. */
import type { DataPath, LiteralValue, ParameterDefinition } from "../../model/definition";
import { literalText } from "../../model/parameters";

/** Every parameter of a run, data paths as `datastore/path`. */
export function runAssignments(
  parameters: Readonly<Record<string, LiteralValue>>,
  dataPaths: Readonly<Record<string, DataPath>>,
): Readonly<Record<string, string>> {
  return {
    ...mapValues(parameters, literalText),
    ...mapValues(dataPaths, dataPathText),
  };
}

/** Every literal and data path parameter of a pipeline with its default; one without a default has an empty text. */
export function defaultAssignments(
  parameters: readonly ParameterDefinition[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parameters.flatMap((parameter) =>
      parameter.kind === "dataset" ? [] : [[parameter.name, defaultText(parameter)] as const],
    ),
  );
}

function defaultText(parameter: Exclude<ParameterDefinition, { kind: "dataset" }>): string {
  if (parameter.defaultValue === null) return "";
  return parameter.kind === "dataPath"
    ? dataPathText(parameter.defaultValue)
    : literalText(parameter.defaultValue);
}

const dataPathText = ({ datastore, path }: DataPath): string => `${datastore}/${path}`;

function mapValues<T>(
  from: Readonly<Record<string, T>>,
  change: (value: T) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
