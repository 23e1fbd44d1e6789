import { describe, expect, test } from "@jest/globals";
import { uploadedGraph, uploadedInterface } from "../../../src/contract/graph";
import { dataSourceCreation } from "../../../src/contract/graphDataSource";
import { moduleCreation } from "../../../src/contract/graphModule";
import { decode, type WireType } from "../../../src/contract/wireType";

function decoded<T>(type: WireType<T>, body: unknown): T {
  const result = decode(type, body);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const node = (ValueType: unknown) => ({
  ModuleNodes: [{ Id: "n1", ModuleId: "m1", ModuleParameters: [{ ValueType, Name: "rows", Value: "rows" }] }],
});

describe("v1's graph on the wire", () => {
  test.each([
    ["0", "literal"],
    [0, "literal"],
    ["Literal", "literal"],
    ["1", "graphParameter"],
    [1, "graphParameter"],
    ["GraphParameterName", "graphParameter"],
  ])("the kind of an assignment may come as %j", (valueType, kind) => {
    const graph = decoded(uploadedGraph, node(valueType));
    expect(graph.moduleNodes[0]?.parameters[0]?.kind).toBe(kind);
  });

  test.each(["2", 2, null, undefined, "parameter"])("%j is no kind of assignment", (valueType) => {
    const result = decode(uploadedGraph, node(valueType));
    expect(result.ok ? [] : result.problems.map(({ field }) => field)).toEqual([
      "ModuleNodes.0.ModuleParameters.0.ValueType",
    ]);
  });

  test("goes out with number texts, since v1's client takes a name for a literal", () => {
    const graph = decoded(uploadedGraph, node("GraphParameterName"));
    expect(uploadedGraph.encode(graph)).toMatchObject({
      ModuleNodes: [{ ModuleParameters: [{ ValueType: "1" }] }],
    });
    const described = decoded(uploadedInterface, { Parameters: [{ Name: "rows", Type: "Double" }] });
    expect(uploadedInterface.encode(described)).toMatchObject({ Parameters: [{ Type: "1" }] });
  });

  test("keys that a client leaves out because they are null are not missed", () => {
    expect(decoded(uploadedGraph, { ModuleNodes: [{ Id: "n", ModuleId: "m" }] })).toEqual(
      decoded(uploadedGraph, {
        ModuleNodes: [
          { Id: "n", ModuleId: "m", RegenerateOutput: null, Runconfig: null, ModuleParameters: null },
        ],
        DatasetNodes: null,
        Edges: null,
      }),
    );
    const module = { Name: "m", IdentifierHash: "f", StructuredInterface: {} };
    expect(decoded(moduleCreation, module)).toMatchObject({ isDeterministic: true, snapshotId: null });
    expect(decoded(dataSourceCreation, { Name: "d", IdentifierHash: "f" })).toMatchObject({ path: null });
    expect(decoded(uploadedInterface, {})).toEqual({
      parameters: [],
      dataPathParameters: [],
      dataPathParameterList: [],
    });
  });

  test.each(["a/b", "", "a'b", "x".repeat(256), null])(
    "%j is no fingerprint, for it is a key",
    (fingerprint) => {
      expect(
        decode(moduleCreation, { Name: "m", IdentifierHash: fingerprint, StructuredInterface: {} }).ok,
      ).toBe(false);
      expect(decode(dataSourceCreation, { Name: "d", IdentifierHash: fingerprint }).ok).toBe(false);
    },
  );
});
