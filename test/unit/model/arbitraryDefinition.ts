/** Any definition that the gate accepts: graphs without cycles, with every kind of source, argument and value. */
import fc from "fast-check";
import {
  runSettingNames,
  type DataPath,
  type DatasetReference,
  type InputPort,
  type InputSource,
  type LiteralType,
  type LiteralValue,
  type OutputPort,
  type ParameterDefinition,
  type ParameterValue,
  type PipelineDefinition,
  type RetryPolicy,
  type RunSetting,
  type RunSettingName,
  type StepArgument,
  type StepDefinition,
} from "../../../src/model/definition";
import type { PythonEnvironment } from "../../../src/model/pythonEnvironment";

const someText = fc
  .string({ minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/\p{Cc}/gu, "_"))
  .filter((text) => text !== "");
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Object.is(value, -0) ? 0 : value));
const integer = fc.maxSafeInteger().map((value) => (Object.is(value, -0) ? 0 : value));
const dataPath: fc.Arbitrary<DataPath> = fc.record({
  datastore: fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/),
  path: fc.constantFrom("", "a", "a/b.csv", "folder/", "ä/日本"),
});

const variables = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,6}$/), fc.string(), {
  maxKeys: 3,
  noNullPrototype: true,
});

function literalOf(type: LiteralType): fc.Arbitrary<LiteralValue> {
  switch (type) {
    case "int":
      return integer;
    case "float":
      return number;
    case "bool":
      return fc.boolean();
    case "string":
      return fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("5", "True", "", " 1 "));
  }
}

const version = fc.option(someText);
const entityId = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/);
const dataset: fc.Arbitrary<DatasetReference> = fc.oneof(
  fc.record({ kind: fc.constant("saved" as const), datasetId: entityId }),
  fc.record({ kind: fc.constant("registered" as const), datasetId: entityId, version }),
  fc.record({ kind: fc.constant("named" as const), name: someText, version }),
);
const place = fc.option(fc.constantFrom("model", "deep/er", "/mnt/data", "ä"));

/** Index decides the name, so that names are unique; literals come first, as an uploaded interface has them. */
const parameters: fc.Arbitrary<readonly ParameterDefinition[]> = fc
  .tuple(
    fc.array(
      fc
        .constantFrom<LiteralType>("string", "int", "float", "bool")
        .chain((type) =>
          fc.record({ type: fc.constant(type), defaultValue: fc.option(literalOf(type)), name: someText }),
        ),
      { maxLength: 3 },
    ),
    fc.array(fc.record({ defaultValue: fc.option(dataPath), name: someText }), { maxLength: 2 }),
    fc.array(fc.record({ defaultValue: fc.option(dataset), name: someText }), { maxLength: 2 }),
  )
  .map(([literals, paths, datasets]) => [
    ...literals.map(({ name, ...rest }, index) => ({
      kind: "literal" as const,
      ...rest,
      name: `${name}${index}`,
    })),
    ...paths.map(({ name, ...rest }, index) => ({
      kind: "dataPath" as const,
      ...rest,
      name: `${name}p${index}`,
    })),
    ...datasets.map(({ name, ...rest }, index) => ({
      kind: "dataset" as const,
      ...rest,
      name: `${name}d${index}`,
    })),
  ]);

const pythonVersion = fc.constantFrom("3", "3.10", "3.10.4", "==3.9", ">=3.9,<3.12");
const package_ = fc.stringMatching(/^[a-z]{3,6}-x(==[0-9]\.[0-9])?$/);

/** In normal form, as the wire gives it back: what asks for nothing is null. */
const environment: fc.Arbitrary<PythonEnvironment | null> = fc.option(
  fc.record({
    python: fc.oneof(
      someText.map((path) => ({ kind: "interpreter" as const, path })),
      fc.record({
        kind: fc.constant("packages" as const),
        version: fc.option(pythonVersion),
        pip: fc.array(package_, { minLength: 1, maxLength: 3 }),
        conda: fc.array(package_, { maxLength: 2 }),
      }),
    ),
    dockerImage: fc.option(someText),
  }),
);

const anyLiteral: fc.Arbitrary<LiteralValue> = fc
  .constantFrom<LiteralType>("string", "int", "float", "bool")
  .chain(literalOf);

export const arbitraryDefinition: fc.Arbitrary<PipelineDefinition> = parameters.chain((known) =>
  fc.integer({ min: 1, max: 5 }).chain((count) => {
    const ids = Array.from({ length: count }, (_, index) => (index === 0 ? "data0" : `step-${index}`));
    return fc
      .tuple(...ids.map((id, index) => step(id, ids.slice(0, index), known)))
      .map((steps) => ({ parameters: known, steps: withUniqueOutputs(steps) }));
  }),
);

const retries: fc.Arbitrary<RetryPolicy> = fc.record({
  maxRetries: fc.integer({ min: 1, max: 9 }),
  intervalMs: fc.nat(60_000),
  backoffFactor: fc.constantFrom(1, 1.5, 2),
  on: fc.subarray(["failed" as const, "timeout" as const, "lost" as const], { minLength: 1 }),
});

/** Overwriting goes with `download` alone, and `direct` has no place. */
function inputPort(source: fc.Arbitrary<InputSource>): fc.Arbitrary<Omit<InputPort, "name">> {
  const overwrite = fc.boolean();
  const never = fc.constant(false);
  const nowhere = fc.constant(null);
  return fc.oneof(
    fc.record({ mode: fc.constant("direct" as const), source, pathOnCompute: nowhere, overwrite: never }),
    fc.record({ mode: fc.constant("mount" as const), source, pathOnCompute: place, overwrite: never }),
    fc.record({ mode: fc.constant("download" as const), source, pathOnCompute: place, overwrite }),
  );
}

