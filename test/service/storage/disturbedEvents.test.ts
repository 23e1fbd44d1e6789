/** The test mode that treats blob events as Azure may: repeated, delayed, in another order. */
import { BlobServiceClient } from "@azure/storage-blob";
import { afterEach, expect, test } from "@jest/globals";

import { openDisturbance } from "../../../src/host/storage/events/disturbance";
import { disturbanceIn } from "../../../src/host/storage/openStorage";
import { openTestStorage, type TestStorage } from "./openTestStorage";
import { Webhook } from "./webhookUnderTest";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(seed: number): Promise<{ opened: TestStorage; hook: Webhook }> {
  const hook = await new Webhook().open();
  closers.push(() => hook.close());
  const opened = await openTestStorage(undefined, undefined, { disturbEvents: { seed } });
  closers.unshift(() => opened.close());
  const eventTypes = ["Microsoft.Storage.BlobCreated"];
  await opened.storage.subscribe({ name: "onBlob", endpoint: hook.endpoint, eventTypes });
  return { opened, hook };
}

test("every event arrives, some more than once, and not in the order of their sequencers", async () => {
  const { opened, hook } = await open(7);
  const service = BlobServiceClient.fromConnectionString(opened.storage.connectionString);
  const container = service.getContainerClient("data");
  await container.create();
  const names = Array.from({ length: 30 }, (_, index) => `blob-${index}`);
  await Promise.all(names.map((name) => container.uploadBlockBlob(name, "x", 1)));
  const disturbance = openDisturbance({ seed: 7 });
  const copies = names.reduce((sum) => sum + disturbance.next().length, 0);
  expect(copies).toBeGreaterThan(names.length);
  const deliveries = await hook.received(copies);
  const seen = deliveries.map(({ event }) => event.subject.split("/").at(-1));
  expect(new Set(seen)).toEqual(new Set(names));
  const order = deliveries.map(({ event }) => String(event.data["sequencer"]));
  expect(order).not.toEqual([...order].sort());
  expect(opened.storage.health()).toEqual([]);
});

test("a webhook that refuses a disturbed event still gets it again", async () => {
  const { opened, hook } = await open(3);
  hook.answers = Array.from({ length: 3 }, () => 500);
  const service = BlobServiceClient.fromConnectionString(opened.storage.connectionString);
  await service.createContainer("data");
  await service.getContainerClient("data").uploadBlockBlob("a", "x", 1);
  await hook.received(1);
  while (!opened.logged.some(({ event }) => event === "events.delivery-failed"))
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(opened.storage.health()).toEqual([expect.stringContaining("1 blob event(s) for onBlob")]);
});

test("the environment turns it on in tests only, and only with a seed", () => {
  expect(disturbanceIn({})).toBeUndefined();
  expect(disturbanceIn({ SLUICE_TEST_EVENTS_SEED: "12", NODE_ENV: "test" })).toEqual({ seed: 12 });
  expect(() => disturbanceIn({ SLUICE_TEST_EVENTS_SEED: "12" })).toThrow(/for tests \(NODE_ENV=test\) only/);
  expect(() => disturbanceIn({ SLUICE_TEST_EVENTS_SEED: "x", NODE_ENV: "test" })).toThrow(/whole number/);
});
