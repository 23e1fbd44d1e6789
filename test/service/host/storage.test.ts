import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

let scratch: Scratch;
let host: HostProcess;

beforeEach(() => {
  scratch = new Scratch();
});

afterEach(async () => {
  await host.kill();
  scratch.remove();
});

async function start(): Promise<BlobServiceClient> {
  const environment = { TEST_JOURNAL: scratch.file("journal") };
  host = await HostProcess.start({
    app: fixture("small"),
    dataDir: scratch.file("data"),
    environment,
    hasStorage: true,
  });
  const { blobEndpoint } = await host.ready;
  const { account, key } = host.keys.storage;
  return new BlobServiceClient(String(blobEndpoint), new StorageSharedKeyCredential(account, key));
}

const hasEvent = (name: string): boolean =>
  readJournal(scratch.file("journal")).some((line) => line.startsWith("event") && line.endsWith(name));

describe("the host with its own storage", () => {
  test("calls the Event Grid functions for a new blob, and again after a restart", async () => {
    const container = (await start()).getContainerClient("input");
    await container.create();
    await container.getBlockBlobClient("first.csv").uploadData(Buffer.from("a"));
    await untilTrue(() => hasEvent("/input/first.csv"));
    await host.kill();
    const again = (await start()).getContainerClient("input");
    expect((await again.getBlockBlobClient("first.csv").downloadToBuffer()).toString()).toBe("a");
    await again.getBlockBlobClient("second.csv").uploadData(Buffer.from("b"));
    await untilTrue(() => hasEvent("/input/second.csv"));
  });
});
