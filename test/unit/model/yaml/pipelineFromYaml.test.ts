import { describe, expect, test } from "@jest/globals";
import { definitionOfAuthored, type AuthoredPipeline } from "../../../../src/model/authoredPipeline";
import { parseDefinition } from "../../../../src/model/parseDefinition";
import { fileProblemText } from "../../../../src/model/yaml/fileProblem";
import { pipelineFromYaml } from "../../../../src/model/yaml/pipelineFromYaml";
import { inputPort, outputPort, stepOf } from "../definitionBuilder";
import { exampleFile, findExampleFile, testOfExamples } from "./exampleFiles";

type Files = Readonly<Record<string, string>>;

const read = (text: string, files: Files = {}) =>
  pipelineFromYaml({ file: "p.yml", text, name: "p", readText: (path) => files[path] });

function accepted(
  text: string,
  files: Files = {},
): { readonly pipeline: AuthoredPipeline; readonly warnings: string[] } {
  const result = read(text, files);
  if (!result.ok) throw new Error(result.problems.map(fileProblemText).join("\n"));
  return { pipeline: result.value, warnings: result.warnings.map(fileProblemText) };
}

function refusals(text: string, files: Files = {}): readonly string[] {
  const result = read(text, files);
  return result.ok
    ? []
    : result.problems.map(({ code, line, column, field }) => `${line}:${column} ${code} ${field}`);
}

const lines = (...all: readonly string[]): string => all.join("\n");
/** One step with these lines in it, from line 7. */
const oneStep = (...more: readonly string[]): string =>
  lines(
    "pipeline:",
    "  default_compute: local",
    "  steps:",
    "    A:",
    "      type: PythonScriptStep",
    "      script_name: a.py",
    ...more.map((line) => `      ${line}`),
  );

describe("the example files of v1", () => {
  const fromExamples = (file: string) =>
    pipelineFromYaml({ file, text: exampleFile(file), name: "example", readText: findExampleFile });

  testOfExamples("train.pipeline.yml loads as it is, and means what v1 means by it", () => {
    const result = fromExamples("train.pipeline.yml");
    if (!result.ok) throw new Error(result.problems.map(fileProblemText).join("\n"));
    expect(result.warnings).toEqual([]);
    const [clean, fit] = result.value.steps;
    expect(result.value.description).toBe("Cleans the event log and trains the churn model");
    expect(clean).toMatchObject({
      id: "Clean",
      name: "clean-events",
      sourceDirectory: "train",
      computeTarget: "cpu-cluster",
      timeoutMs: 3_600_000,
      environmentVariables: { PYTHONUNBUFFERED: "1" },
      pythonEnvironment: {
        python: {
          kind: "packages",
          version: "3.10",
          pip: ["pandas==2.2.2", "scikit-learn==1.5.0"],
          conda: [],
        },
      },
      inputs: [
        { name: "events", mode: "mount", source: { kind: "dataPathParameter", parameter: "raw_events" } },
        {
          name: "countries",
          mode: "download",
          source: { kind: "dataReference", dataPath: { path: "reference/country-codes.csv" } },
          pathOnCompute: "reference",
          overwrite: true,
        },
      ],
    });
    expect(fit).toMatchObject({
      version: "2",
      allowReuse: false,
      inputs: [{ source: { kind: "stepOutput", stepId: "Clean", port: "clean_table" } }],
      outputs: [{ name: "model", mode: "upload", pathOnCompute: "model", overwrite: true }],
      runSettings: [{ name: "NodeCount", value: { kind: "pipelineParameter", parameter: "cluster_nodes" } }],
      parameters: [
        { name: "learning_rate_arg", value: { kind: "pipelineParameter", parameter: "learning_rate" } },
        { name: "epochs_arg", value: { kind: "pipelineParameter", parameter: "epochs" } },
        { name: "seed", value: { kind: "literal", value: 7 } },
      ],
    });
    expect(fit!.arguments).toContainEqual({ kind: "parameter", name: "seed" });
    const files = { snapshotOf: () => "s", hashOf: () => "" };
    expect(parseDefinition(definitionOfAuthored(result.value, files)).ok).toBe(true);
  });

  testOfExamples.each([
    ["score.pipeline.yml", "pipeline.steps.Score.type", "ParallelRunStep"],
    ["transfer.pipeline.yml", "pipeline.steps.Totals.type", "AdlaStep"],
  ])(
    "%s is refused for its step types alone, each by name and with what to write instead",
    (file, field, received) => {
      const result = fromExamples(file);
      const problems = result.ok ? [] : result.problems;
      expect(problems.map(({ code }) => code)).not.toContain("UnknownKey");
      expect(problems).toContainEqual(
        expect.objectContaining({ code: "UnsupportedFeature", field, received, line: expect.any(Number) }),
      );
    },
  );
});

