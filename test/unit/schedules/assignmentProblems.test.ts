import { describe, expect, test } from "@jest/globals";
import type { PipelineDefinition } from "../../../src/model/definition";
import { findAssignmentProblems } from "../../../src/schedules/assignmentProblems";

const definition: PipelineDefinition = {
  parameters: [
    { kind: "literal", name: "rate", type: "float", defaultValue: 0.1 },
    { kind: "literal", name: "epochs", type: "int", defaultValue: null },
    { kind: "literal", name: "fast", type: "bool", defaultValue: false },
    { kind: "dataPath", name: "input", defaultValue: null },
  ],
  steps: [],
};
const path = { datastore: "workspaceblobstore", path: "a" };

describe("fixed values", () => {
  test("are taken as text, as v1 sends them", () => {
    const literals = { rate: "0.5", epochs: "3", fast: "True" };
    const assignments = { parameterAssignments: literals, dataPathAssignments: { input: path } };
    expect(findAssignmentProblems(definition, assignments, null)).toEqual([]);
  });

  test("need none for the parameter that the changed blob fills", () => {
    const assignments = { parameterAssignments: { epochs: 3 }, dataPathAssignments: {} };
    expect(findAssignmentProblems(definition, assignments, "input")).toEqual([]);
  });

  test("are told all problems at once", () => {
    const assignments = {
      parameterAssignments: { rate: "fast", fast: 1, input: "a.csv", nothing: 1 },
      dataPathAssignments: { rate: path },
    };
    expect(
      findAssignmentProblems(definition, assignments, "epochs").map(({ code, field }) => `${code} ${field}`),
    ).toEqual([
      "ParameterTypeMismatch pipeline_parameters.rate",
      "ParameterTypeMismatch pipeline_parameters.fast",
      "ParameterKindMismatch pipeline_parameters.input",
      "UnknownParameter pipeline_parameters.nothing",
      "ParameterKindMismatch pipeline_parameters.rate",
      "ParameterKindMismatch data_path_parameter_name",
    ]);
    expect(
      findAssignmentProblems(definition, { parameterAssignments: {}, dataPathAssignments: {} }, null),
    ).toMatchObject([
      { code: "ParameterMissing", field: "pipeline_parameters.epochs" },
      { code: "ParameterMissing", field: "pipeline_parameters.input" },
    ]);
  });
});
