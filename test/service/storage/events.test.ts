/** Blob events: raised with the blob, delivered at least once, in the shape of Event Grid. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { openTestStorage, type TestStorage } from "./openTestStorage";
import { Webhook, type Delivery } from "./webhookUnderTest";

const CREATED = "Microsoft.Storage.BlobCreated";
const key = randomBytes(64).toString("base64");
let dataDir: string;
let opened: TestStorage;
let hook: Webhook;
let container: ContainerClient;

async function open(): Promise<void> {
  opened = await openTestStorage(dataDir, key);
  container = BlobServiceClient.fromConnectionString(opened.storage.connectionString).getContainerClient(
    "data",
  );
  await container.createIfNotExists();
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "events-"));
  hook = await new Webhook().open();
  await open();
});
afterEach(async () => {
  await opened.close();
  await hook.close();
  await rm(dataDir, { recursive: true, force: true });
});

function subscribe(eventTypes: string[] = [CREATED]): Promise<void> {
  return opened.storage.subscribe({ name: "onBlob", endpoint: hook.endpoint, eventTypes });
}

describe("an event", () => {
  test("has the Event Grid schema of Microsoft.Storage and the headers of a notification", async () => {
    await subscribe();
    const { etag } = await container
      .getBlockBlobClient("in/a b.csv")
      .upload("1,2", 3, { blobHTTPHeaders: { blobContentType: "text/csv" } });
    const [{ headers, event } = {} as Delivery] = await hook.received(1);
    expect(headers).toMatchObject({
      "aeg-event-type": "Notification",
      "aeg-subscription-name": "ONBLOB",
      "aeg-delivery-count": "0",
    });
    expect(event).toEqual({
      topic: expect.stringMatching(/\/Microsoft\.Storage\/storageAccounts\/sluice$/),
      subject: "/blobServices/default/containers/data/blobs/in/a b.csv",
      eventType: CREATED,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      data: {
        api: "PutBlob",
        clientRequestId: expect.any(String),
        requestId: expect.any(String),
        eTag: etag,
        contentType: "text/csv",
        contentLength: 3,
        blobType: "BlockBlob",
        url: `${opened.storage.blobEndpoint}/data/in/a%20b.csv`,
        sequencer: expect.stringMatching(/^[0-9A-F]{32}$/),
        storageDiagnostics: { batchId: expect.any(String) },
      },
      dataVersion: "",
      metadataVersion: "1",
    });
  });

  test("is raised by Put Blob, Put Block List, copy and append-blob creation, not by staging, appending or metadata", async () => {
    await subscribe();
    await container.uploadBlockBlob("put", "x", 1);
    await container.getBlobClient("put").setMetadata({ a: "1" });
    const block = Buffer.from("1").toString("base64");
    await container.getBlockBlobClient("list").stageBlock(block, "x", 1);
    await container.getBlockBlobClient("list").commitBlockList([block]);
    await container.getAppendBlobClient("log").create();
    await container.getAppendBlobClient("log").appendBlock("x", 1);
    await container.getBlobClient("copy").syncCopyFromURL(container.getBlobClient("put").url);
    await container.deleteBlob("put");
    await container.uploadBlockBlob("last", "x", 1);
    const seen = (await hook.received(5)).map(
      ({ event }) => `${String(event.data["api"])} ${event.subject.split("/").at(-1) ?? ""}`,
    );
    expect(seen.sort()).toEqual([
      "CopyBlob copy",
      "PutBlob last",
      "PutBlob log",
      "PutBlob put",
      "PutBlockList list",
    ]);
  });

  test("of one blob is ordered by its sequencer", async () => {
    await subscribe();
    for (let round = 0; round < 5; round++) await container.uploadBlockBlob("a", String(round), 1);
    const deliveries = await hook.received(5);
    const bySequencer = deliveries
      .map(({ event }) => event.data)
      .sort((a, b) => (String(a["sequencer"]) < String(b["sequencer"]) ? -1 : 1));
    const { etag } = await container.getBlobClient("a").getProperties();
    expect(bySequencer.at(-1)?.["eTag"]).toBe(etag);
  });

  test("about $logs is not raised", async () => {
    await subscribe();
    const logs = BlobServiceClient.fromConnectionString(opened.storage.connectionString).getContainerClient(
      "$logs",
    );
    await logs.create();
    await logs.uploadBlockBlob("hidden", "x", 1);
    await container.uploadBlockBlob("seen", "x", 1);
    expect((await hook.received(1)).map(({ event }) => event.subject)).toEqual([
      expect.stringContaining("seen"),
    ]);
  });

  test("of a write that was refused is not raised", async () => {
    await subscribe();
    await container.uploadBlockBlob("a", "x", 1);
    await container.uploadBlockBlob("a", "y", 1, { conditions: { ifNoneMatch: "*" } }).catch(() => undefined);
    await container.uploadBlockBlob("b", "x", 1);
    expect((await hook.received(2)).map(({ event }) => event.subject.slice(-1)).sort()).toEqual(["a", "b"]);
  });
});

describe("delivery", () => {
  test("repeats what the webhook failed to take, with a growing count", async () => {
    await subscribe();
    await hook.close();
    const { port } = new URL(hook.endpoint);
    await container.uploadBlockBlob("a", "x", 1);
    const late = await new Webhook().open(Number(port));
    hook = late;
    const [delivery] = await late.received(1);
    expect(Number(delivery?.headers["aeg-delivery-count"])).toBeGreaterThan(0);
    expect(delivery?.event.subject).toContain("/a");
  });

  test("gives up at once what the webhook calls malformed, and says so in the log", async () => {
    await subscribe();
    hook.answers = [400];
    await container.uploadBlockBlob("bad", "x", 1);
    await hook.received(1);
    await container.uploadBlockBlob("good", "x", 1);
    await hook.received(2);
    while (opened.storage.deadLetters().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(opened.logged.map(({ event }) => event)).toContain("events.dead-lettered");
    expect(hook.deliveries).toHaveLength(2);
  });

  test("of an event committed while nobody was subscribed again waits for the subscription's return", async () => {
    await subscribe();
    await container.uploadBlockBlob("first", "x", 1);
    await hook.received(1);
    await opened.close();
    await open();
    await container.uploadBlockBlob("between", "x", 1);
    await subscribe();
    const subjects = (await hook.received(2)).map(({ event }) => event.subject.split("/").at(-1));
    expect(subjects).toEqual(["first", "between"]);
  });

  test("names a webhook that fails in health, and never its key in a log", async () => {
    await subscribe();
    hook.answers = [500];
    await container.uploadBlockBlob("a", "x", 1);
    await hook.received(1);
    while (opened.storage.health().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(opened.storage.health()).toEqual([expect.stringContaining("HTTP 500")]);
    expect(JSON.stringify(opened.logged)).not.toContain("code=secret");
  });
});

describe("a subscription", () => {
  test("whose webhook does not echo the validation code is refused", async () => {
    hook.validates = false;
    await expect(subscribe()).rejects.toThrow(/onBlob did not answer the validation/);
  });

  test("to deletions gets deletions only", async () => {
    await subscribe(["Microsoft.Storage.BlobDeleted"]);
    await container.uploadBlockBlob("a", "x", 1);
    await container.deleteBlob("a");
    const [{ event } = {} as Delivery] = await hook.received(1);
    expect(event).toMatchObject({ eventType: "Microsoft.Storage.BlobDeleted", data: { api: "DeleteBlob" } });
    expect(event.data).not.toHaveProperty("eTag");
  });
});
