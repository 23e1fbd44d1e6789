/** Small, valid definitions to start from. */
import type { PipelineDefinition, StepDefinition } from "../../../src/model/definition";

export function stepOf(id: string, more: Partial<StepDefinition> = {}): StepDefinition {
  return {
    id,
    name: id,
    snapshotId: "5f0c6a1e-0000-4000-8000-000000000001",
    script: "main.py",
    arguments: [],
    inputs: [],
    outputs: [{ name: "out", datastore: "workspaceblobstore", mode: "mount", pipelineOutputName: null }],
    parameters: [],
    environmentVariables: {},
    pythonEnvironment: null,
    computeTarget: "local",
    allowReuse: true,
    regenerateOutput: false,
    runAfter: [],
    timeoutMs: null,
    ...more,
  };
}

/** `from`'s output as an input. */
export function inputFrom(from: string, name = "in"): StepDefinition["inputs"][number] {
  return { name, mode: "mount", source: { kind: "stepOutput", stepId: from, port: "out" } };
}

export function definitionOf(
  steps: readonly StepDefinition[],
  parameters: PipelineDefinition["parameters"] = [],
): PipelineDefinition {
  return { parameters, steps };
}
