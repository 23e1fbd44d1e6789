/** Datasets over real tables and blobs of the local storage. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { randomUUID } from "node:crypto";
import { createDatasets } from "../../../src/data/datasetStore";
import type { Datasets, DatasetRegistration } from "../../../src/data/datasets";
import type { DatasetDefinition, TabularDatasetDefinition } from "../../../src/model/datasetDefinition";
import { startWorkspace, type WorkspaceUnderTest } from "./workspaceUnderTest";

let place: WorkspaceUnderTest;
let datasets: Datasets;

beforeAll(async () => {
  place = await startWorkspace();
  datasets = createDatasets({ workspace: place.workspace });
});
afterAll(() => place.storage.stop());

const datastore = "workspaceblobstore";
const files = (...paths: string[]): DatasetDefinition => ({
  kind: "file",
  paths: paths.map((path) => ({ datastore, path })),
  partitionFormat: null,
});
const table: TabularDatasetDefinition = {
  kind: "tabular",
  paths: [{ datastore, path: "sales/**/*.csv" }],
  partitionFormat: "{year:yyyy}/{region}.csv",
  separator: ";",
  header: "ONLY_FIRST_FILE_HAS_HEADERS",
  encoding: "latin1",
  supportMultiLine: true,
  emptyAsString: true,
  includePath: true,
  inferColumnTypes: false,
  columnTypes: { amount: "double" },
};

const request = (name: string, definition: DatasetDefinition, more: Partial<DatasetRegistration> = {}) => ({
  name,
  description: "",
  tags: {},
  createNewVersion: false,
  definition,
  ...more,
});

async function register(...of: Parameters<typeof request>) {
  const outcome = await datasets.register(request(...of));
  if (outcome.status === "refused") throw new Error(JSON.stringify(outcome.problems));
  return outcome.dataset;
}

describe("a saved dataset", () => {
  test("comes back as it was, for a process that started later too", async () => {
    const outcome = await datasets.save(table);
    const id = outcome.status === "saved" ? outcome.dataset.id : "";
    expect(await createDatasets({ workspace: place.workspace }).find(id)).toEqual({ id, definition: table });
  });

  test("has one id for equal definitions, in whatever order they are written, and another for any other", async () => {
    const idOf = async (definition: DatasetDefinition): Promise<string> => {
      const outcome = await datasets.save(definition);
      return outcome.status === "saved" ? outcome.dataset.id : "";
    };
    const { kind, ...rest } = table;
    expect(await idOf({ ...rest, kind })).toBe(await idOf(table));
    expect(await idOf({ ...table, separator: "," })).not.toBe(await idOf(table));
    expect(await idOf(files("a", "b"))).not.toBe(await idOf(files("b", "a")));
  });

  test("is refused without places, with ones outside a datastore, or a separator of nothing", async () => {
    const fieldsOf = async (definition: DatasetDefinition): Promise<readonly string[]> => {
      const outcome = await datasets.save(definition);
      return outcome.status === "refused" ? outcome.problems.map(({ field }) => field) : [];
    };
    expect(await fieldsOf(files())).toEqual(["paths"]);
    expect(await fieldsOf(files("ok", "../up", "a//b"))).toEqual(["paths.1", "paths.2"]);
    expect(await fieldsOf({ ...table, separator: "" })).toEqual(["separator"]);
  });

  test("needs no data to be there: that is seen when it is used", async () => {
    expect(await datasets.save(files("not/yet/**"))).toMatchObject({ status: "saved" });
  });
});

