import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { definitionFromGraph } from "../../../src/model/definitionFromGraph";
import type { PipelineDefinition } from "../../../src/model/definition";
import { graphFromDefinition, withEntityIds, type Authoring } from "../../../src/model/graphFromDefinition";
import { parseDefinition } from "../../../src/model/parseDefinition";
import { arbitraryDefinition } from "./arbitraryDefinition";
import { definitionOf, inputFrom, inputPort, outputPort, stepOf } from "./definitionBuilder";
import threeSteps from "./fixtures/threeStepGraph.json";
import { decodePipeline, encodePipeline, type WirePipeline } from "./uploadedFixture";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const authoring: Authoring = { sha256, contentOf: sha256 };

function readBack(wire: WirePipeline): PipelineDefinition {
  const result = definitionFromGraph(decodePipeline(wire));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problemsOf(wire: WirePipeline): readonly string[] {
  const result = definitionFromGraph(decodePipeline(wire));
  return result.ok ? [] : result.problems.map(({ code, field }) => `${code} ${field}`);
}

describe("a definition that is written as a graph", () => {
  test("comes back the same over the wire, whatever its steps, values and edges", () => {
    fc.assert(
      fc.property(arbitraryDefinition, (definition) => {
        expect(parseDefinition(definition)).toEqual({ ok: true, value: definition });
        expect(readBack(encodePipeline(graphFromDefinition(definition, authoring)))).toEqual(definition);
      }),
      { numRuns: 150 },
    );
  });

  test("speaks the words that v1's client and service use", () => {
    const definition = definitionOf(
      [
        stepOf("a"),
        stepOf("b", {
          inputs: [inputPort("raw", { kind: "dataPathParameter", parameter: "spot" }, { mode: "download" })],
          parameters: [{ name: "rows", value: { kind: "pipelineParameter", parameter: "rows" } }],
          arguments: [{ kind: "parameter", name: "rows" }],
          environmentVariables: { LEVEL: "1" },
          runAfter: ["a"],
          timeoutMs: 1_500,
        }),
      ],
      [
        { kind: "literal", name: "rows", type: "int", defaultValue: null },
        { kind: "dataPath", name: "spot", defaultValue: { datastore: "workspaceblobstore", path: "drops" } },
      ],
    );
    const wire = encodePipeline(graphFromDefinition(definition, authoring));
    expect(wire.GraphInterface).toMatchObject({
      Parameters: [{ Name: "rows", DefaultValue: null, IsOptional: false, Type: "0" }],
      DataPathParameters: [
        {
          Name: "spot",
          DefaultValue: { DataStoreName: "workspaceblobstore", RelativePath: "drops" },
          IsOptional: true,
        },
      ],
      DataPathParameterList: [],
    });
    expect(wire.Graph).toMatchObject({
      ModuleNodes: [
        { Id: "a" },
        {
          Id: "b",
          RegenerateOutput: false,
          ModuleParameters: [
            { ValueType: "0", Name: "Target", Value: "local" },
            { ValueType: "0", Name: "Script", Value: "main.py" },
            { ValueType: "0", Name: "Arguments", Value: "USE_STRUCTURED_ARGUMENTS" },
            { ValueType: "0", Name: "EnvironmentVariables", Value: '{"LEVEL":"1"}' },
            { ValueType: "0", Name: "MaxRunDurationSeconds", Value: "1.5" },
            { ValueType: "1", Name: "rows", Value: "rows" },
          ],
        },
      ],
      DatasetNodes: [{ Id: "data0", DatasetId: null, DataPathParameterName: "spot" }],
      Edges: [
        {
          SourceOutputPort: { NodeId: "data0", PortName: "data" },
          DestinationInputPort: { NodeId: "b", PortName: "raw" },
        },
        {
          SourceOutputPort: { NodeId: "a", PortName: "_run_after_output" },
          DestinationInputPort: { NodeId: "b", PortName: "_run_after_input_0" },
        },
      ],
    });
    expect(wire.Modules["b"]).toMatchObject({
      Name: "b",
      ModuleExecutionType: "escloud",
      StepType: "PythonScriptStep",
      IsDeterministic: true,
      StorageId: "5f0c6a1e-0000-4000-8000-000000000001",
      StructuredInterface: {
        Inputs: [
          { Name: "raw", DataStoreMode: "download" },
          { Name: "_run_after_input_0", IsOptional: true, SkipProcessing: true },
        ],
        Outputs: [{ Name: "out" }, { Name: "_run_after_output", SkipProcessing: true }],
        Arguments: [{ ValueType: "Parameter", Value: "rows" }],
      },
    });
  });

  test("names by real ids what the service has given ids", () => {
    const definition = definitionOf([
      stepOf("a", {
        inputs: [
          inputPort("raw", {
            kind: "dataReference",
            dataPath: { datastore: "workspaceblobstore", path: "raw" },
          }),
        ],
      }),
    ]);
    const uploaded = graphFromDefinition(definition, authoring);
    const graph = withEntityIds(uploaded.graph, new Map([["a", "m1"]]), new Map([["data0", "d1"]]));
    expect(graph.moduleNodes.map(({ moduleId }) => moduleId)).toEqual(["m1"]);
    expect(graph.datasetNodes.map(({ id, dataSourceId }) => [id, dataSourceId])).toEqual([["data0", "d1"]]);
    expect(() => withEntityIds(uploaded.graph, new Map(), new Map())).toThrow("There is no id for a");
  });

  test("reads one place with one node, however many steps read it", () => {
    const input = inputPort("raw", {
      kind: "dataReference",
      dataPath: { datastore: "workspaceblobstore", path: "raw" },
    });
    const steps = [stepOf("a", { inputs: [input] }), stepOf("b", { inputs: [input] })];
    expect(graphFromDefinition(definitionOf(steps), authoring).graph.datasetNodes).toHaveLength(1);
  });

  test("a module is the same for another snapshot with the same files, so that it is not uploaded again", () => {
    const steps = [
      stepOf("a"),
      stepOf("b", { name: "a", snapshotId: "5f0c6a1e-0000-4000-8000-000000000009" }),
    ];
    const same = { sha256, contentOf: () => "c0" };
    const [first, second] = [...graphFromDefinition(definitionOf(steps), same).modules.values()];
    expect(first?.fingerprint).toBe(second?.fingerprint);
    const [third, fourth] = [...graphFromDefinition(definitionOf(steps), authoring).modules.values()];
    expect(third?.fingerprint).not.toBe(fourth?.fingerprint);
  });
});

describe("a graph as v1's client uploads it", () => {
  test("means the definition that its author had in mind", () => {
    const snapshotId = "5f0c6a1e-0000-4000-8000-000000000001";
    const common = { snapshotId, computeTarget: "cpu-pool" };
    const environmentVariables = { EXAMPLE_ENV_VAR: "EXAMPLE_VALUE" };
    expect(readBack(threeSteps)).toEqual({
      parameters: [
        { kind: "literal", name: "rows", type: "int", defaultValue: 5 },
        { kind: "literal", name: "strict", type: "bool", defaultValue: true },
        {
          kind: "dataPath",
          name: "spot",
          defaultValue: { datastore: "workspaceblobstore", path: "drops/today.csv" },
        },
      ],
      steps: [
        stepOf("e41ed900", {
          ...common,
          name: "sums",
          description: "sums",
          script: "sums.py",
          environmentVariables,
          arguments: [
            { kind: "literal", value: "--parts" },
            { kind: "input", port: "parts" },
            { kind: "literal", value: "--report" },
            { kind: "output", port: "report" },
          ],
          inputs: [inputPort("parts", { kind: "stepOutput", stepId: "b4dc53f0", port: "parts" })],
          outputs: [outputPort("report", { pipelineOutputName: "final_report" })],
          timeoutMs: 90_000,
        }),
        stepOf("b4dc53f0", {
          ...common,
          name: "split",
          description: "split",
          script: "split.py",
          environmentVariables,
          arguments: [
            { kind: "literal", value: "--raw" },
            { kind: "input", port: "raw" },
            { kind: "literal", value: "--parts" },
            { kind: "output", port: "parts" },
            { kind: "literal", value: "--rows" },
            { kind: "parameter", name: "rows" },
          ],
          inputs: [
            inputPort("raw", {
              kind: "dataReference",
              dataPath: { datastore: "workspaceblobstore", path: "raw/2026" },
            }),
            inputPort("workspaceblobstore_1a2b3c4d", { kind: "dataPathParameter", parameter: "spot" }),
          ],
          outputs: [outputPort("parts")],
          parameters: [
            { name: "rows", value: { kind: "pipelineParameter", parameter: "rows" } },
            { name: "label", value: { kind: "literal", value: "7" } },
          ],
          // Sent with RegenerateOutput, which a published pipeline keeps for ever.
          regenerateOutput: true,
        }),
        stepOf("c0ffee01", {
          ...common,
          name: "clean",
          description: "clean",
          script: "clean.py",
          outputs: [],
          runAfter: ["b4dc53f0", "e41ed900"],
        }),
      ],
    });
  });
});

const changed = (change: (wire: ChangeableWire) => void): PipelineDefinition => {
  const wire = structuredClone(threeSteps);
  change(wire);
  return readBack(wire);
};

describe("v1's ways to say more of a port", () => {
  test.each([
    ["a saved one", { SavedDataSetReference: { Id: "s-1" } }, { kind: "saved", datasetId: "s-1" }],
    [
      "a version of a registered one",
      { DataSetReference: { Id: "r-1", Version: "3" } },
      { kind: "registered", datasetId: "r-1", version: "3" },
    ],
    [
      "the latest of a registered one",
      { DataSetReference: { Id: "r-1", Name: "port" } },
      { kind: "registered", datasetId: "r-1", version: null },
    ],
    [
      "the latest of a name",
      { DataSetReference: { Name: "sales" } },
      { kind: "named", name: "sales", version: null },
    ],
  ])("a dataset as input: %s", (_what, Value, dataset) => {
    const { steps } = changed(({ Graph }) =>
      Object.assign(Graph.DatasetNodes[0]!, { DatasetId: null, DataSetDefinition: { Value } }),
    );
    expect(steps[1]!.inputs[0]!.source).toEqual({ kind: "dataset", dataset });
  });

  test("a dataset parameter feeds the inputs of its node", () => {
    const definition = changed(({ Graph, GraphInterface }) => {
      Object.assign(Graph.DatasetNodes[0]!, {
        DatasetId: null,
        DataSetDefinition: { DataTypeShortName: "AzureMLDataset", ParameterName: "table" },
      });
      const DefaultValue = { SavedDataSetReference: { Id: "s-1" } };
      (GraphInterface.DataPathParameterList as unknown[]).push({ Name: "table", DefaultValue });
    });
    expect(definition.parameters).toContainEqual({
      kind: "dataset",
      name: "table",
      defaultValue: { kind: "saved", datasetId: "s-1" },
    });
    expect(definition.steps[1]!.inputs[0]!.source).toEqual({ kind: "datasetParameter", parameter: "table" });
  });

  test("a data path in its newer form is a data path", () => {
    const { parameters } = changed(({ GraphInterface }) => {
      const DefaultValue = { LiteralValue: { DataStoreName: "s", RelativePath: "/p" } };
      (GraphInterface.DataPathParameterList as unknown[]).push({ Name: "newer", DefaultValue });
    });
    expect(parameters).toContainEqual({
      kind: "dataPath",
      name: "newer",
      defaultValue: { datastore: "s", path: "p" },
    });
  });

  test("a dataset output without a destination lands where v1 puts it, and keeps its globs and its registration", () => {
    const { steps } = changed(({ Graph }) =>
      Object.assign(Graph.ModuleNodes[0]!.ModuleOutputSettings[0]!, {
        DataStoreMode: "upload",
        Overwrite: true,
        PathOnCompute: "out/",
        DatasetOutputOptions: { SourceGlobs: { GlobPatterns: ["*.csv"] } },
        DatasetRegistration: { Name: "sums", CreateNewVersion: true, Tags: { a: "1" } },
      }),
    );
    expect(steps[0]!.outputs[0]).toEqual(
      outputPort("report", {
        mode: "upload",
        pathOnCompute: "out",
        overwrite: true,
        destination: { path: "dataset/{run-id}/{output-name}", sourceGlobs: ["*.csv"] },
        registerAs: { name: "sums", description: "", tags: { a: "1" } },
        pipelineOutputName: "final_report",
      }),
    );
  });

  test("intermediate data that is promoted to a dataset stays where intermediate data lies", () => {
    const { steps } = changed(({ Graph }) =>
      Object.assign(Graph.ModuleNodes[0]!.ModuleOutputSettings[0]!, { DatasetRegistration: { Name: null } }),
    );
    expect(steps[0]!.outputs[0]).toEqual(outputPort("report", { pipelineOutputName: "final_report" }));
  });

  test("a place on the compute target is the module's unless the node has its own", () => {
    const { steps } = changed(({ Graph, Modules }) => {
      const port = { DataStoreMode: "download", PathOnCompute: "here", Overwrite: true };
      Object.assign(Modules[first].StructuredInterface.Inputs[0]!, port);
      (Graph.ModuleNodes[0]!.ModuleInputSettings as unknown[]).push({
        Name: "parts",
        PathOnCompute: "there",
      });
    });
    expect(steps[0]!.inputs[0]).toMatchObject({ mode: "download", pathOnCompute: "there", overwrite: true });
  });

  test("an optional input that nothing feeds is not there", () => {
    const { steps } = changed(({ Modules }) =>
      (Modules[first].StructuredInterface.Inputs as unknown[]).push({ Name: "extra", IsOptional: true }),
    );
    expect(steps[0]!.inputs.map(({ name }) => name)).toEqual(["parts"]);
  });

  test("a pipeline parameter may choose the number of nodes", () => {
    const { steps } = changed(({ Graph }) =>
      Graph.ModuleNodes[0]!.ModuleParameters.push({ ValueType: "1", Name: "NodeCount", Value: "rows" }),
    );
    expect(steps[0]!.runSettings).toEqual([
      { name: "NodeCount", value: { kind: "pipelineParameter", parameter: "rows" } },
    ]);
  });
});

interface Change {
  readonly what: string;
  readonly change: (wire: ChangeableWire) => void;
  readonly problem: string;
}

/** The fixture as plain changeable JSON. */
type ChangeableWire = typeof threeSteps;
const first = "e706d64f-0000-4000-8000-000000000001" as const;
const source = "7396e0b1-0000-4000-8000-000000000001" as const;

const refusals: readonly Change[] = [
  {
    what: "a step of another kind",
    change: ({ Modules }) => (Modules[first].StepType = "DatabricksStep"),
    problem: "UnsupportedFeature steps.sums",
  },
  {
    what: "another execution type",
    change: ({ Modules }) => (Modules[first].ModuleExecutionType = "DataTransferCloud"),
    problem: "UnsupportedFeature steps.sums",
  },
  {
    what: "a dataset that is named in no way",
    change: ({ Graph }) => Object.assign(Graph.DatasetNodes[0]!, { DataSetDefinition: { Value: {} } }),
    problem: "InvalidGraph steps.split.inputs.raw",
  },
  {
    what: "a resource of the source directory as input",
    change: ({ Modules }) =>
      Object.assign(Modules[first].StructuredInterface.Inputs[0]!, { IsResource: true }),
    problem: "UnsupportedFeature steps.sums.inputs.parts",
  },
  {
    what: "an output whose files are transformed before they are registered",
    change: ({ Graph }) =>
      Object.assign(Graph.ModuleNodes[0]!.ModuleOutputSettings[0]!, {
        DatasetRegistration: { Name: "sums", AdditionalTransformations: "{}" },
      }),
    problem: "UnsupportedFeature steps.sums.outputs.report",
  },
  {
    what: "an output that is registered only under a new name",
    change: ({ Graph }) =>
      Object.assign(Graph.ModuleNodes[0]!.ModuleOutputSettings[0]!, {
        DatasetRegistration: { Name: "sums", CreateNewVersion: false },
      }),
    problem: "UnsupportedFeature steps.sums.outputs.report.registration",
  },
  {
    what: "retries that are no JSON",
    change: ({ Modules }) =>
      Object.assign(Modules[first], { Properties: { "sluice.step.retries": "often" } }),
    problem: "InvalidDefinition steps.sums.retries",
  },
  {
    what: "an SQL source",
    change: ({ DataSources }) => Object.assign(DataSources[source], { SqlQuery: "select 1" }),
    problem: "UnsupportedFeature steps.split.inputs.raw",
  },
  {
    what: "a command in place of a script",
    change: ({ Graph }) =>
      Graph.ModuleNodes[0]!.ModuleParameters.push({ ValueType: "0", Name: "Command", Value: "rm" }),
    problem: "UnsupportedFeature steps.sums.Command",
  },
  {
    what: "a target that a pipeline parameter chooses",
    change: ({ Graph }) => (Graph.ModuleNodes[0]!.ModuleParameters[0]!.ValueType = "1"),
    problem: "UnsupportedFeature steps.sums.Target",
  },
  {
    what: "arguments as one text",
    change: ({ Graph }) =>
      (Graph.ModuleNodes[0]!.ModuleParameters[3]!.Value = "--a $AZUREML_DATAREFERENCE_a"),
    problem: "UnsupportedFeature steps.sums.Arguments",
  },
  {
    what: "an hdfs input",
    change: ({ Modules }) => (Modules[first].StructuredInterface.Inputs[0]!.DataStoreMode = "hdfs"),
    problem: "UnsupportedFeature steps.sums.inputs.parts.mode",
  },
  {
    what: "a module that was never created",
    change: ({ Graph }) => (Graph.ModuleNodes[0]!.ModuleId = "gone"),
    problem: "UnknownModule steps.e41ed900",
  },
  {
    what: "a data source that was never created",
    change: ({ Graph }) => (Graph.DatasetNodes[0]!.DatasetId = "gone"),
    problem: "UnknownDataSource steps.split.inputs.raw",
  },
  {
    what: "an input that two edges end in",
    change: ({ Graph }) => Graph.Edges.push(Graph.Edges[1]!),
    problem: "InvalidGraph steps.sums.inputs.parts",
  },
  {
    what: "an input that no edge ends in",
    change: ({ Graph }) => Graph.Edges.splice(1, 1),
    problem: "InvalidGraph steps.sums.inputs.parts",
  },
  {
    what: "an edge into a port that is not there",
    change: ({ Graph }) => (Graph.Edges[5]!.DestinationInputPort.PortName = "_run_after_input_3"),
    problem: "InvalidGraph edges",
  },
  {
    what: "an exposed output that is not there",
    change: ({ Graph }) => (Graph.Edges[0]!.SourceOutputPort.PortName = "reprot"),
    problem: "InvalidGraph edges",
  },
  {
    what: "one id for a step and a data source",
    change: ({ Graph }) => (Graph.DatasetNodes[0]!.Id = "e41ed900"),
    problem: "InvalidGraph steps.e41ed900",
  },
  {
    what: "variables in no known form",
    change: ({ Graph }) =>
      Graph.ModuleNodes[0]!.ModuleParameters.push({
        ValueType: "0",
        Name: "EnvironmentVariables",
        Value: "nonsense",
      }),
    problem: "InvalidGraph steps.sums.EnvironmentVariables",
  },
  {
    what: "a duration that is no number",
    change: ({ Graph }) => (Graph.ModuleNodes[0]!.ModuleParameters[4]!.Value = "soon"),
    problem: "InvalidGraph steps.sums.MaxRunDurationSeconds",
  },
  {
    what: "an input from an output that the step does not have",
    change: ({ Graph }) => (Graph.Edges[1]!.SourceOutputPort.PortName = "part"),
    problem: "UnknownReference steps.sums.inputs.parts",
  },
];

describe("a graph that says more than a definition can", () => {
  test.each(refusals)("is refused by name, not run without it: $what", ({ change, problem }) => {
    const wire = structuredClone(threeSteps);
    change(wire);
    expect(problemsOf(wire)).toContain(problem);
  });

  test("has all its problems told at once", () => {
    const wire = structuredClone(threeSteps);
    wire.Modules[first].StepType = "AdlaStep";
    wire.Graph.DatasetNodes[0]!.DatasetId = "gone";
    expect(problemsOf(wire)).toEqual([
      "UnsupportedFeature steps.sums",
      "UnknownDataSource steps.split.inputs.raw",
    ]);
  });
});

test("a port or parameter of a name that v1 uses itself cannot be published, for it would not come back", () => {
  const step = stepOf("b", {
    inputs: [inputFrom("a", "_run_after_input_0")],
    parameters: [{ name: "Target", value: { kind: "literal", value: "x" } }],
  });
  const result = parseDefinition(definitionOf([stepOf("a"), step]));
  expect(result.ok ? [] : result.problems.map(({ code, field }) => `${code} ${field}`)).toEqual([
    "ReservedName steps.b.ports._run_after_input_0",
    "ReservedName steps.b.parameters.Target",
  ]);
});
