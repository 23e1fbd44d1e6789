/** What Azure has and this storage does not: 501 in Azure's error shape, never ignored, never half done. */
import { AzureNamedKeyCredential, generateAccountSas } from "@azure/data-tables";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { openTestStorage, type TestStorage } from "./openTestStorage";

let opened: TestStorage;
let token: string;

beforeAll(async () => {
  opened = await openTestStorage();
  const service = BlobServiceClient.fromConnectionString(opened.storage.connectionString);
  await service.createContainer("data");
  await service.getContainerClient("data").uploadBlockBlob("a", "x", 1);
  token = generateAccountSas(new AzureNamedKeyCredential("sluice", opened.key), {
    expiresOn: new Date(Date.now() + 600_000),
    permissions: {
      query: true,
      write: true,
      delete: true,
      list: true,
      add: true,
      update: true,
    },
    services: { blob: true, table: true },
    resourceTypes: "sco",
  });
});
afterAll(() => opened.close());

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function send(endpoint: string, { method, path, headers = {}, body }: Call): Promise<Response> {
  const url = `${endpoint}/${path}${path.includes("?") ? "&" : "?"}${token}`;
  return fetch(url, { method, headers, ...(body !== undefined && { body }) });
}

const [GET, PUT, POST] = ["GET", "PUT", "POST"];
const block = { "x-ms-blob-type": "BlockBlob" };
const from = { "x-ms-copy-source": "http://127.0.0.1/sluice/data/a" };

const blobCalls: [string, Call][] = [
  ["service properties", { method: GET, path: "?restype=service&comp=properties" }],
  ["changed service properties", { method: PUT, path: "?restype=service&comp=properties", body: "<x/>" }],
  ["service statistics", { method: GET, path: "?restype=service&comp=stats" }],
  ["account information", { method: GET, path: "?restype=account&comp=properties" }],
  ["a user delegation key", { method: POST, path: "?restype=service&comp=userdelegationkey", body: "<x/>" }],
  ["a batch", { method: POST, path: "?comp=batch", body: "x" }],
  ["a search by tags", { method: GET, path: "?comp=blobs&where=a%3D'b'" }],
  ["the access policy of a container", { method: GET, path: "data?restype=container&comp=acl" }],
  ["a new access policy", { method: PUT, path: "data?restype=container&comp=acl", body: "<x/>" }],
  [
    "public access",
    { method: PUT, path: "open1?restype=container", headers: { "x-ms-blob-public-access": "blob" } },
  ],
  ["the lease of a container", { method: PUT, path: "data?restype=container&comp=lease" }],
  ["a restored container", { method: PUT, path: "data?restype=container&comp=undelete" }],
  ["a renamed container", { method: PUT, path: "data?restype=container&comp=rename" }],
  [
    "uncommitted blobs in a list",
    { method: GET, path: "data?restype=container&comp=list&include=uncommittedblobs" },
  ],
  ["a snapshot", { method: PUT, path: "data/a?comp=snapshot" }],
  ["reading a snapshot", { method: GET, path: "data/a?snapshot=2020-01-01T00:00:00.0000000Z" }],
  ["reading a version", { method: GET, path: "data/a?versionid=2020-01-01T00:00:00.0000000Z" }],
  ["a lease", { method: PUT, path: "data/a?comp=lease", headers: { "x-ms-lease-action": "acquire" } }],
  ["a call under a lease", { method: GET, path: "data/a", headers: { "x-ms-lease-id": "x" } }],
  ["tags", { method: GET, path: "data/a?comp=tags" }],
  ["a condition on tags", { method: GET, path: "data/a", headers: { "x-ms-if-tags": "a = 'b'" } }],
  ["a tier", { method: PUT, path: "data/a?comp=tier", headers: { "x-ms-access-tier": "Cool" } }],
  [
    "an upload to a tier",
    { method: PUT, path: "data/t", headers: { ...block, "x-ms-access-tier": "Cool" }, body: "x" },
  ],
  ["a restored blob", { method: PUT, path: "data/a?comp=undelete" }],
  ["immutability", { method: PUT, path: "data/a?comp=immutabilitypolicies" }],
  ["a legal hold", { method: PUT, path: "data/a?comp=legalhold" }],
  ["an expiry", { method: PUT, path: "data/a?comp=expiry" }],
  ["a query of contents", { method: POST, path: "data/a?comp=query", body: "<x/>" }],
  ["a page blob", { method: PUT, path: "data/p", headers: { "x-ms-blob-type": "PageBlob" } }],
  ["pages", { method: PUT, path: "data/a?comp=page", body: "x" }],
  ["the list of pages", { method: GET, path: "data/a?comp=pagelist" }],
  ["a sealed append blob", { method: PUT, path: "data/a?comp=seal" }],
  ["a block from a URL", { method: PUT, path: "data/a?comp=block&blockid=YQ==", headers: from }],
  ["an append from a URL", { method: PUT, path: "data/a?comp=appendblock", headers: from }],
  ["a blob put from a URL", { method: PUT, path: "data/u", headers: { ...block, ...from } }],
  [
    "a copy from elsewhere",
    { method: PUT, path: "data/u", headers: { "x-ms-copy-source": "https://example.com/a" } },
  ],
  ["a copy to be aborted", { method: PUT, path: "data/a?comp=copy&copyid=1" }],
  ["a customer's key", { method: GET, path: "data/a", headers: { "x-ms-encryption-key": "x" } }],
  [
    "an encryption scope",
    { method: PUT, path: "data/e", headers: { ...block, "x-ms-encryption-scope": "x" }, body: "x" },
  ],
  [
    "a CRC-64",
    { method: PUT, path: "data/c", headers: { ...block, "x-ms-content-crc64": "AAAA" }, body: "x" },
  ],
];