describe("a registered dataset", () => {
  test("gets versions from 1 on, each found by name and by id, the latest without a number", async () => {
    const first = await register("iris", files("iris/1"), { tags: { stage: "raw" }, description: "flowers" });
    const second = await register("iris", files("iris/2"), { createNewVersion: true });
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.datasetId).toBe(first.datasetId);
    expect(await datasets.findByName("iris", 1)).toEqual(first);
    expect(await datasets.findByName("iris", null)).toEqual(second);
    expect(await datasets.findByDatasetId(first.datasetId, null)).toEqual(second);
    expect(await datasets.findByName("iris", 3)).toBeUndefined();
    expect(await datasets.findByName("Iris", null)).toBeUndefined();
  });

  test("keeps a name from other definitions, but is the same again for its own, as after a lost answer", async () => {
    const first = await register("taken", files("a"));
    expect(await datasets.register(request("taken", files("b")))).toMatchObject({
      status: "refused",
      problems: [{ code: "DatasetExists" }],
    });
    expect(await register("taken", files("a"))).toEqual(first);
    expect(await register("taken", files("a"), { createNewVersion: true })).toEqual(first);
  });

  test("gives registrations at the same time different versions, and loses none", async () => {
    await register("busy", files("0"));
    const made = await Promise.all(
      [1, 2, 3].map((n) => register("busy", files(String(n)), { createNewVersion: true })),
    );
    expect(made.map(({ version }) => version).sort()).toEqual([2, 3, 4]);
    const page = await datasets.versions("busy", 10, null);
    expect(page.items.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    expect(await datasets.versions("busy", 10, "")).toEqual(page);
  });

  test("may have any name, also one that no table key could hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40 }), async (word) => {
        const name = `${word} ${randomUUID()} /\\#?%'`;
        await register(name, files("any"));
        expect(await datasets.findByName(name, null)).toMatchObject({ name, version: 1 });
      }),
      { numRuns: 10 },
    );
  });

  test("is listed once a name, newest name first, in pages", async () => {
    place.tick();
    await register("listed-a", files("a"));
    place.tick();
    await register("listed-b", files("b"));
    place.tick();
    await register("listed-a", files("a2"), { createNewVersion: true });
    const first = await datasets.list(1, null);
    const second = await datasets.list(1, first.continuationToken);
    expect([...first.items, ...second.items].map(({ name, version }) => [name, version])).toEqual([
      ["listed-b", 1],
      ["listed-a", 2],
    ]);
  });
});

describe("what a run gets for a reference to a dataset", () => {
  test("is its places and the id of its definition, whatever way it is named", async () => {
    const first = await register("used", files("used/*.csv"));
    const second = await register("used", files("used/2"), { createNewVersion: true });
    const resolved = (dataset: typeof first) => ({
      status: "resolved",
      datasetId: dataset.id,
      kind: "file",
      paths: dataset.definition.paths,
      state: "active",
    });
    const { datasetId } = first;
    expect(await datasets.resolve({ kind: "saved", datasetId: first.id })).toEqual(resolved(first));
    expect(await datasets.resolve({ kind: "named", name: "used", version: "1" })).toEqual(resolved(first));
    expect(await datasets.resolve({ kind: "named", name: "used", version: "latest" })).toEqual(
      resolved(second),
    );
    expect(await datasets.resolve({ kind: "named", name: "used", version: null })).toEqual(resolved(second));
    expect(await datasets.resolve({ kind: "registered", datasetId, version: null })).toEqual(
      resolved(second),
    );
  });

  test.each([
    { kind: "saved", datasetId: "../secret" },
    { kind: "registered", datasetId: "nobody", version: null },
    { kind: "named", name: "nobody", version: null },
    { kind: "named", name: "used", version: "x" },
    { kind: "named", name: "used", version: "99" },
  ] as const)("is nothing for %j", async (reference) => {
    expect(await datasets.resolve(reference)).toEqual({ status: "unknown" });
  });

  test("says when the dataset is deprecated, and is refused when it is archived, until it is active again", async () => {
    await register("old", files("old"));
    const reference = { kind: "named", name: "old", version: null } as const;
    expect(await datasets.setState("old", "deprecated")).toBe("set");
    expect(await datasets.resolve(reference)).toMatchObject({ status: "resolved", state: "deprecated" });
    await datasets.setState("old", "archived");
    expect(await datasets.resolve(reference)).toEqual({ status: "archived" });
    await datasets.setState("old", "active");
    expect(await datasets.resolve(reference)).toMatchObject({ state: "active" });
    expect(await datasets.setState("nobody", "archived")).toBe("not-found");
  });
});
