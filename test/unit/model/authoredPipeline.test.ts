import { describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  definitionOfAuthored,
  parseAuthoredPipeline,
  sourceDirectoriesOf,
} from "../../../src/model/authoredPipeline";
import { definitionFromGraph } from "../../../src/model/definitionFromGraph";
import { graphFromDefinition } from "../../../src/model/graphFromDefinition";
import { parseDefinition } from "../../../src/model/parseDefinition";

const exampleFolder = join(__dirname, "../../../examples/tumour");

function parsed(input: unknown) {
  const result = parseAuthoredPipeline(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const filesRead = {
  snapshotOf: () => "5f0c1d4e-0000-4000-8000-000000000001",
  hashOf: () => "a".repeat(64),
};

function problemsOf(input: unknown) {
  const result = parseAuthoredPipeline(input);
  return result.ok ? [] : result.problems;
}

describe("a pipeline file", () => {
  test("of the example is accepted, and every script that it names exists", () => {
    const pipeline = parsed(JSON.parse(readFileSync(join(exampleFolder, "pipeline.json"), "utf8")));
    expect(pipeline.steps.map(({ id }) => id)).toEqual(["prepare", "train", "evaluate"]);
    for (const { sourceDirectory, script } of pipeline.steps) {
      expect(existsSync(join(exampleFolder, sourceDirectory, script))).toBe(true);
    }
    expect(sourceDirectoriesOf(pipeline)).toEqual(["scripts"]);
  });

  test("of the example survives being published as a graph", () => {
    const pipeline = parsed(JSON.parse(readFileSync(join(exampleFolder, "pipeline.json"), "utf8")));
    const definition = definitionOfAuthored(pipeline, filesRead);
    const uploaded = graphFromDefinition(definition, { sha256: () => "f", contentOf: () => "c" });
    const result = definitionFromGraph(uploaded);
    const byKind = (kind: string) => definition.parameters.filter((parameter) => parameter.kind === kind);
    const parameters = [...byKind("literal"), ...byKind("dataPath")];
    expect(result).toEqual({ ok: true, value: { ...definition, parameters } });
  });

  test("needs no more of a step than its name and script", () => {
    const pipeline = parsed({ name: "p", steps: [{ name: "one", script: "one.py", arguments: ["--fast"] }] });
    const definition = definitionOfAuthored(pipeline, filesRead);
    expect(parseDefinition(definition)).toEqual({ ok: true, value: definition });
    expect(definition.steps[0]).toMatchObject({
      id: "one",
      computeTarget: "local",
      allowReuse: true,
      regenerateOutput: false,
      arguments: [{ kind: "literal", value: "--fast" }],
    });
  });

  test("tells a cycle as its path, as a definition does", () => {
    const step = (name: string, runAfter: string) => ({ name, script: "s.py", runAfter: [runAfter] });
    expect(problemsOf({ name: "p", steps: [step("a", "b"), step("b", "a")] })).toMatchObject([
      { code: "CyclicGraph", field: "steps" },
    ]);
  });

  test.each(["../secrets", "/etc", "C:/Users", "a\\b", "a//b", ""])(
    "cannot make a client upload the folder %j outside its own",
    (sourceDirectory) => {
      const problems = problemsOf({ name: "p", steps: [{ name: "one", script: "one.py", sourceDirectory }] });
      expect(problems.map(({ field }) => field)).toEqual(["steps.one.sourceDirectory"]);
    },
  );

  test("reports a misspelt key instead of running without it", () => {
    const problems = problemsOf({ name: "p", steps: [{ name: "one", script: "one.py", runsAfter: [] }] });
    expect(problems.map(({ field }) => field)).toEqual(["steps.one"]);
  });
});