const everything = lines(
  "sluice: {format: 1}",
  "pipeline:",
  "  description: all of it",
  '  version: "7"',
  "  continue_on_step_failure: true",
  "  default_compute: local",
  "  default_datastore: store",
  "  default_source_directory: ./src/",
  "  environment_variables: {LEVEL: 1, SHARED: pipeline}",
  "  parameters:",
  "    rate: {type: float, default: 0.5, description: how fast}",
  "    label: {type: string}",
  "    strict: {type: bool}",
  "    place: {type: datapath, default: {datastore: d, path_on_datastore: /a/b, name: spot}}",
  "    table: {type: dataset, default: {dataset_name: sales}}",
  "  data_references:",
  "    raw: {datastore: d, path_on_datastore: raw/}",
  "    frozen: {dataset_id: 1f2e}",
  "    latest: {dataset_name: sales}",
  "  steps:",
  "    Make it:",
  "      type: PythonScriptStep",
  "      name: make",
  "      description: makes",
  "      script_name: make.py",
  "      hash_paths: [../common, /abs/file.py]",
  "      timeout_seconds: 90",
  "      retries: {max: 2, delay_seconds: 1.5, backoff: 2, on: [timeout]}",
  "      environment_variables: {SHARED: step}",
  "      parameters: {r: {source: rate}, s: {source: strict}, l: {source: label}, n: 3, t: true}",
  "      inputs:",
  "        raw: {source: raw, bind_mode: download, path_on_compute: here, overwrite: true}",
  "        spot: {source: place}",
  "        frozen: {source: frozen, bind_mode: direct}",
  '        latest: {source: latest, version: "4"}',
  "        table: {source: table}",
  "        made: {source: raw}",
  "      outputs:",
  "        made: {destination: made_data, pipeline_output_name: result}",
  "        copy:",
  "          destination: made_copy",
  "          datastore: other",
  "          bind_mode: upload",
  "          path_on_compute: out",
  "          overwrite: true",
  "          as_dataset: true",
  "          register_as: {name: copies, tags: {a: b}}",
  "      arguments: [--raw, 'input:raw', 'input:made', 'output:made', 'parameter:r', 5, 1.5, true, plain]",
  "    After:",
  "      type: PythonScriptStep",
  "      script_name: after.py",
  "      source_directory: .",
  "      compute: other",
  "      allow_reuse: false",
  "      inputs: ~",
  "      run_after: [Make it]",
);

