/** Any definition that the gate accepts: graphs without cycles, with every kind of source, argument and value. */
import fc from "fast-check";
import type {
  DataPath,
  InputSource,
  LiteralType,
  LiteralValue,
  ParameterDefinition,
  PipelineDefinition,
  StepArgument,
  StepDefinition,
  StepParameter,
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
  )
  .map(([literals, paths]) => [
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
  ]);

const version = fc.constantFrom("3", "3.10", "3.10.4", "==3.9", ">=3.9,<3.12");
const package_ = fc.stringMatching(/^[a-z]{3,6}-x(==[0-9]\.[0-9])?$/);

/** In normal form, as the wire gives it back: what asks for nothing is null. */
const environment: fc.Arbitrary<PythonEnvironment | null> = fc.option(
  fc.record({
    python: fc.oneof(
      someText.map((path) => ({ kind: "interpreter" as const, path })),
      fc.record({
        kind: fc.constant("packages" as const),
        version: fc.option(version),
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

/** Every step has an output `out`, which later steps may read. */
function step(
  id: string,
  earlier: readonly string[],
  known: readonly ParameterDefinition[],
): fc.Arbitrary<StepDefinition> {
  const sources: fc.Arbitrary<InputSource>[] = [
    dataPath.map((place) => ({ kind: "dataReference" as const, dataPath: place })),
    ...earlier.map((stepId) => fc.constant({ kind: "stepOutput" as const, stepId, port: "out" })),
    ...known
      .filter(({ kind }) => kind === "dataPath")
      .map(({ name }) => fc.constant({ kind: "dataPathParameter" as const, parameter: name })),
  ];
  const values: fc.Arbitrary<StepParameter["value"]>[] = [
    anyLiteral.map((value) => ({ kind: "literal" as const, value })),
    ...known
      .filter(({ kind }) => kind === "literal")
      .map(({ name }) => fc.constant({ kind: "pipelineParameter" as const, parameter: name })),
  ];
  return fc
    .record({
      id: fc.constant(id),
      name: someText,
      snapshotId: fc.uuid(),
      script: fc.constantFrom("main.py", "deep/er/main.py"),
      inputs: fc
        .array(
          fc.record({
            mode: fc.constantFrom("mount" as const, "download" as const, "direct" as const),
            source: fc.oneof(...sources),
          }),
          { maxLength: 3 },
        )
        .map((ports) => ports.map((port, index) => ({ name: `in_${index}`, ...port }))),
      outputs: fc
        .array(
          fc.record({
            datastore: fc.constantFrom("workspaceblobstore", "other"),
            mode: fc.constantFrom("mount" as const, "upload" as const),
            pipelineOutputName: fc.option(someText),
          }),
          { minLength: 1, maxLength: 3 },
        )
        .map((ports) =>
          ports.map((port, index) => ({ name: index === 0 ? "out" : `out_${index}`, ...port })),
        ),
      parameters: fc
        .array(fc.record({ name: someText, value: fc.oneof(...values) }), { maxLength: 3 })
        .map((own) => own.map(({ name, value }, index) => ({ name: `${name}${index}`, value }))),
      environmentVariables: variables,
      pythonEnvironment: environment,
      computeTarget: someText,
      allowReuse: fc.boolean(),
      regenerateOutput: fc.boolean(),
      runAfter: fc.subarray([...earlier]),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 30 * 24 * 3_600_000 })),
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
