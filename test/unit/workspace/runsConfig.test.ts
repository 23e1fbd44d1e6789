import { expect, test } from "@jest/globals";
import type { Problem } from "../../../src/model/problem";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";

test("runs are strict and unlimited unless the settings say otherwise, and what makes no sense is told", () => {
  const problems: Problem[] = [];
  expect(parseRunsConfig({}, problems)).toEqual({ unknownParameters: "refuse", runsAtOnce: null });
  const set = { SLUICE_UNKNOWN_PARAMETERS: "ignore", SLUICE_RUNS_AT_ONCE: "500" };
  expect(parseRunsConfig(set, problems)).toEqual({ unknownParameters: "ignore", runsAtOnce: 500 });
  expect(problems).toEqual([]);
  parseRunsConfig({ SLUICE_UNKNOWN_PARAMETERS: "maybe", SLUICE_RUNS_AT_ONCE: "0" }, problems);
  expect(problems).toMatchObject([
    { code: "SettingInvalid", field: "SLUICE_UNKNOWN_PARAMETERS", received: "maybe" },
    { code: "SettingInvalid", field: "SLUICE_RUNS_AT_ONCE", received: "0" },
  ]);
});
