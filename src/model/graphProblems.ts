/** What a well-shaped definition can still get wrong: names that repeat, references that lead nowhere, cycles. */
import { coerceLiteral } from "./parameters";
import type {
  InputPort,
  OutputPort,
  ParameterDefinition,
  ParameterValue,
  PipelineDefinition,
  StepDefinition,
} from "./definition";
import { findCycle, predecessorsOf } from "./graph";
import { isHiddenPort, isSettingName } from "./moduleWords";
import type { Problem } from "./problem";

/** Codes: `InvalidDefinition`, `DuplicateName`, `UnknownReference`, `WrongParameterKind`, `InvalidDefault`, `ReservedName`, `CyclicGraph`. */
export function graphProblems(definition: PipelineDefinition): readonly Problem[] {
  const { parameters, steps } = definition;
  const context = { definition, steps: new Map(steps.map((step) => [step.id, step])) };
  return [
    ...noSteps(steps),
    ...duplicates(
      "parameters",
      parameters.map(({ name }) => name),
    ),
    ...parameters.flatMap(defaultProblem),
    ...duplicates(
      "steps",
      steps.map(({ id }) => id),
    ),
    ...duplicates("pipelineOutputs", steps.flatMap(outputNames)),
    ...steps.flatMap((step) => stepProblems(context, step)),
    ...cycleProblem(context),
  ];
}

function noSteps(steps: readonly unknown[]): Problem[] {
  if (steps.length > 0) return [];
  return [{ code: "InvalidDefinition", field: "steps", expected: "at least one step", received: "none" }];
}

interface Context {
  readonly definition: PipelineDefinition;
  readonly steps: ReadonlyMap<string, StepDefinition>;
}

const outputNames = (step: StepDefinition): string[] =>
  step.outputs.flatMap(({ pipelineOutputName }) => (pipelineOutputName === null ? [] : [pipelineOutputName]));

function duplicates(field: string, names: readonly string[]): Problem[] {
  const seen = new Set<string>();
  const repeated = new Set(names.filter((name) => seen.size === seen.add(name).size));
  return [...repeated].map((name) => ({
    code: "DuplicateName",
    field: `${field}.${name}`,
    expected: "a name that is used once",
    received: name,
  }));
}

function defaultProblem(parameter: PipelineDefinition["parameters"][number]): Problem[] {
  if (parameter.kind !== "literal" || parameter.defaultValue === null) return [];
  const { name, type, defaultValue } = parameter;
  if (coerceLiteral(type, defaultValue) === defaultValue) return [];
  const field = `parameters.${name}.defaultValue`;
  return [{ code: "InvalidDefault", field, expected: `a ${type}`, received: JSON.stringify(defaultValue) }];
}

function stepProblems(context: Context, step: StepDefinition): Problem[] {
  const at = `steps.${step.name}`;
  const ports = [...step.inputs, ...step.outputs].map(({ name }) => name);
  const parameters = step.parameters.map(({ name }) => name);
  return [
    ...duplicates(`${at}.ports`, ports),
    ...duplicates(`${at}.parameters`, parameters),
    ...ports.filter(isHiddenPort).map((name) => reserved(`${at}.ports.${name}`, name)),
    ...parameters.filter(isSettingName).map((name) => reserved(`${at}.parameters.${name}`, name)),
    ...duplicates(
      `${at}.runSettings`,
      step.runSettings.map(({ name }) => name),
    ),
    ...step.inputs.flatMap((port) => inputProblem(`${at}.inputs.${port.name}`, port)),
    ...step.outputs.flatMap((port) => outputProblem(`${at}.outputs.${port.name}`, port)),
    ...step.inputs.flatMap(({ name, source }) => sourceProblem(context, `${at}.inputs.${name}`, source)),
    ...step.runAfter.flatMap((id) => unknownStep(context, `${at}.runAfter`, id)),
    ...step.parameters.flatMap(({ name, value }) => valueProblem(context, `${at}.parameters.${name}`, value)),
    ...step.runSettings.flatMap(({ name, value }) =>
      valueProblem(context, `${at}.runSettings.${name}`, value),
    ),
    ...step.arguments.flatMap((argument, index) =>
      argumentProblem(step, `${at}.arguments.${index}`, argument),
    ),
  ];
}

