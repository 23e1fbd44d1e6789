/** What a step may ask of a machine that runs one process of one step: one of each. Source: spec azureml-v1-yaml.md §3.2. */
import type { RunSettingName } from "./definition";
import type { Problem } from "./problem";

/** Code: `UnsupportedFeature`. `value` is the setting as text. */
export function runSettingProblem(field: string, name: RunSettingName, value: string): readonly Problem[] {
  if (value === "1") return [];
  const expected = "1: a step runs as one process on one node";
  return [{ code: "UnsupportedFeature", field: `${field}.${name}`, expected, received: value.slice(0, 80) }];
}
