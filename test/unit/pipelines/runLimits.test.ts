import { describe, expect, test } from "@jest/globals";
import { limitProblems, runLimits } from "../../../src/pipelines/runLimits";

describe("limits of runs in the properties of a pipeline", () => {
  test("are read where they are given", () => {
    const properties = { "sluice.runsAtOnce": "3", "sluice.timeoutSeconds": "90.5", other: "x" };
    expect(runLimits(properties)).toEqual({ runsAtOnce: 3, timeoutMs: 90_500 });
    expect(runLimits({})).toEqual({ runsAtOnce: null, timeoutMs: null });
    expect(limitProblems(properties)).toEqual([]);
  });

  test.each([
    ["sluice.runsAtOnce", "0"],
    ["sluice.runsAtOnce", "501"],
    ["sluice.runsAtOnce", "two"],
    ["sluice.timeoutSeconds", "0"],
    ["sluice.timeoutSeconds", "-1"],
    ["sluice.timeoutSeconds", "9999999"],
  ])("%s %s is refused when the pipeline is published, not when it runs", (name, value) => {
    expect(limitProblems({ [name]: value })).toMatchObject([
      { code: "InvalidField", field: `Properties.${name}`, received: value },
    ]);
    expect(runLimits({ [name]: value })).toEqual({ runsAtOnce: null, timeoutMs: null });
  });
});
