import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LiteralType, LiteralValue } from "../../../src/model/definition";
import {
  coerceLiteral,
  literalText,
  parameterVariable,
  resolveParameters,
} from "../../../src/model/parameters";
import { definitionOf, stepOf } from "./definitionBuilder";

const path = { datastore: "workspaceblobstore", path: "raw/a.csv" };
const definition = definitionOf(
  [stepOf("a")],
  [
    { kind: "literal", name: "epochs", type: "int", defaultValue: 5 },
    { kind: "literal", name: "rate", type: "float", defaultValue: null },
    { kind: "dataPath", name: "input", defaultValue: path },
  ],
);

describe("the parameters of a run", () => {
  test("every parameter has a value, defaults included", () => {
    expect(resolveParameters(definition, { rate: 0.1 }, {})).toEqual({
      ok: true,
      value: { literals: { epochs: 5, rate: 0.1 }, dataPaths: { input: path }, datasets: {} },
    });
  });

  test("all problems at once: unknown, missing, wrong type, wrong kind", () => {
    const resolved = resolveParameters(definition, { epochs: "many", other: 1, input: "x" }, { rate: path });
    const problems = resolved.ok ? [] : resolved.problems;
    expect(problems.map(({ code, field }) => `${code} ${field}`)).toEqual([
      "UnknownParameter ParameterAssignments.other",
      "WrongParameterKind ParameterAssignments.input",
      "WrongParameterKind DataPathAssignments.rate",
      "InvalidParameterValue ParameterAssignments.epochs",
      "MissingParameter ParameterAssignments.rate",
    ]);
    expect(problems[0]!.expected).toContain("epochs, rate, input");
  });

  test("an assigned path cannot leave its datastore's container", () => {
    const resolved = resolveParameters(
      definition,
      { rate: 1 },
      { input: { ...path, path: "../other/a.csv" } },
    );
    expect(resolved).toMatchObject({ ok: false, problems: [{ code: "InvalidParameterValue" }] });
  });

  test("a name from Object's prototype is unknown, not found", () => {
    const resolved = resolveParameters(definition, { rate: 1, ["constructor"]: 1 }, {});
    expect(resolved).toMatchObject({ ok: false, problems: [{ code: "UnknownParameter" }] });
  });
});

const cases: readonly [LiteralType, LiteralValue, LiteralValue | undefined][] = [
  ["int", "20", 20],
  ["int", 20, 20],
  ["int", "-3", -3],
  ["int", "2.5", undefined],
  ["int", 2.5, undefined],
  ["int", "", undefined],
  ["int", true, undefined],
  ["int", "0x10", undefined],
  ["int", "99999999999999999999", undefined],
  ["float", "1e-3", 0.001],
  ["float", ".5", 0.5],
  ["float", "NaN", undefined],
  ["float", "Infinity", undefined],
  ["float", "1,5", undefined],
  ["bool", "True", true],
  ["bool", "false", false],
  ["bool", "1", undefined],
  ["bool", 1, undefined],
  ["string", 7, "7"],
  ["string", true, "True"],
  ["string", "", ""],
];

test.each(cases)("as %s, %j becomes %j", (type, given, expected) => {
  expect(coerceLiteral(type, given)).toEqual(expected);
});

test("a value that was rendered for v1's SDK comes back as it was", () => {
  fc.assert(fc.property(fc.integer(), (value) => coerceLiteral("int", literalText(value)) === value));
  fc.assert(fc.property(fc.boolean(), (value) => coerceLiteral("bool", literalText(value)) === value));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      Object.is(Number(coerceLiteral("float", literalText(value))) + 0, value + 0),
    ),
  );
});

test("a variable's name keeps word characters and tildes and replaces the rest", () => {
  expect(parameterVariable("learning-rate 2~")).toBe("AML_PARAMETER_learning_rate_2~");
});
