import { describe, expect, test } from "@jest/globals";
import { parseDefinition } from "../../../src/model/parseDefinition";
import { definitionOf, inputFrom, inputPort, stepOf } from "./definitionBuilder";

const problemsOf = (input: unknown) => {
  const parsed = parseDefinition(input);
  return parsed.ok ? [] : parsed.problems;
};
const codesAndFields = (input: unknown) => problemsOf(input).map(({ code, field }) => `${code} ${field}`);

describe("a pipeline definition at the gate", () => {
  test("a chain with data, order and parameters is accepted as it is", () => {
    const definition = definitionOf(
      [
        stepOf("prepare", {
          inputs: [inputPort("raw", { kind: "dataPathParameter", parameter: "input_data" })],
          arguments: [
            { kind: "input", port: "raw" },
            { kind: "output", port: "out" },
          ],
        }),
        stepOf("train", {
          inputs: [inputFrom("prepare")],
          parameters: [{ name: "lr", value: { kind: "pipelineParameter", parameter: "learning_rate" } }],
          arguments: [{ kind: "parameter", name: "lr" }],
        }),
        stepOf("notify", { runAfter: ["train"] }),
      ],
      [
        { kind: "literal", name: "learning_rate", type: "float", defaultValue: 0.5 },
        {
          kind: "dataPath",
          name: "input_data",
          defaultValue: { datastore: "workspaceblobstore", path: "a/b.csv" },
        },
      ],
    );
    expect(parseDefinition(definition)).toEqual({ ok: true, value: definition });
  });

  test("every problem is reported at once, each naming the step and the key", () => {
    const definition = definitionOf([
      stepOf("a", { inputs: [inputFrom("nowhere")], runAfter: ["gone"] }),
      stepOf("b", {
        inputs: [{ ...inputFrom("a"), source: { kind: "stepOutput", stepId: "a", port: "other" } }],
        arguments: [{ kind: "input", port: "missing" }],
        parameters: [{ name: "x", value: { kind: "pipelineParameter", parameter: "unknown" } }],
      }),
    ]);
    expect(codesAndFields(definition)).toEqual([
      "UnknownReference steps.a.inputs.in",
      "UnknownReference steps.a.runAfter",
      "UnknownReference steps.b.inputs.in",
      "UnknownReference steps.b.parameters.x",
      "UnknownReference steps.b.arguments.0",
    ]);
  });

  test("a cycle is shown as its path", () => {
    const definition = definitionOf([
      stepOf("a", { inputs: [inputFrom("c")] }),
      stepOf("b", { inputs: [inputFrom("a")] }),
      stepOf("c", { runAfter: ["b"] }),
    ]);
    expect(problemsOf(definition)).toMatchObject([{ code: "CyclicGraph", received: "a → b → c → a" }]);
  });

  test("a step that waits for itself is a cycle", () => {
    expect(problemsOf(definitionOf([stepOf("a", { runAfter: ["a"] })]))).toMatchObject([
      { received: "a → a" },
    ]);
  });

  test("step names may repeat, ids and ports may not", () => {
    const twice = [stepOf("a", { name: "same" }), stepOf("b", { name: "same" })];
    expect(problemsOf(definitionOf(twice))).toEqual([]);
    expect(codesAndFields(definitionOf([stepOf("a"), stepOf("a")]))).toContain("DuplicateName steps.a");
    const clash = stepOf("b", { inputs: [inputFrom("a", "out")] });
    expect(codesAndFields(definitionOf([stepOf("a"), clash]))).toEqual(["DuplicateName steps.b.ports.out"]);
  });

  test("a literal parameter cannot feed an input, nor a data path an argument", () => {
    const parameters = [
      { kind: "literal", name: "n", type: "int", defaultValue: 1 },
      { kind: "dataPath", name: "p", defaultValue: null },
    ] as const;
    const step = stepOf("a", {
      inputs: [inputPort("in", { kind: "dataPathParameter", parameter: "n" })],
      parameters: [{ name: "x", value: { kind: "pipelineParameter", parameter: "p" } }],
    });
    expect(codesAndFields(definitionOf([step], parameters))).toEqual([
      "WrongParameterKind steps.a.inputs.in",
      "WrongParameterKind steps.a.parameters.x",
    ]);
  });

  test("a default of another type is refused rather than converted", () => {
    const parameters = [{ kind: "literal", name: "n", type: "int", defaultValue: "five" }] as const;
    expect(codesAndFields(definitionOf([stepOf("a")], parameters))).toEqual([
      "InvalidDefault parameters.n.defaultValue",
    ]);
  });

  test.each(["../secret.py", "/etc/passwd", "a\\b.py", "C:evil.py", "a//b.py", "", "./a.py"])(
    "a script path that could leave the snapshot is refused: %j",
    (script) => {
      expect(codesAndFields(definitionOf([stepOf("a", { script })]))).toEqual([
        "InvalidDefinition steps.a.script",
      ]);
    },
  );

  test("an unknown key is refused, since ignoring it would run something else", () => {
    const definition = definitionOf([{ ...stepOf("a"), retry: 3 } as ReturnType<typeof stepOf>]);
    expect(codesAndFields(definition)).toEqual(["InvalidDefinition steps.a"]);
  });

  test.each([[null], [[]], ["text"], [{}], [{ steps: [], parameters: [] }]])(
    "is refused without a throw: %j",
    (input) => {
      expect(problemsOf(input).length).toBeGreaterThan(0);
    },
  );

  test("a chain of thousands of steps is checked without running out of stack", () => {
    const steps = Array.from({ length: 5_000 }, (_, i) =>
      stepOf(`s${i}`, i === 0 ? {} : { runAfter: [`s${i - 1}`] }),
    );
    expect(problemsOf(definitionOf(steps))).toEqual([]);
  });
});