describe("a pipeline file", () => {
  test("says everything that a definition can say", () => {
    const { pipeline, warnings } = accepted(everything);
    expect(warnings).toEqual([]);
    const after = stepOf("After", {
      name: "after.py",
      script: "after.py",
      outputs: [],
      computeTarget: "other",
      allowReuse: false,
      environmentVariables: { LEVEL: "1", SHARED: "pipeline" },
      runAfter: ["Make_it"],
    });
    expect(pipeline).toMatchObject({
      name: "p",
      description: "all of it",
      version: "7",
      continueOnStepFailure: true,
      parameters: [
        { kind: "literal", name: "rate", type: "float", defaultValue: 0.5 },
        { kind: "literal", name: "label", type: "string", defaultValue: null },
        { kind: "literal", name: "strict", type: "bool", defaultValue: false },
        { kind: "dataPath", name: "place", defaultValue: { datastore: "d", path: "a/b" } },
        { kind: "dataset", name: "table", defaultValue: { kind: "named", name: "sales", version: null } },
      ],
    });
    const files = { snapshotOf: () => after.snapshotId, hashOf: () => "f".repeat(64) };
    expect(definitionOfAuthored(pipeline, files).steps[1]).toEqual(after);
    expect(pipeline.steps[1]).toMatchObject({ sourceDirectory: ".", hashPaths: [] });
    expect(pipeline.steps[0]).toMatchObject({
      id: "Make_it",
      name: "make",
      description: "makes",
      sourceDirectory: "src",
      hashPaths: ["../common", "/abs/file.py"],
      timeoutMs: 90_000,
      retries: { maxRetries: 2, intervalMs: 1_500, backoffFactor: 2, on: ["timeout"] },
      environmentVariables: { LEVEL: "1", SHARED: "step" },
    });
    const reference = { kind: "dataReference", dataPath: { datastore: "d", path: "raw/" } } as const;
    expect(pipeline.steps[0]!.inputs).toEqual([
      inputPort("raw", reference, { mode: "download", pathOnCompute: "here", overwrite: true }),
      inputPort("spot", { kind: "dataPathParameter", parameter: "place" }),
      inputPort(
        "frozen",
        { kind: "dataset", dataset: { kind: "saved", datasetId: "1f2e" } },
        { mode: "direct" },
      ),
      inputPort("latest", { kind: "dataset", dataset: { kind: "named", name: "sales", version: "4" } }),
      inputPort("table", { kind: "datasetParameter", parameter: "table" }),
      inputPort("INPUT_made", reference),
    ]);
    expect(pipeline.steps[0]!.outputs).toEqual([
      outputPort("made", { datastore: "store", pipelineOutputName: "result" }),
      outputPort("copy", {
        datastore: "other",
        mode: "upload",
        pathOnCompute: "out",
        overwrite: true,
        registerAs: { name: "copies", description: "", tags: { a: "b" } },
      }),
    ]);
    const text = (value: string) => ({ kind: "literal", value });
    expect(pipeline.steps[0]!.arguments).toEqual([
      text("--raw"),
      { kind: "input", port: "raw" },
      { kind: "input", port: "INPUT_made" },
      { kind: "output", port: "made" },
      { kind: "parameter", name: "r" },
      text("5"),
      text("1.5"),
      text("true"),
      text("plain"),
    ]);
  });

  test("in v1's deprecated nested form is the same pipeline, with a warning", () => {
    const nested = lines(
      "pipeline:",
      "  steps:",
      "    A:",
      "      python_script_step: {script_name: a.py, name: a}",
      "      compute: local",
      "      arguments: [x]",
    );
    const flat = oneStep("name: a", "arguments: [x]");
    const { pipeline, warnings } = accepted(nested);
    expect(pipeline.steps).toEqual(accepted(flat).pipeline.steps);
    expect(warnings).toEqual([expect.stringContaining("the key type")]);
  });

  test("takes a run configuration's values where the step says nothing, and the shorter limit", () => {
    const files = {
      "conf/r.runconfig": lines(
        "target: pool",
        "max_run_duration_seconds: 60",
        "node_count: 2",
        "environment:",
        "  environment_variables: {my_name: inner, BOTH: inner}",
        "  python: {user_managed_dependencies: true, interpreter_path: /usr/bin/python3}",
        "environment_variables: {BOTH: outer}",
      ),
    };
    const text = lines(
      "pipeline:",
      "  steps:",
      "    A:",
      "      type: PythonScriptStep",
      "      script_name: a.py",
      "      runconfig: conf/r.runconfig",
      "      timeout_seconds: 90",
      "      environment_variables: {STEP: 1}",
    );
    expect(accepted(text, files).pipeline.steps[0]).toMatchObject({
      computeTarget: "pool",
      timeoutMs: 60_000,
      runSettings: [{ name: "NodeCount", value: { kind: "literal", value: 2 } }],
      environmentVariables: { my_name: "inner", BOTH: "outer", STEP: "1" },
      pythonEnvironment: { python: { kind: "interpreter", path: "/usr/bin/python3" } },
    });
  });

  test("tells the problems of a run configuration with that file's own lines", () => {
    const files = { "r.yml": "environment:\n  python: {}\nframework: CNTK\ndataReferences: {a: 1}" };
    const result = read(oneStep("runconfig: r.yml"), files);
    expect(result.ok ? [] : result.problems.map(fileProblemText)).toEqual([
      "r.yml:3:12: framework: expected Python or PyTorch, not CNTK",
      "r.yml:4:18: dataReferences: expected nothing: name data in the pipeline's inputs and outputs, not a",
    ]);
  });
});

