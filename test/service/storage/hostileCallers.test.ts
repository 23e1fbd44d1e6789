/** Callers that race, lie, send nonsense or never finish: each gets an answer of Azure's, and nobody else is harmed. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { AzureNamedKeyCredential, generateAccountSas, TableClient } from "@azure/data-tables";
import { BlobServiceClient, type BlockBlobClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { seededDice } from "../../crash/seededDice";
import { openTestStorage, type TestStorage } from "./openTestStorage";

let opened: TestStorage | undefined;
let table: TableClient;
let container: ContainerClient;
let token: string;

beforeAll(async () => {
  opened = await openTestStorage();
  const { connectionString } = opened.storage;
  table = TableClient.fromConnectionString(connectionString, "rows", { allowInsecureConnection: true });
  container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient("data");
  await table.createTable();
  await container.create();
  token = tokenFor(opened.key);
});
afterAll(() => opened?.close());

function tokenFor(key: string): string {
  return generateAccountSas(new AzureNamedKeyCredential("sluice", key), {
    expiresOn: new Date(Date.now() + 600_000),
    permissions: { query: true, write: true, delete: true, list: true, add: true, update: true },
    services: { blob: true, table: true },
    resourceTypes: "sco",
  });
}

const CLIENTS = 50;

/** Tries until `attempt` is not refused for another's write; each client adds one. */
async function addOne(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const status = await attempt().then(
      () => 0,
      (error: unknown) => (error as { statusCode?: number }).statusCode,
    );
    if (status === 0) return;
    expect(status).toBe(412);
  }
}

test("of fifty callers who each add one to an entity under its ETag none overwrites another", async () => {
  const key = { partitionKey: "counter", rowKey: "one" };
  await table.createEntity({ ...key, count: 0 });
  const add = async (): Promise<unknown> => {
    const { count, etag } = await table.getEntity<{ count: number }>(key.partitionKey, key.rowKey);
    return table.updateEntity({ ...key, count: count + 1 }, "Replace", { etag });
  };
  await Promise.all(Array.from({ length: CLIENTS }, () => addOne(add)));
  expect((await table.getEntity("counter", "one"))["count"]).toBe(CLIENTS);
});

test("of fifty callers who each add one to a blob under its ETag none overwrites another", async () => {
  const blob = container.getBlockBlobClient("counter");
  await blob.upload("0", 1);
  const add = async (): Promise<unknown> => {
    const { etag, readableStreamBody } = await blob.download();
    const next = String(Number(await textOf(readableStreamBody!)) + 1);
    return blob.upload(next, next.length, { conditions: { ifMatch: etag! } });
  };
  await Promise.all(Array.from({ length: CLIENTS }, () => addOne(add)));
  expect((await blob.downloadToBuffer()).toString()).toBe(String(CLIENTS));
});

async function textOf(body: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test("of fifty callers who create one blob, stage its blocks and commit them at once the blob is that of one", async () => {
  const blob = container.getBlockBlobClient("contested");
  const made = Array.from({ length: CLIENTS }, (_, index) => assemble(blob, index));
  const outcomes = await Promise.allSettled(made);
  expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
  const text = (await blob.downloadToBuffer()).toString();
  const [writer] = text.split(".");
  expect(text).toBe(textBy(Number(writer)));
});

const textBy = (writer: number): string => `${writer}.`.repeat(40_000);

/** Two blocks of a writer's own ids; another's commit may discard them, which is a refusal, never a mixture. */
async function assemble(blob: BlockBlobClient, writer: number): Promise<void> {
  const text = textBy(writer);
  const cut = Math.floor(text.length / 2);
  const ids = ["a", "b"].map((part) =>
    Buffer.from(`${part}${String(writer).padStart(4, "0")}`).toString("base64"),
  );
  await blob.stageBlock(ids[0]!, text.slice(0, cut), cut);
  await blob.stageBlock(ids[1]!, text.slice(cut), text.length - cut);
  await blob.commitBlockList(ids);
}

test("no request that was made up brings anything but an answer of Azure's, and never a fault of the storage's own", async () => {
  const dice = seededDice(20_260_301);
  const pick = <T>(from: readonly T[]): T => from[dice.below(from.length)]!;
  for (let round = 0; round < 600; round++) {
    const service = pick(["blob", "table"] as const);
    const endpoint = service === "blob" ? opened!.storage.blobEndpoint : opened!.storage.tableEndpoint;
    const query = Array.from({ length: dice.below(3) }, () => `${pick(PARAMETERS)}=${pick(VALUES)}`).join(
      "&",
    );
    const method = pick(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "MERGE", "OPTIONS"]);
    const headers = Object.fromEntries(
      Array.from({ length: dice.below(3) }, () => [pick(HEADERS), pick(HEADER_VALUES)]),
    );
    const hasBody = method !== "GET" && method !== "HEAD";
    const response = await fetch(`${endpoint}/${pick(PATHS)}?${query}&${token}`, {
      method,
      headers,
      ...(hasBody && { body: pick(BODIES) }),
    });
    const text = await response.text();
    const what = `${round}: ${method} ${response.url} ${JSON.stringify(headers)} ${text}`;
    expect([response.status === 500, what]).toEqual([false, what]);
    if (response.status >= 400) expect(response.headers.get("x-ms-error-code")).toBeTruthy();
  }
  expect(opened!.logged.filter(({ event }) => event === "storage.request-failed")).toEqual([]);
});

