/** Events that nobody takes: counted across restarts, given up after a bounded time, kept where they can be seen. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, expect, test } from "@jest/globals";

import { openDeadLetters, type DeadLetter } from "../../../src/host/storage/events/deadLetters";
import { openStoreRows } from "../../../src/host/storage/store/storeRows";
import { HandClock } from "../../clock/handClock";
import { openTestStorage, type TestStorage } from "./openTestStorage";
import { Webhook } from "./webhookUnderTest";

const key = randomBytes(64).toString("base64");
let dataDir: string;
let opened: TestStorage | undefined;
let hook: Webhook;
let container: ContainerClient;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "given-up-"));
  hook = await new Webhook().open();
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await hook.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(clock?: HandClock): Promise<TestStorage> {
  await opened?.close();
  opened = await openTestStorage(dataDir, key, clock && { clock });
  const service = BlobServiceClient.fromConnectionString(opened.storage.connectionString);
  container = service.getContainerClient("data");
  await container.createIfNotExists();
  const eventTypes = ["Microsoft.Storage.BlobCreated"];
  await opened.storage.subscribe({ name: "onBlob", endpoint: hook.endpoint, eventTypes });
  return opened;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("an event that was given up is there after a restart, with its reason, and health names it for a day", async () => {
  const { storage } = await open();
  hook.answers = [403];
  await container.uploadBlockBlob("refused", "x", 1);
  await until(() => storage.deadLetters().length > 0);
  const again = await open();
  expect(again.storage.deadLetters()).toMatchObject([
    {
      subscription: "onBlob",
      reason: "the webhook refused the event (HTTP 403)",
      attempts: 1,
      event: { subject: expect.stringContaining("refused"), data: { api: "PutBlob" } },
    },
  ]);
  expect(again.storage.health()).toEqual([
    expect.stringMatching(/^1 blob event\(s\) for onBlob were given up within a day.*HTTP 403/),
  ]);
});

test("attempts count on after a restart, so that no event is tried for ever", async () => {
  const { logged } = await open();
  hook.answers = [503];
  await container.uploadBlockBlob("a", "x", 1);
  await until(() => logged.some(({ event }) => event === "events.delivery-failed"));
  await open();
  const deliveries = await hook.received(2);
  expect(deliveries.map(({ headers }) => headers["aeg-delivery-count"])).toEqual(["0", "1"]);
});

test("an event that no attempt brings home is given up within a day of the storage's own clock", async () => {
  const begin = Date.now();
  const clock = new HandClock(begin);
  const { storage } = await open(clock);
  hook.answers = Array.from({ length: 40 }, () => 503);
  await container.uploadBlockBlob("unwanted", "x", 1);
  const waits: number[] = [];
  for (;;) {
    await until(() => clock.waiting > 0 || storage.deadLetters().length > 0);
    if (storage.deadLetters().length > 0) break;
    const before = clock.now();
    clock.moveToNext();
    waits.push((clock.now() - before) / 1_000);
  }
  expect(waits).toEqual([10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200]);
  expect(hook.deliveries).toHaveLength(waits.length + 1);
  const [letter] = storage.deadLetters();
  expect(letter).toMatchObject({ reason: expect.stringContaining("24 hours passed"), attempts: 11 });
  expect(letter?.at).toBe(clock.now());
});

test("given-up events are kept for 7 days, 1,000 at most, and the oldest go first (Q1)", async () => {
  const rows = await openStoreRows(join(dataDir, "storage.mdb"));
  try {
    const day = 24 * 3_600_000;
    let now = 100 * day;
    const letters = openDeadLetters(rows, () => now);
    const add = (at: number): Promise<void> =>
      rows.commits.commit((change) =>
        letters.add(change, Buffer.from(`key ${at}`), { subscription: "s", at } as DeadLetter),
      );
    await Promise.all(Array.from({ length: 1_005 }, (_, index) => add(now - 1_005 + index)));
    await letters.prune();
    expect([letters.list().length, letters.list()[0]?.at]).toEqual([1_000, now - 1_000]);
    now += 7 * day - 500;
    await letters.prune();
    expect(letters.list()).toHaveLength(500);
    expect(letters.problems()).toEqual([]);
  } finally {
    await rows.close();
  }
});
