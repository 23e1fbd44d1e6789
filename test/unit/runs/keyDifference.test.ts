import { describe, expect, test } from "@jest/globals";
import { fileChanges } from "../../../src/runs/fileChanges";
import { fingerprintOf, type StepFacts } from "../../../src/runs/fingerprint";
import { keyDifference, type DifferenceFacts } from "../../../src/runs/keyDifference";
import type { PlannedArgument, PlannedStep } from "../../../src/runs/plan";
import { sha256 } from "../../../src/workspace/sha256";
import { facts, plannedInput, plannedOutput, plannedStep } from "./plannedStep";

const plain: DifferenceFacts = { files: [], reusedUpstream: new Set() };
const texts = (...values: readonly string[]): readonly PlannedArgument[] =>
  values.map((value) => ({ kind: "text", value }));

function difference(
  before: Partial<PlannedStep>,
  after: Partial<PlannedStep>,
  known: DifferenceFacts = plain,
): readonly string[] {
  const parts = (step: Partial<PlannedStep>) => fingerprintOf(plannedStep(step), facts(), sha256).parts;
  return keyDifference(parts(before), parts(after), known);
}

const external = (path: string): PlannedStep["inputs"] => [
  plannedInput("raw", { kind: "dataPath", dataPath: { datastore: "store", path } }),
];

