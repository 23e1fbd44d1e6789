/** Small, valid definitions to start from. */
import type {
  InputPort,
  InputSource,
  OutputPort,
  PipelineDefinition,
  StepDefinition,
} from "../../../src/model/definition";

export function stepOf(id: string, more: Partial<StepDefinition> = {}): StepDefinition {
  return {
    id,
    name: id,
    description: "",
    version: null,
    module: null,
    snapshotId: "5f0c6a1e-0000-4000-8000-000000000001",
    hashedPaths: null,
    script: "main.py",
    arguments: [],
    inputs: [],
    outputs: [outputPort("out")],
    parameters: [],
    runSettings: [],
    environmentVariables: {},
    pythonEnvironment: null,
    computeTarget: "local",
    allowReuse: true,
    regenerateOutput: false,
    runAfter: [],
    timeoutMs: null,
    retries: null,
    ...more,
  };
}

/** `from`'s output as an input. */
export function inputFrom(from: string, name = "in"): InputPort {
  return inputPort(name, { kind: "stepOutput", stepId: from, port: "out" });
}

export function inputPort(name: string, source: InputSource, more: Partial<InputPort> = {}): InputPort {
  return { name, mode: "mount", source, pathOnCompute: null, overwrite: false, ...more };
}

export function outputPort(name: string, more: Partial<OutputPort> = {}): OutputPort {
  return {
    name,
    datastore: "workspaceblobstore",
    mode: "mount",
    pathOnCompute: null,
    overwrite: false,
    destination: null,
    registerAs: null,
    pipelineOutputName: null,
    ...more,
  };
}

export function definitionOf(
  steps: readonly StepDefinition[],
  parameters: PipelineDefinition["parameters"] = [],
): PipelineDefinition {
  return { parameters, steps };
}
