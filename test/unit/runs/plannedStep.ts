/** Planned steps to take fingerprints of. */
import fc from "fast-check";
import type { PlannedArgument, PlannedInput, PlannedOutput, PlannedStep } from "../../../src/runs/plan";
import type { StepFacts } from "../../../src/runs/fingerprint";

export function plannedInput(
  name: string,
  source: PlannedInput["source"],
  more: Partial<PlannedInput> = {},
): PlannedInput {
  return { name, mode: "mount", source, pathOnCompute: null, overwrite: false, ...more };
}

export function plannedOutput(name: string, more: Partial<PlannedOutput> = {}): PlannedOutput {
  return {
    name,
    dataPath: { datastore: "store", path: `azureml/x/${name}` },
    mode: "mount",
    pathOnCompute: null,
    overwrite: false,
    destination: null,
    sourceGlobs: [],
    registerAs: null,
    pipelineOutputName: null,
    ...more,
  };
}

export function plannedStep(more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    stepId: "train",
    stepRunId: "run of train",
    name: "train",
    version: null,
    predecessors: ["prepare"],
    computeTarget: "local",
    hashedPaths: null,
    snapshotId: "snapshot",
    script: "train.py",
    arguments: [
      { kind: "text", value: "--lr" },
      { kind: "text", value: "0.1" },
      { kind: "input", port: "data" },
    ],
    inputs: [
      plannedInput("data", { kind: "stepOutput", stepId: "prepare", port: "clean" }, { mode: "download" }),
      plannedInput("labels", { kind: "dataPath", dataPath: { datastore: "store", path: "labels/" } }),
    ],
    outputs: [plannedOutput("model")],
    parameters: { epochs: "20" },
    environment: { AML_PARAMETER_epochs: "20", API_KEY: "hush" },
    pythonEnvironment: null,
    runSettings: {},
    timeoutMs: null,
    retries: null,
    reuse: "allowed",
    ...more,
  };
}

export const facts = (more: Partial<StepFacts> = {}): StepFacts => ({
  filesHash: "files-1",
  upstream: new Map([["prepare", { stepName: "prepare data", computedBy: "step-run-1" }]]),
  ...more,
});

const words = fc.oneof(
  fc.constantFrom("--lr", "--fast", "-v", "--lr=0.1", "-5", "", "a", "argument", "--lr (2)"),
  fc.string({ maxLength: 300 }),
);

const argument: fc.Arbitrary<PlannedArgument> = fc.oneof(
  words.map((value) => ({ kind: "text" as const, value })),
  fc.constantFrom("data", "model", "labels").map((port) => ({ kind: "input" as const, port })),
  fc.constantFrom("data", "model", "labels").map((port) => ({ kind: "output" as const, port })),
);

const input: fc.Arbitrary<PlannedInput> = fc.record({
  name: fc.constantFrom("a", "b", "c", "data"),
  mode: fc.constantFrom("mount" as const, "download" as const, "direct" as const),
  source: fc.oneof(
    fc.record({
      kind: fc.constant("dataPath" as const),
      dataPath: fc.record({ datastore: fc.constantFrom("x", "y"), path: words }),
    }),
    fc.constantFrom("out", "other").map((port) => ({ kind: "stepOutput" as const, stepId: "prepare", port })),
    words.map((datasetId) => ({ kind: "dataset" as const, datasetId, paths: [] })),
  ),
  pathOnCompute: fc.option(words),
  overwrite: fc.boolean(),
});

const plannedOutputs: fc.Arbitrary<PlannedOutput> = fc
  .record({
    mode: fc.constantFrom("mount" as const, "upload" as const),
    pathOnCompute: fc.option(words),
    overwrite: fc.boolean(),
    destination: fc.option(words),
    sourceGlobs: fc.array(words, { maxLength: 2 }),
    registerAs: fc.option(fc.record({ name: words, description: words, tags: fc.constant({}) })),
  })
  .map((more) => plannedOutput("model", more));

const arbitraryArguments = fc.array(argument, { maxLength: 8 });
const arbitraryInputs = fc.uniqueArray(input, { maxLength: 4, selector: ({ name }) => name });
const arbitraryEnvironment = fc.dictionary(
  fc.oneof(fc.constantFrom("AML_PARAMETER_lr", "LANG", "HOME"), fc.stringMatching(/^[A-Z]{1,6}$/)),
  words,
  { maxKeys: 4, noNullPrototype: true },
);

export const arbitraryStep: fc.Arbitrary<PlannedStep> = fc
  .record({
    name: fc.constantFrom("train", "prepare data"),
    script: fc.constantFrom("a.py", "b.py"),
    computeTarget: fc.constantFrom("local", "cluster"),
    arguments: arbitraryArguments,
    inputs: arbitraryInputs,
    environment: arbitraryEnvironment,
    parameters: fc.dictionary(fc.constantFrom("lr", "epochs"), words, { noNullPrototype: true }),
    outputs: fc.array(plannedOutputs, { maxLength: 1 }),
    version: fc.option(words),
    runSettings: fc.record({ NodeCount: words }, { requiredKeys: [] }),
  })
  .map((more) => plannedStep(more));
