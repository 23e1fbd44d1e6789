/** Who is refused: every call must carry a valid signature, be meant for loopback and not come from a web page. */
import { Agent, request as httpRequest } from "node:http";

import {
  AzureNamedKeyCredential,
  generateTableSas,
  TableClient,
  TableServiceClient,
} from "@azure/data-tables";
import {
  AccountSASPermissions,
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
  type BlobSASSignatureValues,
} from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { openTestStorage, type TestStorage } from "./openTestStorage";

let opened: TestStorage;
let service: BlobServiceClient;
let credential: StorageSharedKeyCredential;
let blobUrl: string;
const inAMinute = (): Date => new Date(Date.now() + 60_000);

beforeAll(async () => {
  opened = await openTestStorage();
  service = BlobServiceClient.fromConnectionString(opened.storage.connectionString, {
    retryOptions: { maxTries: 1 },
  });
  credential = new StorageSharedKeyCredential("sluice", opened.key);
  await service.createContainer("data");
  await service.getContainerClient("data").uploadBlockBlob("a", "x", 1);
  blobUrl = `${opened.storage.blobEndpoint}/data/a`;
  await TableServiceClient.fromConnectionString(opened.storage.connectionString, {
    allowInsecureConnection: true,
  }).createTable("rows");
});
afterAll(() => opened.close());

function sas(values: Partial<BlobSASSignatureValues>): string {
  const base = {
    containerName: "data",
    blobName: "a",
    permissions: BlobSASPermissions.parse("r"),
    expiresOn: inAMinute(),
  };
  return generateBlobSASQueryParameters({ ...base, ...values }, credential).toString();
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
}

/** Plain HTTP, since fetch does not let a caller set Host and Origin. */
function get(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers, method }, (response) => {
      response.resume();
      const code = response.headers["x-ms-error-code"];
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, code: typeof code === "string" ? code : undefined }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("a caller", () => {
  test("without any signature is refused", async () => {
    expect(await get(blobUrl)).toEqual({ status: 401, code: "NoAuthenticationInformation" });
    expect(await get(`${opened.storage.tableEndpoint}/rows()`)).toEqual({
      status: 401,
      code: "NoAuthenticationInformation",
    });
  });

  test("with a wrong key is refused by both services", async () => {
    const wrong = Buffer.alloc(64, 1).toString("base64");
    const blobs = new BlobServiceClient(
      opened.storage.blobEndpoint,
      new StorageSharedKeyCredential("sluice", wrong),
      { retryOptions: { maxTries: 1 } },
    );
    await expect(blobs.getContainerClient("data").getProperties()).rejects.toMatchObject({
      statusCode: 403,
      code: "AuthenticationFailed",
    });
    const rows = new TableClient(
      opened.storage.tableEndpoint,
      "rows",
      new AzureNamedKeyCredential("sluice", wrong),
      { allowInsecureConnection: true },
    );
    await expect(rows.getEntity("a", "b")).rejects.toMatchObject({ statusCode: 403 });
  });

  test("with a date more than 15 minutes off is refused", async () => {
    const at = new Date(Date.now() - 16 * 60_000).toUTCString();
    const answer = await get(blobUrl, { "x-ms-date": at, Authorization: "SharedKey sluice:AAAA" });
    expect(answer).toEqual({ status: 403, code: "AuthenticationFailed" });
  });

  test("with a bearer token learns that it is not served", async () => {
    expect(await get(blobUrl, { Authorization: "Bearer x" })).toEqual({
      status: 501,
      code: "NotImplemented",
    });
  });

  test("from a foreign web page, or with a foreign Host, is refused even with a valid SAS", async () => {
    const url = `${blobUrl}?${sas({})}`;
    expect((await get(url)).status).toBe(200);
    expect((await get(url, { Origin: "http://localhost:8080" })).status).toBe(200);
    for (const headers of [
      { Origin: "https://evil.example" },
      { Origin: "null" },
      { Host: "evil.example" },
      { Host: "127.0.0.1.evil.example" },
    ])
      expect(await get(url, headers)).toEqual({ status: 403, code: "AuthorizationFailure" });
  });
});

