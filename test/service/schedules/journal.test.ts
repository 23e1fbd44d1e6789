import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readBlobEvent } from "../../../src/schedules/blobEventForm";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import {
  blobCreated,
  changeSchedule,
  create,
  engine,
  openRoom,
  timeSchedule,
  type Room,
} from "./scheduleRoom";

let storage: StorageUnderTest;
let room: Room;
beforeEach(async () => {
  storage = await startStorage();
  room = openRoom(storage.connectionString, "2026-05-17T10:20:30.500Z");
});
afterEach(async () => storage.stop());

const at = (iso: string): Date => room.setNow(iso);
const hourly = { frequency: "Hour", interval: 1, start_time: "2026-05-17T11:00:00" };

async function rowsOf(table: "ScheduleEvents", prefix: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for await (const { partitionKey = "", rowKey = "" } of (await room.workspace.table(table)).listEntities())
    if (partitionKey.startsWith(prefix)) rows.push(rowKey);
  return rows;
}

describe("the journal", () => {
  test("gives every event once, newest first, however small the pages are", async () => {
    const id = await create(room, timeSchedule(hourly));
    for (let hour = 11; hour < 18; hour += 1)
      await room.schedules.tick(at(`2026-05-17T${hour}:00:00Z`), engine);
    const seen: string[] = [];
    let token: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof room.schedules.events>> = await room.schedules.events(
        id,
        3,
        token,
      );
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map((event) => event.at.slice(11, 13)));
      token = page.continuationToken;
    } while (token !== null);
    expect(seen).toEqual(["17", "16", "15", "14", "13", "12", "11"]);
  });

  test("forgets a schedule's firings after its days, and nothing younger", async () => {
    const id = await create(room, timeSchedule({ ...hourly, interval: 24 }));
    for (let day = 17; day < 20; day += 1) await room.schedules.tick(at(`2026-05-${day}T11:00:00Z`), engine);
    expect(await room.eventsOf(id)).toHaveLength(3);
    await room.schedules.tick(at("2026-08-16T11:00:00Z"), engine);
    const kept = (await room.eventsOf(id)).map((event) => event.at.slice(0, 10));
    expect(kept).toEqual(["2026-08-16", "2026-05-20", "2026-05-19", "2026-05-18"]);
  });

  test("forgets blob events that are over after its days, and none that is open", async () => {
    await create(room, changeSchedule("inbox"));
    await room.schedules.blobChanged(blobCreated("inbox/over.csv", "0x1"), engine);
    await room.schedules.blobChanged(blobCreated("elsewhere/ignored.csv", "0x1"), engine);
    at("2026-08-10T00:00:00Z");
    await room.schedules.blobChanged(blobCreated("inbox/young.csv", "0x1"), engine);
    expect(await rowsOf("ScheduleEvents", "j_")).toHaveLength(6);
    await room.schedules.tick(at("2026-08-15T10:30:00Z"), engine);
    expect(await rowsOf("ScheduleEvents", "j_")).toHaveLength(2);
    expect(await room.schedules.blobChanged(blobCreated("inbox/young.csv", "0x1"), engine)).toEqual([]);
  });
});

describe("an event in the schema of CloudEvents", () => {
  test("starts the same run as the same event in the schema of Event Grid", async () => {
    await create(room, changeSchedule("inbox"));
    const { data, subject, id } = blobCreated("inbox/a.csv", "0x1");
    const cloud = {
      specversion: "1.0",
      source: "/subscriptions/s/storageAccounts/sluice",
      type: "Microsoft.Storage.BlobCreated",
      time: "2026-05-17T10:21:00Z",
      subject,
      id,
      data,
    };
    expect(await room.schedules.blobChanged(readBlobEvent(cloud), engine)).toHaveLength(1);
    const grid = { id: "other", eventType: cloud.type, eventTime: cloud.time, subject, data };
    expect(await room.schedules.blobChanged(readBlobEvent(grid), engine)).toEqual([]);
  });

  test.each([null, 1, "x", [], {}, { specversion: 1 }, { specversion: "1.0", data: "x" }])(
    "or in none (%j) is journaled and answered normally",
    async (event) => {
      expect(await room.schedules.blobChanged(readBlobEvent(event), engine)).toEqual([]);
      expect((await rowsOf("ScheduleEvents", "j_")).filter((key) => key.startsWith("e_"))).toHaveLength(1);
    },
  );
});

describe("a simulation", () => {
  async function allRows(): Promise<number> {
    const tables = (["Schedules", "ScheduleEvents", "ScheduleIndex"] as const).map(async (name) => {
      let count = 0;
      const pages = (await room.workspace.table(name)).listEntities().byPage();
      for await (const page of pages) count += page.length;
      return count;
    });
    return (await Promise.all(tables)).reduce((sum, count) => sum + count, 0);
  }

  test("of the clock tells what the slots would do, and neither starts nor writes anything", async () => {
    const id = await create(room, timeSchedule(hourly));
    const before = await allRows();
    const clock = (iso: string) => room.schedules.simulate(id, { kind: "clock", at: new Date(iso) });
    expect(await clock("2026-05-17T10:59:59Z")).toEqual([]);
    expect(await clock("2026-05-17T11:00:00Z")).toMatchObject([{ kind: "fired", firing: { kind: "slot" } }]);
    expect(await clock("2026-05-17T13:01:00Z")).toMatchObject([
      { kind: "missed", count: 2 },
      { kind: "fired", at: "2026-05-17T13:00:00.000Z" },
    ]);
    expect([await allRows(), room.runs.claimed.size]).toEqual([before, 0]);
    expect(await room.schedules.tick(at("2026-05-17T11:00:00Z"), engine)).toHaveLength(1);
  });

  test("of an event tells why it would start a run or not, by the schedule's own rule", async () => {
    const id = await create(room, changeSchedule("inbox"));
    const before = await allRows();
    const blob = (path: string, changed = {}) =>
      room.schedules.simulate(id, { kind: "blob", event: blobCreated(path, "0x1", changed) });
    expect(await blob("inbox/a.csv")).toMatchObject([{ kind: "fired", firing: { path: "inbox/a.csv" } }]);
    expect(await blob("inbox/deeper/a.csv")).toMatchObject([
      { reason: "in a sub-folder of the watched folder" },
    ]);
    expect(await blob("other/a.csv")).toMatchObject([{ reason: "outside the watched folder" }]);
    expect(await blob("x", { subject: "/nothing" })).toMatchObject([{ reason: "subject names no blob" }]);
    expect([await allRows(), room.runs.claimed.size]).toEqual([before, 0]);
    expect(await room.schedules.blobChanged(blobCreated("inbox/a.csv", "0x1"), engine)).toHaveLength(1);
  });

  test("tells what would be refused, and of no schedule nothing", async () => {
    const id = await create(room, timeSchedule(hourly));
    const without = room.secondHost({
      pipelines: { ...room.pipelines, find: () => Promise.resolve(undefined) },
    });
    const clock = { kind: "clock", at: new Date("2026-05-17T11:00:00Z") } as const;
    expect(await without.simulate(id, clock)).toMatchObject([
      { kind: "refused", problems: [{ code: "UnknownPipeline" }] },
    ]);
    expect(await room.schedules.simulate("0f0e0d0c-0000-4000-8000-00000000ffff", clock)).toBeUndefined();
  });
});