function reserved(field: string, received: string): Problem {
  return { code: "ReservedName", field, expected: "a name that has no meaning of its own", received };
}

function valueProblem(context: Context, field: string, value: ParameterValue): Problem[] {
  return value.kind === "literal" ? [] : parameterProblem(context, field, value.parameter, "literal");
}

function inputProblem(field: string, { mode, pathOnCompute, overwrite }: InputPort): Problem[] {
  if (mode === "download") return [];
  const place = mode === "direct" ? { pathOnCompute } : {};
  return meaningless(field, mode, "download", { ...place, overwrite });
}

function outputProblem(field: string, { mode, overwrite, destination }: OutputPort): Problem[] {
  if (mode === "upload") return [];
  const sourceGlobs = (destination?.sourceGlobs ?? []).join(", ") || null;
  return meaningless(field, mode, "upload", { overwrite, sourceGlobs });
}

/** What is said of a port although its mode has no use for it. */
function meaningless(
  field: string,
  mode: string,
  owner: string,
  said: Readonly<Record<string, string | boolean | null>>,
): Problem[] {
  return Object.entries(said)
    .filter(([, value]) => value !== null && value !== false)
    .map(([key, value]) => ({
      code: "InvalidDefinition",
      field: `${field}.${key}`,
      expected: `nothing, or the mode ${owner}`,
      received: `${String(value)} in mode ${mode}`.slice(0, 200),
    }));
}

function sourceProblem(
  context: Context,
  field: string,
  source: StepDefinition["inputs"][number]["source"],
): Problem[] {
  switch (source.kind) {
    case "dataReference":
      return [];
    case "dataPathParameter":
      return parameterProblem(context, field, source.parameter, "dataPath");
    case "dataset":
      return [];
    case "datasetParameter":
      return parameterProblem(context, field, source.parameter, "dataset");
    case "stepOutput": {
      const producer = context.steps.get(source.stepId);
      if (producer === undefined) return unknownStep(context, field, source.stepId);
      const outputs = producer.outputs.map(({ name }) => name);
      return unknown(field, `output of step ${producer.name}`, source.port, outputs);
    }
  }
}

function parameterProblem(
  { definition }: Context,
  field: string,
  name: string,
  kind: ParameterDefinition["kind"],
): Problem[] {
  const known = definition.parameters.find((parameter) => parameter.name === name);
  if (known === undefined) {
    return unknown(
      field,
      "pipeline parameter",
      name,
      definition.parameters.map((parameter) => parameter.name),
    );
  }
  if (known.kind === kind) return [];
  return [
    {
      code: "WrongParameterKind",
      field,
      expected: `a ${kind} parameter`,
      received: `${name}, a ${known.kind}`,
    },
  ];
}

function argumentProblem(
  step: StepDefinition,
  field: string,
  argument: StepDefinition["arguments"][number],
): Problem[] {
  switch (argument.kind) {
    case "literal":
      return [];
    case "input":
      return unknown(
        field,
        "input of the step",
        argument.port,
        step.inputs.map(({ name }) => name),
      );
    case "output":
      return unknown(
        field,
        "output of the step",
        argument.port,
        step.outputs.map(({ name }) => name),
      );
    case "parameter":
      return unknown(
        field,
        "parameter of the step",
        argument.name,
        step.parameters.map(({ name }) => name),
      );
  }
}

function unknownStep({ steps }: Context, field: string, id: string): Problem[] {
  return steps.has(id) ? [] : unknown(field, "step", id, [...steps.keys()]);
}

function unknown(field: string, what: string, received: string, known: readonly string[]): Problem[] {
  if (known.includes(received)) return [];
  const some = known.slice(0, 20).join(", ");
  const expected = known.length === 0 ? `a known ${what}; there is none` : `a known ${what}: ${some}`;
  return [{ code: "UnknownReference", field, expected, received }];
}

function cycleProblem({ definition, steps }: Context): Problem[] {
  const cycle = findCycle(predecessorsOf(definition.steps));
  if (cycle === undefined) return [];
  const received = [...cycle]
    .reverse()
    .map((id) => steps.get(id)?.name ?? id)
    .join(" → ");
  return [
    { code: "CyclicGraph", field: "steps", expected: "steps that never wait for themselves", received },
  ];
}
