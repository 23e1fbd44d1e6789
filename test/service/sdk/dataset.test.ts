/** Datasets through the SDK against the real service. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Dataset } from "../../../src/sdk/dataset";
import type { Workspace } from "../../../src/sdk/workspace";
import { codeOf, ServiceUnderTest } from "../api/serviceUnderTest";

let service: ServiceUnderTest;
let workspace: Workspace;
beforeAll(async () => {
  service = await ServiceUnderTest.start();
  workspace = service.workspace;
});
afterAll(async () => {
  await (service as ServiceUnderTest | undefined)?.stop();
});

const place = { datastore: "workspaceblobstore", path: "iris/**/*.csv" };

describe("a dataset of the SDK", () => {
  test("comes back by id as it was made, files and tables alike", async () => {
    const files = await Dataset.fromFiles(workspace, place);
    expect((await Dataset.getById(workspace, files.id)).definition).toEqual(files.definition);
    const table = await Dataset.fromDelimitedFiles(workspace, [place], {
      separator: "\t",
      columnTypes: { a: "long" },
      partitionFormat: "{year:yyyy}.csv",
    });
    expect(table.definition).toMatchObject({
      kind: "tabular",
      partitionFormat: "{year:yyyy}.csv",
      delimited: { separator: "\t", header: "ALL_FILES_HAVE_SAME_HEADERS", columnTypes: { a: "long" } },
    });
    expect((await Dataset.getById(workspace, table.id)).definition).toEqual(table.definition);
  });

  test("is registered, gets versions, and is found by name and number", async () => {
    const first = await (
      await Dataset.fromFiles(workspace, place)
    ).register({ name: "iris", tags: { a: "1" } });
    expect([first.name, first.version, first.registration?.tags]).toEqual(["iris", 1, { a: "1" }]);
    const next = await Dataset.fromFiles(workspace, { ...place, path: "iris/2024" });
    await expect(next.register({ name: "iris" })).rejects.toMatchObject({ code: "DatasetExists" });
    const second = await next.register({ name: "iris", createNewVersion: true });
    expect((await Dataset.getByName(workspace, "iris")).id).toBe(second.id);
    expect((await Dataset.getByName(workspace, "iris", 1)).id).toBe(first.id);
    expect((await second.versions()).map(({ version }) => version)).toEqual([2, 1]);
    expect((await Dataset.list(workspace)).map(({ name, version }) => [name, version])).toEqual([
      ["iris", 2],
    ]);
    await expect(Dataset.getByName(workspace, "iris", 7)).rejects.toMatchObject({ code: "DatasetNotFound" });
  });

  test("becomes a named input that says which version, and how it is delivered", async () => {
    const registered = await (await Dataset.fromFiles(workspace, place)).register({ name: "named" });
    const input = registered.asNamedInput("training").asDownload("data");
    expect(input).toMatchObject({
      name: "training",
      mode: "download",
      pathOnCompute: "data",
      source: {
        dataset: { kind: "registered", datasetId: registered.registration?.datasetId, version: "1" },
      },
    });
    expect(registered.asNamedInput("training").mode).toBe("direct");
    const table = await Dataset.fromDelimitedFiles(workspace, place);
    expect(() => table.asNamedInput("t").asMount()).toThrow("read directly");
    expect(() => table.asNamedInput("no spaces")).toThrow("letters, digits");
  });

  test("can be deprecated, archived and made active again", async () => {
    const dataset = await (await Dataset.fromFiles(workspace, place)).register({ name: "states" });
    const state = async () => (await Dataset.getByName(workspace, "states")).registration?.state;
    await dataset.deprecate();
    expect(await state()).toBe("Deprecated");
    await dataset.archive();
    expect(await state()).toBe("Archived");
    await dataset.reactivate();
    expect(await state()).toBe("Active");
  });

  test("without places is refused with the field", async () => {
    const answer = await service.send({
      method: "POST",
      path: workspace.routes.saveDataset,
      body: { datasetType: "file", paths: [] },
    });
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidDataset"]);
  });

  test("assigned to a pipeline without such a parameter is refused by its name", async () => {
    const pipeline = await service.publish("plain", "print(1)");
    const { id } = await Dataset.fromFiles(workspace, place);
    const answer = await service.send({
      method: "POST",
      path: workspace.routes.submitPipeline(pipeline),
      body: { DataSetDefinitionValueAssignments: { training: { SavedDataSetReference: { Id: id } } } },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("DataSetDefinitionValueAssignments.training");
    expect(answer.text).toContain("UnknownParameter");
  });
});