const destinationPath = fc.constantFrom("made", "dataset/{run-id}/{output-name}", "all/{output-name}/");
const outputBasics = {
  datastore: fc.constantFrom("workspaceblobstore", "other"),
  registerAs: fc.option(
    fc.record({ name: someText, description: fc.string({ maxLength: 5 }), tags: variables }),
  ),
  pipelineOutputName: fc.option(someText),
};

/** Overwriting and globs go with `upload` alone. */
const outputPort: fc.Arbitrary<Omit<OutputPort, "name">> = fc.oneof(
  fc.record({
    ...outputBasics,
    mode: fc.constant("mount" as const),
    pathOnCompute: place,
    overwrite: fc.constant(false),
    destination: fc.option(fc.record({ path: destinationPath, sourceGlobs: fc.constant([]) })),
  }),
  fc.record({
    ...outputBasics,
    mode: fc.constant("upload" as const),
    pathOnCompute: place,
    overwrite: fc.boolean(),
    destination: fc.option(
      fc.record({
        path: destinationPath,
        sourceGlobs: fc.array(fc.constantFrom("*.csv", "**/*.json"), { maxLength: 2 }),
      }),
    ),
  }),
);

/** In the order in which a node is read; one of each is not said. */
function runSettingsOf(
  names: readonly RunSettingName[],
  values: readonly fc.Arbitrary<ParameterValue>[],
): fc.Arbitrary<readonly RunSetting[]> {
  const count = fc.integer({ min: 2, max: 9 }).map((value): ParameterValue => ({ kind: "literal", value }));
  const chosen = values.slice(1);
  const value = chosen.length === 0 ? count : fc.oneof(count, ...chosen);
  return fc.tuple(...names.map((name) => value.map((one) => ({ name, value: one }))));
}

/** Every step has an output `out`, which later steps may read. */
function step(
  id: string,
  earlier: readonly string[],
  known: readonly ParameterDefinition[],
): fc.Arbitrary<StepDefinition> {
  const sources: fc.Arbitrary<InputSource>[] = [
    dataPath.map((somewhere) => ({ kind: "dataReference" as const, dataPath: somewhere })),
    dataset.map((reference) => ({ kind: "dataset" as const, dataset: reference })),
    ...earlier.map((stepId) => fc.constant({ kind: "stepOutput" as const, stepId, port: "out" })),
    ...known
      .filter(({ kind }) => kind === "dataPath")
      .map(({ name }) => fc.constant({ kind: "dataPathParameter" as const, parameter: name })),
    ...known
      .filter(({ kind }) => kind === "dataset")
      .map(({ name }) => fc.constant({ kind: "datasetParameter" as const, parameter: name })),
  ];
  const values: fc.Arbitrary<ParameterValue>[] = [
    anyLiteral.map((value) => ({ kind: "literal" as const, value })),
    ...known
      .filter(({ kind }) => kind === "literal")
      .map(({ name }) => fc.constant({ kind: "pipelineParameter" as const, parameter: name })),
  ];
  return fc
    .record({
      id: fc.constant(id),
      name: someText,
      description: fc.string({ maxLength: 8 }),
      version,
      module: fc.option(fc.record({ moduleId: entityId, version })),
      snapshotId: fc.uuid(),
      hashedPaths: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
      script: fc.constantFrom("main.py", "deep/er/main.py"),
      inputs: fc
        .array(inputPort(fc.oneof(...sources)), { maxLength: 3 })
        .map((ports) => ports.map((port, index) => ({ name: `in_${index}`, ...port }))),
      outputs: fc
        .array(outputPort, { minLength: 1, maxLength: 3 })
        .map((ports) =>
          ports.map((port, index) => ({ name: index === 0 ? "out" : `out_${index}`, ...port })),
        ),
      parameters: fc
        .array(fc.record({ name: someText, value: fc.oneof(...values) }), { maxLength: 3 })
        .map((own) => own.map(({ name, value }, index) => ({ name: `${name}${index}`, value }))),
      runSettings: fc.subarray([...runSettingNames]).chain((names) => runSettingsOf(names, values)),
      environmentVariables: variables,
      pythonEnvironment: environment,
      computeTarget: someText,
      allowReuse: fc.boolean(),
      regenerateOutput: fc.boolean(),
      runAfter: fc.subarray([...earlier]),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 30 * 24 * 3_600_000 })),
      retries: fc.option(retries),
    })
    .chain((made) => arguments_(made).map((list) => ({ ...made, arguments: list })));
}

function arguments_(made: Omit<StepDefinition, "arguments">): fc.Arbitrary<readonly StepArgument[]> {
  const choices: fc.Arbitrary<StepArgument>[] = [
    fc.string().map((value) => ({ kind: "literal" as const, value })),
    ...made.inputs.map(({ name }) => fc.constant({ kind: "input" as const, port: name })),
    ...made.outputs.map(({ name }) => fc.constant({ kind: "output" as const, port: name })),
    ...made.parameters.map(({ name }) => fc.constant({ kind: "parameter" as const, name })),
  ];
  return fc.array(fc.oneof(...choices), { maxLength: 5 });
}

function withUniqueOutputs(steps: readonly StepDefinition[]): readonly StepDefinition[] {
  let count = 0;
  return steps.map((made) => ({
    ...made,
    outputs: made.outputs.map((port) => ({
      ...port,
      pipelineOutputName: port.pipelineOutputName === null ? null : `${port.pipelineOutputName}${count++}`,
    })),
  }));
}
