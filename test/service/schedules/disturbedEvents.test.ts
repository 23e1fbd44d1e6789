/** Change schedules under events as Azure may deliver them: repeated, late, in any order, to two hosts. */
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openDisturbance } from "../../../src/host/storage/events/disturbance";
import { Webhook } from "../storage/webhookUnderTest";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { changeSchedule, create, engine, openRoom } from "./scheduleRoom";

const SEED = 20260517;
let storage: StorageUnderTest;
let hook: Webhook;

beforeAll(async () => {
  storage = await startStorage({ seed: SEED });
  hook = await new Webhook().open();
});
afterAll(async () => {
  await storage.stop();
  await hook.close();
});

test("every version of a blob starts exactly one run, however its events are repeated, delayed and shuffled", async () => {
  const room = openRoom(storage.connectionString, new Date().toISOString());
  const hosts = [room.schedules, room.secondHost()];
  await create(room, changeSchedule("inbox"));
  const handled: Promise<readonly string[]>[] = [];
  hook.onDelivery = ({ event }) => {
    const host = hosts[handled.length % hosts.length];
    if (host !== undefined) handled.push(host.blobChanged(event, engine));
  };
  const eventTypes = ["Microsoft.Storage.BlobCreated"];
  await storage.subscribe({ name: "onBlob", endpoint: hook.endpoint, eventTypes });

  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  const container = service.getContainerClient("azureml-blobstore");
  await container.createIfNotExists();
  const versions: string[] = [];
  for (let version = 0; version < 4; version++)
    for (const name of ["a.csv", "b.csv", "c.csv"]) {
      const { response } = await container.uploadBlockBlob(`inbox/${name}`, `${version}`, 1);
      versions.push(`inbox/${name} ${(response.etag ?? "").replaceAll('"', "")}`);
    }
  const plan = openDisturbance({ seed: SEED });
  const deliveries = versions.reduce((sum) => sum + plan.next().length, 0);
  expect(deliveries).toBeGreaterThan(versions.length);
  await hook.received(deliveries);
  await Promise.all(handled);

  const started = room.runs.submissions.map(({ cause }) =>
    cause.kind === "blob" ? `${cause.blobPath} ${cause.etag}` : cause.kind,
  );
  expect(started.sort()).toEqual(versions.sort());
});