const tableCalls: [string, Call][] = [
  ["service properties", { method: GET, path: "?restype=service&comp=properties" }],
  ["service statistics", { method: GET, path: "?restype=service&comp=stats" }],
  ["the access policy of a table", { method: GET, path: "rows?comp=acl" }],
  [
    "a tunnelled method",
    {
      method: POST,
      path: "rows(PartitionKey='a',RowKey='b')",
      headers: { "X-HTTP-Method": "MERGE" },
      body: "{}",
    },
  ],
  ["an order", { method: GET, path: "rows()?$orderby=a" }],
  ["a count", { method: GET, path: "rows()?$inlinecount=allpages" }],
  ["a skip", { method: GET, path: "rows()?$skip=1" }],
  ["the service's metadata", { method: GET, path: "$metadata" }],
];

describe("the Blob service answers 501 in XML to", () => {
  test.each(blobCalls)("%s", async (_what, call) => {
    const response = await send(opened.storage.blobEndpoint, call);
    expect([response.status, response.headers.get("x-ms-error-code")]).toEqual([501, "NotImplemented"]);
    expect(response.headers.get("content-type")).toBe("application/xml");
    expect(await response.text()).toMatch(
      /<Error><Code>NotImplemented<\/Code><Message>The local storage does not serve .+\nRequestId:/s,
    );
  });

  test("nothing of all that left a trace", async () => {
    const credential = new StorageSharedKeyCredential("sluice", opened.key);
    const service = new BlobServiceClient(opened.storage.blobEndpoint, credential);
    const names: string[] = [];
    for await (const { name } of service.getContainerClient("data").listBlobsFlat()) names.push(name);
    expect(names).toEqual(["a"]);
  });
});

describe("the Table service answers 501 in JSON to", () => {
  test.each(tableCalls)("%s", async (_what, call) => {
    const response = await send(opened.storage.tableEndpoint, call);
    expect([response.status, response.headers.get("x-ms-error-code")]).toEqual([501, "NotImplemented"]);
    expect(await response.json()).toEqual({
      "odata.error": {
        code: "NotImplemented",
        message: { lang: "en-US", value: expect.stringContaining("The local storage does not serve") },
      },
    });
  });

  test("a query inside a batch", async () => {
    const body = [
      "--batch_1",
      "Content-Type: application/http",
      "Content-Transfer-Encoding: binary",
      "",
      `GET ${opened.storage.tableEndpoint}/rows(PartitionKey='a',RowKey='b') HTTP/1.1`,
      "",
      "",
      "--batch_1--",
      "",
    ].join("\r\n");
    const response = await send(opened.storage.tableEndpoint, {
      method: POST,
      path: "$batch",
      headers: { "Content-Type": "multipart/mixed; boundary=batch_1" },
      body,
    });
    expect(await response.text()).toContain("HTTP/1.1 501");
  });
});
