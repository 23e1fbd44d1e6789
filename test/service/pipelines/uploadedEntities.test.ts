import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createDataSources } from "../../../src/pipelines/dataSources";
import { createModules } from "../../../src/pipelines/modules";
import { startWorkspace, type WorkspaceUnderTest } from "../data/workspaceUnderTest";

let place: WorkspaceUnderTest;

beforeAll(async () => {
  place = await startWorkspace();
});
afterAll(() => place.storage.stop());

describe("uploaded modules and data sources", () => {
  test("come back as the text that came, larger than a row could hold", async () => {
    const modules = createModules(place);
    const text = JSON.stringify({ Name: "m", Unknown: "ä".repeat(200_000) });
    const created = await modules.create({ fingerprint: "f_1", text });
    expect(await modules.find(created.id)).toEqual({ ...created, text, fingerprint: "f_1" });
    expect(await createDataSources(place).find(created.id)).toBeUndefined();
  });

  test("the newest answers for a fingerprint, so that regenerated results can be reused", async () => {
    const modules = createModules(place);
    const older = await modules.create({ fingerprint: "shared", text: '{"a":1}' });
    place.tick();
    const newer = await modules.create({ fingerprint: "shared", text: '{"a":2}' });
    expect(newer.id).not.toBe(older.id);
    expect((await modules.findNewest("shared"))?.id).toBe(newer.id);
    expect((await modules.find(older.id))?.text).toBe('{"a":1}');
  });

  test("a fingerprint is no query: another one, a prefix or a quote finds nothing", async () => {
    const modules = createModules(place);
    await modules.create({ fingerprint: "abc_def", text: "{}" });
    for (const fingerprint of ["abc", "abc_de", "abc_def'", "' or PartitionKey ne '", "", "x".repeat(300)]) {
      expect(await modules.findNewest(fingerprint)).toBeUndefined();
    }
    await expect(modules.create({ fingerprint: "a/b", text: "{}" })).rejects.toThrow("fit for a key");
  });

  test("one whose rows were never written cannot be found", async () => {
    const dataSources = createDataSources(place);
    const created = await dataSources.create({ fingerprint: "half", text: "{}" });
    const table = await place.workspace.table("DataSources");
    await table.deleteEntity(`i:${created.id}`, "");
    expect(await dataSources.find(created.id)).toBeUndefined();
    expect(await dataSources.findNewest("half")).toBeUndefined();
  });
});