describe("a SAS", () => {
  const cases: [string, () => string, Answer][] = [
    [
      "that expired",
      () => sas({ expiresOn: new Date(Date.now() - 1_000), startsOn: new Date(0) }),
      { status: 403, code: "AuthenticationFailed" },
    ],
    [
      "that starts later",
      () => sas({ startsOn: inAMinute() }),
      { status: 403, code: "AuthenticationFailed" },
    ],
    [
      "for HTTPS only",
      () => sas({ protocol: "https" as never }),
      { status: 403, code: "AuthorizationProtocolMismatch" },
    ],
    [
      "for another address",
      () => sas({ ipRange: { start: "10.0.0.1" } }),
      { status: 403, code: "AuthorizationSourceIPMismatch" },
    ],
    [
      "without the permission",
      () => sas({ permissions: BlobSASPermissions.parse("w") }),
      { status: 403, code: "AuthorizationPermissionMismatch" },
    ],
    [
      "whose permission was edited",
      () => sas({}).replace("sp=r", "sp=rw"),
      { status: 403, code: "AuthenticationFailed" },
    ],
    ["of a stored access policy", () => sas({ identifier: "p" }), { status: 501, code: "NotImplemented" }],
    ["for this address", () => sas({ ipRange: { start: "127.0.0.1" } }), { status: 200, code: undefined }],
  ];
  test.each(cases)("%s is answered accordingly", async (_title, token, expected) => {
    expect(await get(`${blobUrl}?${token()}`)).toEqual(expected);
  });

  test("to create but not to write makes new blobs and replaces none", async () => {
    const create = (name: string): Promise<Response> =>
      fetch(
        `${opened.storage.blobEndpoint}/data/${name}?${sas({ blobName: name, permissions: BlobSASPermissions.parse("c") })}`,
        {
          method: "PUT",
          headers: { "x-ms-blob-type": "BlockBlob" },
          body: "y",
        },
      );
    expect((await create("new")).status).toBe(201);
    const again = await create("new");
    expect([again.status, again.headers.get("x-ms-error-code")]).toEqual([403, "UnauthorizedBlobOverwrite"]);
  });

  test("of a container cannot delete the container", async () => {
    const token = generateBlobSASQueryParameters(
      { containerName: "data", permissions: ContainerSASPermissions.parse("rwdl"), expiresOn: inAMinute() },
      credential,
    ).toString();
    expect(
      (await get(`${opened.storage.blobEndpoint}/data?restype=container&${token}`, {}, "DELETE")).status,
    ).toBe(403);
  });

  test("of the account reaches the services and resource types it names", async () => {
    const url = service.generateAccountSasUrl(inAMinute(), AccountSASPermissions.parse("rl"), "o");
    const token = new URL(url).search.slice(1);
    expect((await get(`${blobUrl}?${token}`)).status).toBe(200);
    expect(await get(`${opened.storage.blobEndpoint}/data?restype=container&comp=list&${token}`)).toEqual({
      status: 403,
      code: "AuthorizationResourceTypeMismatch",
    });
    expect(await get(`${opened.storage.tableEndpoint}/rows()?${token}`)).toEqual({
      status: 403,
      code: "AuthorizationServiceMismatch",
    });
  });

  test("of a table that covers a range of keys shows no entity outside of it", async () => {
    const insecure = { allowInsecureConnection: true };
    const rows = TableClient.fromConnectionString(opened.storage.connectionString, "rows", insecure);
    for (const partitionKey of ["a", "b", "c"]) await rows.upsertEntity({ partitionKey, rowKey: "1" });
    const token = generateTableSas("rows", new AzureNamedKeyCredential("sluice", opened.key), {
      permissions: { query: true },
      expiresOn: inAMinute(),
      startPartitionKey: "b",
      endPartitionKey: "b",
    });
    const response = await fetch(`${opened.storage.tableEndpoint}/rows()?${token}`, {
      headers: { Accept: "application/json;odata=nometadata" },
    });
    expect(((await response.json()) as { value: unknown[] }).value).toHaveLength(1);
    expect(
      (await get(`${opened.storage.tableEndpoint}/rows(PartitionKey='a',RowKey='1')?${token}`)).status,
    ).toBe(403);
  });
});

describe("a connection", () => {
  test("serves its next call after an upload was refused in its middle", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const url = `${opened.storage.tableEndpoint}/rows?${rowsSas()}`;
    const send = (size: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(
          url,
          { agent, method: "POST", headers: { "Content-Length": size } },
          (response) => {
            response.resume();
            response.on("end", () => resolve(response.statusCode ?? 0));
          },
        );
        sent.on("error", reject);
        sent.end(Buffer.alloc(size));
      });
    expect(await send(6 * 1024 * 1024)).toBe(413);
    expect(await send(10)).toBe(400);
    agent.destroy();
  });
});

function rowsSas(): string {
  return generateTableSas("rows", new AzureNamedKeyCredential("sluice", opened.key), {
    permissions: { add: true },
    expiresOn: inAMinute(),
  });
}