describe("one changed part is the one that is named", () => {
  test.each<readonly [string, Partial<PlannedStep>, Partial<PlannedStep>, readonly string[]]>([
    ["the script", { script: "a.py" }, { script: "b.py" }, ["script a.py → b.py"]],
    ["the compute target", {}, { computeTarget: "gpu" }, ["compute target local → gpu"]],
    [
      "the value of an option",
      { arguments: texts("--lr", "0.1") },
      { arguments: texts("--lr", "0.2") },
      ["argument --lr 0.1 → 0.2"],
    ],
    [
      "the second value of an option",
      { arguments: texts("--layers", "64", "32") },
      { arguments: texts("--layers", "64", "16") },
      ["argument --layers (2) 32 → 16"],
    ],
    [
      "an option that was given twice",
      { arguments: texts("--x", "1", "--x", "2") },
      { arguments: texts("--x", "1", "--x", "3") },
      ["argument --x (2) 2 → 3"],
    ],
    [
      "an option written with =",
      { arguments: texts("--lr=1") },
      { arguments: texts("--lr=2") },
      ["argument --lr=1 → --lr=2"],
    ],
    [
      "a text without an option",
      { arguments: texts("a", "b") },
      { arguments: texts("a", "c") },
      ["argument 2 b → c"],
    ],
    [
      "a text that became empty",
      { arguments: texts("-x", "a") },
      { arguments: texts("-x", "") },
      ['argument -x a → ""'],
    ],
    ["a new option", { arguments: [] }, { arguments: texts("--fast") }, ["argument --fast is new"]],
    [
      "an option with its value gone",
      { arguments: texts("--lr", "1") },
      { arguments: [] },
      ["argument --lr is gone"],
    ],
    [
      "the order of arguments",
      { arguments: texts("--a", "1", "--b", "2") },
      { arguments: texts("--b", "2", "--a", "1") },
      ["the arguments come in another order"],
    ],
    [
      "a long text",
      { arguments: texts("--q", "x".repeat(1_000)) },
      { arguments: texts("--q", `${"x".repeat(1_000)}y`) },
      ["argument --q changed"],
    ],
    [
      "the place of an input",
      { inputs: external("a.csv"), predecessors: [] },
      { inputs: external("b.csv"), predecessors: [] },
      ["input raw mount store/a.csv → mount store/b.csv"],
    ],
    [
      "the datastore of an output",
      {},
      { outputs: [plannedOutput("model", { dataPath: { datastore: "cold", path: "azureml/x" } })] },
      ["output model mount on store → mount on cold"],
    ],
    [
      "a file beside the source directory",
      { hashedPaths: "a".repeat(64) },
      { hashedPaths: "b".repeat(64) },
      ["a file that hash_paths names changed"],
    ],
    ["the version", { version: "1" }, { version: "2" }, ["version 1 → 2"]],
    ["the number of nodes", {}, { runSettings: { NodeCount: "2" } }, ["setting NodeCount is new"]],
    [
      "the local place of an output",
      {},
      { outputs: [plannedOutput("model", { pathOnCompute: "out" })] },
      ["local path of model is new"],
    ],
    ["a parameter", { parameters: { lr: "0.1" } }, { parameters: { lr: "0.2" } }, ["parameter lr 0.1 → 0.2"]],
    [
      "a variable, without telling what it holds",
      { environment: { API_KEY: "one" } },
      { environment: { API_KEY: "two" } },
      ["variable API_KEY changed"],
    ],
    [
      "a package",
      { pythonEnvironment: packages("numpy==1.26") },
      { pythonEnvironment: packages("numpy==2.0") },
      ["package pip numpy numpy==1.26 → numpy==2.0"],
    ],
    [
      "an address of packages, without telling it",
      { pythonEnvironment: packages("--index-url https://u:secret@a") },
      { pythonEnvironment: packages("--index-url https://u:secret@b") },
      ["package pip changed"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(difference(before, after)).toEqual(expected);
  });

  test("a parameter that is an argument as well is told once", () => {
    const step = (lr: string): Partial<PlannedStep> => ({
      arguments: texts("--lr", lr),
      parameters: { learning_rate: lr },
    });
    expect(difference(step("0.1"), step("0.2"))).toEqual(["argument --lr 0.1 → 0.2"]);
  });

  test("files are named where they are known", () => {
    const parts = (filesHash: string) => fingerprintOf(plannedStep(), facts({ filesHash }), sha256).parts;
    const known = { ...plain, files: ["prepare.py changed", "old.py is gone"] };
    expect(keyDifference(parts("1"), parts("2"), known)).toEqual(known.files);
    expect(keyDifference(parts("1"), parts("2"), plain)).toEqual([
      "the files of its source directory changed",
    ]);
  });

  test("an upstream step is told once for all its outputs, and whether it ran or was reused from elsewhere", () => {
    const inputs = ["a", "b"].map((name) =>
      plannedInput(name, { kind: "stepOutput", stepId: "prepare", port: name }),
    );
    const from = (computedBy: string): StepFacts =>
      facts({ upstream: new Map([["prepare", { stepName: "prepare data", computedBy }]]) });
    const parts = (computedBy: string) =>
      fingerprintOf(plannedStep({ inputs }), from(computedBy), sha256).parts;
    expect(keyDifference(parts("1"), parts("2"), plain)).toEqual(["upstream step prepare data ran anew"]);
    const reused = { ...plain, reusedUpstream: new Set(["prepare data"]) };
    expect(keyDifference(parts("1"), parts("2"), reused)).toEqual([
      "upstream step prepare data was reused from another run",
    ]);
  });

  test("a step that is only waited for counts as well: what it did may matter", () => {
    const parts = (computedBy: string) =>
      fingerprintOf(
        plannedStep({ inputs: [] }),
        facts({ upstream: new Map([["prepare", { stepName: "load", computedBy }]]) }),
        sha256,
      ).parts;
    expect(keyDifference(parts("1"), parts("2"), plain)).toEqual(["upstream step load ran anew"]);
  });
});

function packages(line: string): PlannedStep["pythonEnvironment"] {
  return { python: { kind: "packages", version: null, pip: [line], conda: [] }, dockerImage: null };
}

test("files that differ are told by path: new, changed and gone", () => {
  const files = (...named: readonly (readonly [string, string])[]) => ({
    files: named.map(([path, hash]) => ({ path, hash, size: 1 })),
  });
  const before = files(["a.py", "1"], ["b.py", "1"], ["c.py", "1"]);
  const after = files(["b.py", "2"], ["c.py", "1"], ["d.py", "1"]);
  expect(fileChanges(before, after)).toEqual(["a.py is gone", "b.py changed", "d.py is new"]);
});