describe("what v1 swallows", () => {
  test.each([
    [
      "a misspelt key",
      oneStep("argumets: [x]"),
      "p.yml:7:7: warning: pipeline.steps.A.argumets: expected arguments, which is close, not argumets",
    ],
    [
      "compute_target",
      oneStep("compute_target: x"),
      "p.yml:7:7: warning: pipeline.steps.A.compute_target: expected compute, which is close, not compute_target",
    ],
    [
      "an argument that names no input",
      oneStep("arguments: ['input:rwa']", "inputs: {raw: {source: r}}").replace(
        "  steps:",
        "  data_references: {r: {datastore: d, path_on_datastore: x}}\n  steps:",
      ),
      "p.yml:8:19: warning: pipeline.steps.A.arguments.0: expected an input of the step: raw, not input:rwa",
    ],
    [
      "a parameter that no step uses",
      oneStep().replace("  steps:", "  parameters: {spare: {type: int}}\n  steps:"),
      "p.yml:3:24: warning: pipeline.parameters.spare: expected a parameter that a step uses: v1 drops it, not spare",
    ],
    [
      "a quoted boolean",
      oneStep("parameters: {b: {source: b}}").replace(
        "  steps:",
        "  parameters: {b: {type: bool, default: 'false'}}\n  steps:",
      ),
      "p.yml:3:41: warning: pipeline.parameters.b.default: expected true or false without quotes: v1 takes any text for true, not false",
    ],
    [
      "a place for a mount",
      oneStep("outputs: {o: {destination: d, path_on_compute: x}}"),
      "p.yml:7:54: warning: pipeline.steps.A.outputs.o.path_on_compute: expected bind_mode: upload beside it: v1 ignores it for a mount, not mount",
    ],
  ])("is a warning, and an error in a file that promises to be ours: %s", (_what, text, warning) => {
    expect(accepted(text).warnings).toContain(warning);
    const strict = read(`sluice: {format: 1}\n${text}`);
    const isOnlyWarned = /spare|quotes/.test(warning);
    expect(strict.ok).toBe(isOnlyWarned);
  });

  test("keys of the root beside the pipeline are nobody's business", () => {
    expect(accepted(`anchors: {a: 1}\n${oneStep()}`).warnings).toEqual([]);
  });
});

