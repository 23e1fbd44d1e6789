/** Names of the account in the host, as clients build them that expect a host for each account. */
import { Agent, request } from "node:http";

import { AzureNamedKeyCredential, TableClient } from "@azure/data-tables";
import {
  BlobSASPermissions,
  BlobServiceClient,
  newPipeline,
  StorageSharedKeyCredential,
  type ContainerClient,
} from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { openTestStorage, type TestStorage } from "./openTestStorage";

/** Takes every name to this machine, which not every resolver does for names below localhost. */
const agent = new Agent({
  lookup: (_name, options, found) =>
    options.all === true ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4),
});
let opened: TestStorage;
let container: ContainerClient;
let rows: TableClient;

beforeAll(async () => {
  opened = await openTestStorage();
  const pipeline = newPipeline(new StorageSharedKeyCredential("sluice", opened.key), {
    retryOptions: { maxTries: 1 },
  });
  pipeline.factories.push({
    create: (next) => ({
      sendRequest: (sent) => next.sendRequest(Object.assign(sent, { agent })),
    }),
  });
  const port = (endpoint: string): string => new URL(endpoint).port;
  const service = new BlobServiceClient(
    `http://sluice.blob.localhost:${port(opened.storage.blobEndpoint)}`,
    pipeline,
  );
  container = service.getContainerClient("data");
  await container.create();
  rows = new TableClient(
    `http://sluice.table.localhost:${port(opened.storage.tableEndpoint)}`,
    "rows",
    new AzureNamedKeyCredential("sluice", opened.key),
    {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [
        {
          position: "perRetry",
          policy: {
            name: "resolve here",
            sendRequest: (sent, next) => next(Object.assign(sent, { agent })),
          },
        },
      ],
    },
  );
  await rows.createTable();
});
afterAll(async () => {
  agent.destroy();
  await opened.close();
});

describe("a host-style name", () => {
  test("reaches the blobs that the path-style name reaches, signed with the key", async () => {
    await container.uploadBlockBlob("folder/a b.txt", "x", 1);
    const pathStyle = BlobServiceClient.fromConnectionString(opened.storage.connectionString);
    const same = pathStyle.getContainerClient("data").getBlobClient("folder/a b.txt");
    expect((await same.downloadToBuffer()).toString()).toBe("x");
    const names: string[] = [];
    for await (const { name } of container.listBlobsFlat()) names.push(name);
    expect(names).toContain("folder/a b.txt");
  });

  test("may name the source of a copy, by key and with a SAS", async () => {
    await container.uploadBlockBlob("from", "x", 1);
    const sas = await container.getBlobClient("from").generateSasUrl({
      permissions: BlobSASPermissions.parse("r"),
      expiresOn: new Date(Date.now() + 60_000),
    });
    for (const source of [container.getBlobClient("from").url, sas]) {
      const { copyStatus } = await container.getBlobClient("to").syncCopyFromURL(source);
      expect(copyStatus).toBe("success");
    }
  });

  test("reaches rows, alone and in a transaction", async () => {
    await rows.createEntity({ partitionKey: "p", rowKey: "1" });
    await rows.submitTransaction([["create", { partitionKey: "p", rowKey: "2" }]]);
    const found: string[] = [];
    for await (const { rowKey = "" } of rows.listEntities()) found.push(rowKey);
    expect(found).toEqual(["1", "2"]);
  });

  test.each([
    ["other.blob.localhost", 404],
    ["sluice.table.localhost", 404],
    ["sluice.blob.localhost.example", 403],
  ])("%s is not this account of the Blob service: %d", async (host, expected) => {
    const { port } = new URL(opened.storage.blobEndpoint);
    const status = await new Promise<number>((resolve, reject) => {
      request(
        { host: "127.0.0.1", port, path: "/data?restype=container", headers: { Host: host } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      )
        .on("error", reject)
        .end();
    });
    expect(status).toBe(expected);
  });
});
