/** Azure's limits on entities and batches, and what a query looks at. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TableClient, type TransactionAction } from "@azure/data-tables";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { createTickClock } from "../../../src/host/storage/store/clock";
import { partsKey } from "../../../src/host/storage/store/rowKey";
import { openStoreRows } from "../../../src/host/storage/store/storeRows";
import { parseFilter } from "../../../src/host/storage/table/filter";
import { openTableStore, type EntityPage } from "../../../src/host/storage/table/tableStore";
import { openTestStorage, type TestStorage } from "./openTestStorage";

let opened: TestStorage;
let table: TableClient;

beforeAll(async () => {
  opened = await openTestStorage();
  table = TableClient.fromConnectionString(opened.storage.connectionString, "Limits", {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  await table.createTable();
});
afterAll(() => opened.close());

function refused(statusCode: number, code: string): object {
  return { statusCode, details: { odataError: { code } } };
}

describe("an entity", () => {
  const withProperties = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, index]));

  test("has 252 properties of its own at most", async () => {
    await table.createEntity({ partitionKey: "many", rowKey: "252", ...withProperties(252) });
    await expect(
      table.createEntity({ partitionKey: "many", rowKey: "253", ...withProperties(253) }),
    ).rejects.toMatchObject(refused(400, "TooManyProperties"));
  });

  test("that grows beyond a limit by merging is refused and stays as it was", async () => {
    await table.createEntity({ partitionKey: "grown", rowKey: "1", ...withProperties(252) });
    await expect(
      table.updateEntity({ partitionKey: "grown", rowKey: "1", more: 1 }, "Merge"),
    ).rejects.toMatchObject(refused(400, "TooManyProperties"));
    expect(await table.getEntity("grown", "1")).not.toHaveProperty("more");
  });

  test("has keys of 512 characters at most", async () => {
    await table.createEntity({ partitionKey: "k".repeat(512), rowKey: "ü".repeat(512) });
    await expect(table.createEntity({ partitionKey: "k".repeat(513), rowKey: "1" })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test("has property names of 255 characters at most", async () => {
    await table.createEntity({ partitionKey: "name", rowKey: "1", ["n".repeat(255)]: 1 });
    await expect(
      table.createEntity({ partitionKey: "name", rowKey: "2", ["n".repeat(256)]: 1 }),
    ).rejects.toMatchObject(refused(400, "PropertyNameTooLong"));
  });
});

describe("a batch", () => {
  test("of more than 4 MB is refused whole", async () => {
    const text = "x".repeat(30_000);
    const actions = Array.from({ length: 75 }, (_, index): TransactionAction => {
      return ["create", { partitionKey: "large", rowKey: String(index), one: text, two: text }];
    });
    await expect(table.submitTransaction(actions)).rejects.toMatchObject({ statusCode: 413 });
    await expect(table.getEntity("large", "0")).rejects.toMatchObject({ statusCode: 404 });
  });
});

test("a query of one partition does not read the rows of others", async () => {
  const dir = await mkdtemp(join(tmpdir(), "query-"));
  const rows = await openStoreRows(join(dir, "storage.mdb"));
  try {
    const store = openTableStore(rows, createTickClock(Date.now));
    await store.createTable("Things");
    const things = store.getTable("Things");
    const put = (partitionKey: string): Promise<unknown> =>
      store.apply(things, [{ kind: "insert", partitionKey, rowKey: "1", properties: {} }]);
    await put("a");
    await put("c");
    const trap = partsKey(things.id, "b", "1");
    await rows.commits.commit((change) => change.put(rows.entities, trap, Buffer.from("not an entity")));
    const query = (filter: string): EntityPage =>
      store.query(things, { filter: parseFilter(filter), limit: 10, from: undefined, visible: () => true });
    expect(query("PartitionKey eq 'a'").entities).toHaveLength(1);
    expect(query("PartitionKey gt 'b' and RowKey eq '1'").entities).toHaveLength(1);
    expect(query("PartitionKey eq 'a' or PartitionKey eq 'c'").entities).toHaveLength(2);
    expect(() => query("RowKey eq '1'")).toThrow(SyntaxError);
  } finally {
    await rows.close();
    await rm(dir, { recursive: true, force: true });
  }
});