describe("a pipeline file that is refused", () => {
  test.each([
    ["nothing", "", ["1:1 InvalidFile "]],
    ["no pipeline", "pipelines: 1", ["1:1 InvalidFile pipeline"]],
    ["no steps", "pipeline: {description: x}", ["1:12 InvalidFile pipeline.steps"]],
    ["an empty map of steps", "pipeline:\n  steps: {}", ["2:10 InvalidDefinition pipeline.steps"]],
    ["a list of steps", "pipeline:\n  steps: [a]", ["2:10 InvalidFile pipeline.steps"]],
    [
      "a step without a type",
      "pipeline:\n  steps:\n    A: {name: x}",
      ["3:9 InvalidFile pipeline.steps.A.type"],
    ],
    [
      "a type in another case",
      "pipeline:\n  steps:\n    A: {type: pythonscriptstep}",
      ["3:15 InvalidFile pipeline.steps.A.type"],
    ],
    [
      "no script",
      "pipeline:\n  default_compute: c\n  steps:\n    A:\n      type: PythonScriptStep",
      ["5:7 InvalidFile pipeline.steps.A.script_name"],
    ],
    ["a version that is a number", oneStep("version: 2"), ["7:16 InvalidFile pipeline.steps.A.version"]],
    ["arguments as one text", oneStep("arguments: --a b"), ["7:18 InvalidFile pipeline.steps.A.arguments"]],
    ["allow_reuse as a text", oneStep("allow_reuse: yes"), ["7:20 InvalidFile pipeline.steps.A.allow_reuse"]],
    [
      "a bind mode in another case",
      oneStep("inputs: {a: {source: x, bind_mode: Mount}}"),
      ["7:42 InvalidFile pipeline.steps.A.inputs.a.bind_mode"],
    ],
    [
      "an input without a source",
      oneStep("inputs: {a: {}}"),
      ["7:19 InvalidFile pipeline.steps.A.inputs.a.source"],
    ],
    [
      "an input from nowhere",
      oneStep("inputs:", "  a: {source: gone}"),
      ["8:21 UnknownReference pipeline.steps.A.inputs.a.source"],
    ],
    [
      "a port that is no word",
      oneStep("outputs: {q-1: {destination: d}}"),
      ["7:23 InvalidDefinition pipeline.steps.A.outputs.q-1"],
    ],
    [
      "a parameter from nowhere",
      oneStep("parameters: {a: {source: gone}}"),
      ["7:32 UnknownReference pipeline.steps.A.parameters.a.source"],
    ],
    [
      "a literal run configuration parameter",
      oneStep("runconfig_parameters: {NodeCount: 2}"),
      ["7:41 InvalidFile pipeline.steps.A.runconfig_parameters.NodeCount"],
    ],
    [
      "an unknown run configuration parameter",
      oneStep("runconfig_parameters: {Framework: {source: x}}"),
      ["7:42 UnknownReference pipeline.steps.A.runconfig_parameters.Framework"],
    ],
    [
      "a run configuration that is not there",
      oneStep("runconfig: gone.yml"),
      ["7:18 MissingFile pipeline.steps.A.runconfig"],
    ],
    ["no compute", oneStep().replace("  default_compute: local\n", ""), ["4:7 InvalidFile pipeline.steps.A"]],
    [
      "a step that follows nobody",
      oneStep("run_after: [B]"),
      ["7:19 UnknownReference pipeline.steps.A.run_after.0"],
    ],
    [
      "a source directory outside",
      oneStep("source_directory: ../x"),
      ["7:25 InvalidFile pipeline.steps.A.source_directory"],
    ],
    [
      "an SQL source",
      oneStep("inputs: {a: {source: r}}").replace(
        "  steps:",
        "  data_references: {r: {datastore: d, sql_table: t}}\n  steps:",
      ),
      ["8:28 UnsupportedFeature pipeline.steps.A.inputs.a.source"],
    ],
    [
      "a data reference of nothing",
      oneStep("inputs: {a: {source: r}}").replace(
        "  steps:",
        "  data_references: {r: {datastore: d}}\n  steps:",
      ),
      ["3:25 InvalidFile pipeline.data_references.r"],
    ],
    [
      "a parameter of an unknown type",
      oneStep().replace("  steps:", "  parameters: {p: {type: date}}\n  steps:"),
      ["3:26 InvalidFile pipeline.parameters.p.type"],
    ],
    [
      "a default of another type",
      oneStep("parameters: {p: {source: p}}").replace(
        "  steps:",
        "  parameters: {p: {type: int, default: abc}}\n  steps:",
      ),
      ["3:40 InvalidDefault pipeline.parameters.p.default"],
    ],
    [
      "a literal where a data path is needed",
      oneStep("parameters: {a: {source: d}}").replace(
        "  steps:",
        "  parameters: {d: {type: datapath}}\n  steps:",
      ),
      ["8:32 WrongParameterKind pipeline.steps.A.parameters.a.source"],
    ],
  ])("names the place: %s", (_what, text, expected) => {
    expect(refusals(text).filter((problem) => !problem.includes("UnusedParameter"))).toEqual(expected);
  });

  test("shows a cycle as its path", () => {
    const text = lines(
      "pipeline:",
      "  default_compute: c",
      "  steps:",
      "    A: {type: PythonScriptStep, script_name: a.py, run_after: [B]}",
      "    B: {type: PythonScriptStep, script_name: b.py, run_after: [A]}",
    );
    const result = read(text);
    expect(result.ok ? [] : result.problems).toMatchObject([
      { code: "CyclicGraph", line: 4, received: "a.py → b.py → a.py" },
    ]);
  });

  test("two outputs of one destination are told, or a consumer would read either", () => {
    const text = oneStep("outputs:", "  a: {destination: d}", "  b: {destination: d}");
    expect(refusals(text)).toEqual(["9:26 DuplicateName pipeline.steps.A.outputs.b.destination"]);
  });

  test("has all its problems told at once, in the order of the file", () => {
    const text = oneStep("version: 2", "timeout_seconds: 0", "allow_reuse: maybe", "priority: high");
    expect(refusals(text)).toEqual([
      "7:16 InvalidFile pipeline.steps.A.version",
      "8:24 InvalidFile pipeline.steps.A.timeout_seconds",
      "9:20 InvalidFile pipeline.steps.A.allow_reuse",
      "10:17 InvalidFile pipeline.steps.A.priority",
    ]);
  });
});