const PATHS = [
  ...[
    "",
    "rows",
    "rows()",
    "Tables",
    "Tables('rows')",
    "Tables('x",
    "$batch",
    "data",
    "data/a",
    "data/a/b%00c",
  ],
  ...[
    "rows(PartitionKey='a',RowKey='b')",
    "rows(PartitionKey='a'",
    "rows(PartitionKey='%27')",
    "%ff",
    "..%2f..%2f",
  ],
  ...["data/%F0%9F%98%80", "$root", "DATA", "data/counter", "nothere/a"],
];
const PARAMETERS = [
  ...[
    "$filter",
    "$top",
    "$select",
    "comp",
    "restype",
    "marker",
    "maxresults",
    "prefix",
    "delimiter",
    "blockid",
  ],
  ...["include", "NextPartitionKey", "blocklisttype", "timeout"],
];
const VALUES = [
  ...[
    "",
    "a",
    "-1",
    "0",
    "1e9",
    "list",
    "block",
    "blocklist",
    "metadata",
    "container",
    "appendblock",
    "properties",
  ],
  ...[
    "a eq",
    "(((((((",
    "PartitionKey eq 'a' and",
    "not not not (a eq 1)",
    "a eq datetime'x'",
    "a lt guid'1'",
  ],
  ...["1!zzzz", "%00", "%27", "YQ==", "all", "a%20eq%2099999999999999999999L", "%F0%9F%98%80"],
];
const HEADERS = [
  ...[
    "range",
    "x-ms-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "content-md5",
    "prefer",
    "accept",
  ],
  ...["x-ms-blob-type", "x-ms-copy-source", "x-ms-meta-a", "x-ms-meta-1", "content-type", "x-ms-version"],
  ...["x-ms-blob-condition-appendpos", "x-ms-source-if-match", "x-ms-range-get-content-md5"],
];
const HEADER_VALUES = [
  ...[
    "",
    "*",
    "bytes=0-",
    "bytes=5-1",
    "bytes=9999999-",
    "yesterday",
    "AAAA",
    "BlockBlob",
    "AppendBlob",
    "-1",
    "true",
  ],
  ...[
    "multipart/mixed; boundary=x",
    "multipart/mixed",
    "http://[",
    "http://127.0.0.1/data",
    '"',
    "application/atom+xml",
  ],
];
const BODIES = [
  ...[
    "",
    "{",
    "[]",
    "null",
    '{"PartitionKey":1}',
    '{"PartitionKey":"a","RowKey":"b","x@odata.type":"Edm.Int64","x":1}',
  ],
  ...[
    "<BlockList>",
    "<BlockList><Latest>YQ==</Latest></BlockList>",
    "--x\r\n\r\n--x--",
    '{"TableName":"1"}',
    "\u0000",
  ],
];

interface RawAnswer {
  readonly socket: Socket;
  readonly text: () => string;
}

async function openRaw(head: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(opened!.storage.blobEndpoint);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (bytes: Buffer) => (text += bytes.toString())).on("error", () => undefined);
  await once(socket, "connect");
  socket.write(head);
  return { socket, text: () => text };
}

test("headers larger than Azure takes are refused, and the next caller is served", async () => {
  const raw = await openRaw(
    `GET /sluice/data/a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${"x".repeat(100_000)}\r\n\r\n`,
  );
  await once(raw.socket, "close");
  expect(raw.text()).toMatch(/^HTTP\/1\.1 431 /);
  expect(await container.exists()).toBe(true);
});

test("callers who never finish their headers or bodies hold up neither the others nor the end", async () => {
  const { storage, key, logged, close } = await openTestStorage();
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  await service.createContainer("served");
  const { hostname, port } = new URL(storage.blobEndpoint);
  const put = `PUT /sluice/served/slow?${tokenFor(key)} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-ms-blob-type: BlockBlob\r\n`;
  const heads = [`${put}Content-Length: 100000\r\n\r\nx`, `${put}Content-Length: 10\r\n\r\nx`, "GET /sl"];
  const sockets = heads.flatMap((head) =>
    Array.from({ length: 60 }, () => openSocket(Number(port), hostname, head)),
  );
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  await service.getContainerClient("served").uploadBlockBlob("quick", "x", 1);
  const ended = sockets.map(
    (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
  );
  await close();
  await Promise.all(ended);
  expect(logged.filter(({ event }) => event === "storage.request-failed")).toEqual([]);
});

function openSocket(port: number, hostname: string, head: string): Socket {
  const socket = connect(port, hostname);
  socket.on("error", () => undefined).resume();
  socket.write(head);
  return socket;
}
