/** The Table contract, held against our storage and against Azurite. A title names what deviates, and who. */
import {
  AzureNamedKeyCredential,
  AzureSASCredential,
  generateTableSas,
  odata,
  TableClient,
  TableServiceClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { BACKENDS, startBackend, type Backend } from "./backends";

type Row = TableEntityResult<Record<string, unknown>>;
const insecure = { allowInsecureConnection: true };

describe.each(BACKENDS)("Table contract on %s", (name) => {
  let backend: Backend;
  let service: TableServiceClient;
  let table: TableClient;
  let tableName: string;
  let count = 0;

  beforeAll(async () => {
    backend = await startBackend(name);
    service = TableServiceClient.fromConnectionString(backend.connectionString, insecure);
  });
  afterAll(() => backend.stop());
  beforeEach(async () => {
    tableName = `Things${++count}`;
    table = TableClient.fromConnectionString(backend.connectionString, tableName, insecure);
    await table.createTable();
  });

  async function rowKeys(filter?: string): Promise<string[]> {
    const found: string[] = [];
    const options = filter === undefined ? {} : { queryOptions: { filter } };
    for await (const row of table.listEntities(options)) found.push(`${row.partitionKey}/${row.rowKey}`);
    return found;
  }

  function rest(
    path: string,
    init: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const sas = generateTableSas(tableName, new AzureNamedKeyCredential(backend.account, backend.key), {
      permissions: { query: true, add: true, update: true, delete: true },
      expiresOn: new Date(Date.now() + 60_000),
    });
    const url = `${backend.tableEndpoint}/${path}${path.includes("?") ? "&" : "?"}${sas}`;
    return fetch(url, {
      ...init,
      headers: { "x-ms-version": "2019-02-02", Accept: "application/json;odata=nometadata", ...init.headers },
    });
  }

  describe("tables", () => {
    test("list by name, and a second creation is harmless to the client", async () => {
      await table.createTable();
      const names: string[] = [];
      for await (const one of service.listTables({
        queryOptions: { filter: odata`TableName eq ${tableName}` },
      }))
        names.push(one.name ?? "");
      expect(names).toEqual([tableName]);
    });

    test("a deleted table is gone with its rows, and one of the same name starts empty", async () => {
      await table.createEntity({ partitionKey: "a", rowKey: "1" });
      await table.deleteTable();
      await expect(table.getEntity("a", "1")).rejects.toEqual(refusal(404, "TableNotFound"));
      await table.createTable();
      expect(await rowKeys()).toEqual([]);
    });

    test("an invalid name is refused", async () => {
      await expect(service.createTable("1bad")).rejects.toMatchObject({ statusCode: 400 });
    });
  });

  describe("entities", () => {
    test("every property type comes back as it went", async () => {
      const id = "c9da6455-213d-42c9-9a79-3e9149a57833";
      await table.createEntity({
        partitionKey: "types",
        rowKey: "1",
        text: "grün \u{1f600} 'x'",
        empty: "",
        small: -7,
        fraction: 0.1,
        yes: true,
        big: 9007199254740993n,
        at: new Date("2026-01-02T03:04:05.678Z"),
        bytes: new Uint8Array([0, 1, 254, 255]),
        id: { type: "Guid", value: id },
        whole: { type: "Double", value: "3" },
        none: null,
      });
      const row: Row = await table.getEntity("types", "1");
      expect(row).toMatchObject({
        text: "grün \u{1f600} 'x'",
        empty: "",
        small: -7,
        fraction: 0.1,
        yes: true,
        big: 9007199254740993n,
        at: new Date("2026-01-02T03:04:05.678Z"),
        id: { type: "Guid", value: id },
      });
      expect(Buffer.from(row["bytes"] as Uint8Array)).toEqual(Buffer.from([0, 1, 254, 255]));
      expect(Number(row["whole"])).toBe(3);
      expect(row).not.toHaveProperty("none");
      expect(Date.parse(row.timestamp ?? "")).toBeGreaterThan(Date.now() - 60_000);
      expect(row.etag).toMatch(/^W\/"datetime'.+'"$/);
    });

    test("keys with quotes, spaces, percent signs, ampersands and non-ASCII letters are addressable", async () => {
      for (const key of ["it's", "a b", "100%", "a&b=c+d", "ünï-文", ""]) {
        await table.createEntity({ partitionKey: key, rowKey: key, key });
        expect(await table.getEntity(key, key)).toMatchObject({ partitionKey: key, rowKey: key, key });
        await table.deleteEntity(key, key);
      }
    });

    test("a second insert of one key is refused with EntityAlreadyExists and changes nothing", async () => {
      await table.createEntity({ partitionKey: "a", rowKey: "1", n: 1 });
      await expect(table.createEntity({ partitionKey: "a", rowKey: "1", n: 2 })).rejects.toEqual(
        refusal(409, "EntityAlreadyExists"),
      );
      expect(await table.getEntity("a", "1")).toMatchObject({ n: 1 });
    });

    test("a missing entity is ResourceNotFound on read, update and delete", async () => {
      const missing = refusal(404, "ResourceNotFound");
      await expect(table.getEntity("a", "none")).rejects.toEqual(missing);
      await expect(table.updateEntity({ partitionKey: "a", rowKey: "none" })).rejects.toEqual(missing);
      await expect(table.deleteEntity("a", "none")).rejects.toEqual(missing);
    });

    test("merge keeps what it does not name, replace drops it", async () => {
      await table.createEntity({ partitionKey: "a", rowKey: "1", kept: 1, changed: 1 });
      await table.updateEntity({ partitionKey: "a", rowKey: "1", changed: 2 }, "Merge");
      expect(await table.getEntity("a", "1")).toMatchObject({ kept: 1, changed: 2 });
      await table.updateEntity({ partitionKey: "a", rowKey: "1", changed: 3 }, "Replace");
      expect(await table.getEntity("a", "1")).not.toHaveProperty("kept");
    });

    test("upsert inserts what is missing and merges or replaces what is there", async () => {
      await table.upsertEntity({ partitionKey: "a", rowKey: "1", one: 1 }, "Merge");
      await table.upsertEntity({ partitionKey: "a", rowKey: "1", two: 2 }, "Merge");
      expect(await table.getEntity("a", "1")).toMatchObject({ one: 1, two: 2 });
      await table.upsertEntity({ partitionKey: "a", rowKey: "1", three: 3 }, "Replace");
      expect(await table.getEntity("a", "1")).not.toHaveProperty("one");
    });

    test("of two writers with one ETag the second is refused with 412", async () => {
      await table.createEntity({ partitionKey: "a", rowKey: "1", n: 1 });
      const { etag } = await table.getEntity("a", "1");
      const entity = { partitionKey: "a", rowKey: "1", n: 2 };
      await table.updateEntity(entity, "Replace", { etag });
      const stale = refusal(412, "UpdateConditionNotSatisfied");
      await expect(table.updateEntity(entity, "Replace", { etag })).rejects.toEqual(stale);
      await expect(table.deleteEntity("a", "1", { etag })).rejects.toEqual(stale);
    });

    test("two updates of one entity never give the same ETag", async () => {
      const entity = { partitionKey: "a", rowKey: "1" };
      const etags = new Set<string | undefined>();
      for (let round = 0; round < 20; round++) etags.add((await table.upsertEntity(entity, "Replace")).etag);
      expect(etags.size).toBeGreaterThan(name === "Azurite" ? 1 : 19);
    });

    test("a string property above 32K characters is refused with PropertyValueTooLarge", async () => {
      await expect(
        table.createEntity({ partitionKey: "a", rowKey: "1", text: "x".repeat(32 * 1024 + 1) }),
      ).rejects.toEqual(refusal(400, "PropertyValueTooLarge"));
    });

    test("an entity above 1 MB is refused with EntityTooLarge (Azurite takes it)", async () => {
      const entity: Record<string, string> = {};
      for (let index = 0; index < 36; index++) entity[`p${index}`] = "x".repeat(30_000);
      const inserting = table.createEntity({ partitionKey: "a", rowKey: "1", ...entity });
      if (name === "Azurite") await inserting;
      else await expect(inserting).rejects.toEqual(refusal(400, "EntityTooLarge"));
    });

    test("a key with a forbidden character is refused", async () => {
      for (const key of ["a/b", "a\\b", "a#b", "a?b", "a\nb"])
        await expect(table.createEntity({ partitionKey: key, rowKey: "1" })).rejects.toMatchObject({
          statusCode: 400,
        });
    });

    test("an entity without a RowKey is refused with PropertiesNeedValue", async () => {
      const response = await rest(tableName, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ PartitionKey: "a" }),
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("PropertiesNeedValue");
    });
  });

  describe("queries", () => {
    beforeEach(async () => {
      const actions: TransactionAction[] = [];
      for (let index = 0; index < 10; index++)
        actions.push([
          "create",
          {
            partitionKey: "p",
            rowKey: `r${index}`,
            n: index,
            half: index / 2,
            big: BigInt(index) * 10_000_000_000n,
            even: index % 2 === 0,
            at: new Date(Date.UTC(2026, 0, 1 + index)),
            id: { type: "Guid", value: `00000000-0000-0000-0000-00000000000${index}` },
            ...(index > 7 && { rare: `it's ${index}` }),
          },
        ]);
      await table.submitTransaction(actions);
      await table.createEntity({ partitionKey: "q", rowKey: "r0", n: 100 });
    });

    const at = new Date(Date.UTC(2026, 0, 9));
    const cases: [string, string, number][] = [
      ["a partition", odata`PartitionKey eq ${"p"}`, 10],
      ["a range of rows", odata`PartitionKey eq ${"p"} and RowKey ge ${"r3"} and RowKey lt ${"r6"}`, 3],
      ["rows across partitions", odata`RowKey eq ${"r0"}`, 2],
      [
        "alternatives",
        "(PartitionKey eq 'p' and RowKey eq 'r1') or (PartitionKey eq 'q' and RowKey eq 'r0')",
        2,
      ],
      ["a partition range", "PartitionKey gt 'p' and PartitionKey le 'q'", 1],
      ["int32 comparison", odata`n gt ${7}`, 3],
      ["negative literal", "n gt -1", 11],
      ["double comparison", odata`half lt ${1.5}`, 3],
      ["int64 literal", "big ge 80000000000L", 2],
      ["boolean", odata`even eq ${true}`, 5],
      ["date", odata`at ge ${at}`, 2],
      ["guid", "id eq guid'00000000-0000-0000-0000-000000000004'", 1],
      ["quoted string", odata`rare eq ${"it's 8"}`, 1],
      ["negation", "PartitionKey eq 'p' and not (n lt 8)", 2],
      ["precedence of and before or", "n eq 1 or n eq 2 and even eq true", 2],
      ["parentheses", "(n eq 1 or n eq 2) and even eq true", 1],
      ["inequality", "PartitionKey eq 'p' and n ne 3", 9],
      ["a property that few have", "rare ge ''", 2],
    ];
    test.each(cases)("%s", async (_title, filter, expected) => {
      expect(await rowKeys(filter)).toHaveLength(expected);
    });

    test("rows come in the order of their keys", async () => {
      expect(await rowKeys()).toEqual([...Array.from({ length: 10 }, (_, index) => `p/r${index}`), "q/r0"]);
    });

    test("$select gives the named properties and no others", async () => {
      const rows: Row[] = [];
      const queryOptions = { filter: "PartitionKey eq 'p' and RowKey eq 'r1'", select: ["rowKey", "n"] };
      for await (const row of table.listEntities({ queryOptions })) rows.push(row);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ rowKey: "r1", n: 1 });
      expect(rows[0]).not.toHaveProperty("half");
    });

    test("pages joined give every row once, and continue after the last", async () => {
      const pages: string[][] = [];
      for await (const page of table.listEntities().byPage({ maxPageSize: 4 }))
        pages.push(page.map((row) => `${String(row.partitionKey)}/${String(row.rowKey)}`));
      expect(pages.map((page) => page.length).filter((length) => length > 0)).toEqual([4, 4, 3]);
      expect(pages.flat()).toEqual(await rowKeys());
    });

    test("a token handed to a new client continues where the page ended", async () => {
      const first = await table.listEntities().byPage({ maxPageSize: 6 }).next();
      const continuationToken = (first.value as { continuationToken?: string }).continuationToken;
      const other = TableClient.fromConnectionString(backend.connectionString, tableName, insecure);
      const next = await other
        .listEntities()
        .byPage({ maxPageSize: 6, continuationToken: continuationToken! })
        .next();
      expect((next.value as Row[]).map((row) => row.rowKey)).toEqual(["r6", "r7", "r8", "r9", "r0"]);
    });

    test("a filter that is no filter is refused with 400", async () => {
      await expect(rowKeys("n eq")).rejects.toMatchObject({ statusCode: 400 });
      await expect(rowKeys("n ~ 5")).rejects.toMatchObject({ statusCode: 400 });
    });
  });

  describe("transactions", () => {
    test("take place whole, with an ETag for each change", async () => {
      await table.createEntity({ partitionKey: "t", rowKey: "old", n: 1 });
      const result = await table.submitTransaction([
        ["create", { partitionKey: "t", rowKey: "new", text: "line\r\n\r\n--changeset x" }],
        ["update", { partitionKey: "t", rowKey: "old", n: 2 }, "Merge"],
        ["upsert", { partitionKey: "t", rowKey: "up" }, "Replace"],
      ]);
      expect(result.status).toBe(202);
      expect(result.subResponses.map((one) => one.status)).toEqual([204, 204, 204]);
      expect(result.getResponseForEntity("new")?.etag).toBe((await table.getEntity("t", "new")).etag);
      expect(await table.getEntity("t", "new")).toMatchObject({ text: "line\r\n\r\n--changeset x" });
      await table.submitTransaction([["delete", { partitionKey: "t", rowKey: "old" }]]);
      expect(await rowKeys()).toEqual(["t/new", "t/up"]);
    });

    test("one refused change undoes all, and the error carries its status and code", async () => {
      await table.createEntity({ partitionKey: "t", rowKey: "taken" });
      const refused = table.submitTransaction([
        ["create", { partitionKey: "t", rowKey: "fresh" }],
        ["create", { partitionKey: "t", rowKey: "taken" }],
      ]);
      await expect(refused).rejects.toEqual(refusal(409, "EntityAlreadyExists"));
      expect(await rowKeys()).toEqual(["t/taken"]);
    });

    test("a stale ETag in a transaction is 412", async () => {
      await table.createEntity({ partitionKey: "t", rowKey: "1", n: 1 });
      const { etag } = await table.getEntity("t", "1");
      await table.updateEntity({ partitionKey: "t", rowKey: "1", n: 2 }, "Replace", { etag });
      const refused = table.submitTransaction([
        ["create", { partitionKey: "t", rowKey: "2" }],
        ["update", { partitionKey: "t", rowKey: "1", n: 3 }, "Replace", { etag }],
      ]);
      await expect(refused).rejects.toEqual(refusal(412, "UpdateConditionNotSatisfied"));
      expect(await rowKeys()).toEqual(["t/1"]);
    });

    test("100 changes fit, 101 are refused", async () => {
      const actions = (length: number): TransactionAction[] =>
        Array.from({ length }, (_, index) => ["upsert", { partitionKey: "t", rowKey: `r${index}` }]);
      await table.submitTransaction(actions(100));
      expect(await rowKeys()).toHaveLength(100);
      await expect(table.submitTransaction(actions(101))).rejects.toMatchObject({ statusCode: 400 });
    });

    test("two changes of one entity are refused with InvalidDuplicateRow", async () => {
      const refused = table.submitTransaction([
        ["upsert", { partitionKey: "t", rowKey: "1", n: 1 }],
        ["upsert", { partitionKey: "t", rowKey: "1", n: 2 }],
      ]);
      await expect(refused).rejects.toEqual(refusal(400, "InvalidDuplicateRow"));
      expect(await rowKeys()).toEqual([]);
    });
  });

  describe("by hand with a SAS", () => {
    test("the three metadata levels say less and less", async () => {
      await table.createEntity({ partitionKey: "a", rowKey: "1", big: 5n });
      const path = `${tableName}(PartitionKey='a',RowKey='1')`;
      const get = async (level: string): Promise<Record<string, unknown>> => {
        const response = await rest(path, { headers: { Accept: `application/json;odata=${level}` } });
        expect(response.headers.get("content-type")).toContain(`odata=${level}`);
        return (await response.json()) as Record<string, unknown>;
      };
      expect(await get("nometadata")).toEqual({
        PartitionKey: "a",
        RowKey: "1",
        Timestamp: expect.any(String),
        big: "5",
      });
      const minimal = await get("minimalmetadata");
      expect(minimal).toMatchObject({ "big@odata.type": "Edm.Int64", big: "5" });
      expect(minimal["odata.metadata"]).toContain(`#${tableName}/@Element`);
      expect(await get("fullmetadata")).toMatchObject({
        "odata.type": `sluice.${tableName}`,
        "odata.editLink": expect.stringContaining(`${tableName}(PartitionKey='a',RowKey='1')`),
        "Timestamp@odata.type": "Edm.DateTime",
      });
    });

    test("an insert echoes the entity, unless Prefer asks for nothing", async () => {
      const insert = (rowKey: string, headers: Record<string, string>): Promise<Response> =>
        rest(tableName, {
          method: "POST",
          headers: { "Content-Type": "application/json", ...headers },
          body: JSON.stringify({ PartitionKey: "a", RowKey: rowKey, n: 1 }),
        });
      const echoed = await insert("1", {});
      expect(echoed.status).toBe(201);
      expect(await echoed.json()).toMatchObject({ PartitionKey: "a", n: 1 });
      const silent = await insert("2", { Prefer: "return-no-content" });
      expect(silent.status).toBe(204);
      expect(silent.headers.get("preference-applied")).toBe("return-no-content");
      expect(silent.headers.get("etag")).toMatch(/^W\//);
    });

    test("a SAS without a permission, or of another table, is refused with 403", async () => {
      const credential = new AzureNamedKeyCredential(backend.account, backend.key);
      const sas = generateTableSas(tableName, credential, {
        permissions: { query: true },
        expiresOn: inAMinute(),
      });
      const reader = new TableClient(backend.tableEndpoint, tableName, new AzureSASCredential(sas), insecure);
      await table.createEntity({ partitionKey: "a", rowKey: "1" });
      expect(await reader.getEntity("a", "1")).toMatchObject({ rowKey: "1" });
      await expect(reader.createEntity({ partitionKey: "a", rowKey: "2" })).rejects.toMatchObject({
        statusCode: 403,
      });
      const foreign = new TableClient(
        backend.tableEndpoint,
        "Things0",
        new AzureSASCredential(sas),
        insecure,
      );
      await expect(foreign.getEntity("a", "1")).rejects.toMatchObject({ statusCode: 403 });
    });
  });
});

/** The client puts the code of a single call into the parsed body, that of a transaction on the error itself. */
function refusal(statusCode: number, code: string): unknown {
  return {
    asymmetricMatch: (error: {
      statusCode?: number;
      code?: string;
      details?: { odataError?: { code?: string } };
    }) => error.statusCode === statusCode && (error.code ?? error.details?.odataError?.code) === code,
    toAsymmetricMatcher: () => `refusal ${statusCode} ${code}`,
  };
}

function inAMinute(): Date {
  return new Date(Date.now() + 60_000);
}
