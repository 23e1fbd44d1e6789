import type { ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { writtenBy } from "../../../src/data/writtenBy";
import type { RequestedRule, ScheduleRequest } from "../../../src/schedules/schedules";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import {
  blobCreated,
  changeSchedule,
  create,
  engine,
  openRoom,
  RememberingEngine,
  type Room,
} from "./scheduleRoom";

let storage: StorageUnderTest;
let container: ContainerClient;
let room: Room;
const folder = "inbox";
/** What the room's clock says until a test moves it: the storage's own time at the start. */
let startedAt: number;

beforeEach(async () => {
  storage = await startStorage();
  startedAt = Date.now();
  room = openRoom(storage.connectionString, new Date(startedAt).toISOString());
  container = await room.datastores.container("workspaceblobstore");
});
afterEach(async () => storage.stop());

const bytes = Buffer.from("a,b\n1,2\n");
async function put(path: string, content = bytes, metadata: Record<string, string> = {}): Promise<string> {
  const { etag = "" } = await container
    .getBlockBlobClient(path)
    .upload(content, content.length, { metadata });
  return etag.replaceAll('"', "");
}

/** The tick so many minutes after now. */
const tickAfter = (minutes: number): Promise<readonly string[]> =>
  room.schedules.tick(room.setNow(new Date(startedAt + minutes * 60_000).toISOString()), engine);

const watching = (filter: RequestedRule["filter"] = {}): ScheduleRequest => {
  const request = changeSchedule(folder);
  if (request.trigger.kind !== "change") throw new Error();
  return { ...request, trigger: { kind: "change", rule: { ...request.trigger.rule, filter } } };
};

const firedPaths = (): string[] =>
  room.runs.submissions.map(({ cause }) => (cause.kind === "blob" ? cause.blobPath : cause.kind)).sort();

describe("with push broken altogether", () => {
  test("every change starts its run within one polling interval, and what was there before starts none", async () => {
    await put(`${folder}/before.csv`);
    startedAt = Date.now();
    room.setNow(new Date(startedAt).toISOString());
    await create(room, watching());
    await put(`${folder}/new.csv`);
    await put(`${folder}/before.csv`, Buffer.from("changed"));
    await put(`${folder}/deeper/no.csv`);
    expect(await tickAfter(5)).toHaveLength(2);
    expect(firedPaths()).toEqual([`${folder}/before.csv`, `${folder}/new.csv`]);
    expect(await tickAfter(10)).toEqual([]);
    await put(`${folder}/new.csv`, Buffer.from("again"));
    expect(await tickAfter(14)).toEqual([]);
    expect(await tickAfter(15)).toHaveLength(1);
  });

  test("two hosts that sweep at once start one run a change", async () => {
    await create(room, watching());
    for (let index = 0; index < 20; index += 1) await put(`${folder}/${index}.csv`);
    const now = room.setNow(new Date(startedAt + 300_000).toISOString());
    const hosts = [room.schedules, room.secondHost(), room.secondHost()];
    const started = await Promise.all(hosts.map((host) => host.tick(now, engine)));
    expect(started.flat()).toHaveLength(20);
    expect(await tickAfter(10)).toEqual([]);
  });

  test("a sweep that dies in the middle is done again, and no change is lost or started twice", async () => {
    await create(room, watching());
    for (let index = 0; index < 8; index += 1) await put(`${folder}/${index}.csv`);
    const { workspace } = room;
    let left = 5;
    const dying = room.secondHost({
      workspace: {
        ...workspace,
        table: async (name) => {
          if (name === "ScheduleEvents" && left-- <= 0) throw new Error("process killed");
          return workspace.table(name);
        },
      },
    });
    const now = room.setNow(new Date(startedAt + 300_000).toISOString());
    await expect(dying.tick(now, engine)).rejects.toThrow();
    await tickAfter(6);
    await tickAfter(8);
    expect(firedPaths()).toEqual(Array.from({ length: 8 }, (_, index) => `${folder}/${index}.csv`));
  });
});

describe("with push and sweep together", () => {
  test("a change that push told of starts no second run, and leaves no second word on the schedule", async () => {
    const id = await create(room, watching());
    const etag = await put(`${folder}/a.csv`);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, etag), engine)).toHaveLength(1);
    expect(await tickAfter(5)).toEqual([]);
    expect((await room.eventsOf(id)).map(({ kind }) => kind)).toEqual(["fired"]);
  });

  test("an event that comes after the sweep found the change starts no second run", async () => {
    await create(room, watching());
    const etag = await put(`${folder}/a.csv`);
    expect(await tickAfter(5)).toHaveLength(1);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, etag), engine)).toEqual([]);
  });
});

describe("a change of metadata only", () => {
  test("starts nothing, and the schedule says why", async () => {
    const id = await create(room, watching());
    await put(`${folder}/a.csv`);
    expect(await tickAfter(5)).toHaveLength(1);
    await container.getBlobClient(`${folder}/a.csv`).setMetadata({ seen: "yes" });
    expect(await tickAfter(10)).toEqual([]);
    const told = (await room.eventsOf(id)).find(({ kind }) => kind === "ignored");
    expect(told).toMatchObject({ reason: "only its metadata changed", firing: { path: `${folder}/a.csv` } });
    expect(await tickAfter(15)).toEqual([]);
  });
});

describe("a blob that a run wrote", () => {
  test("starts no run of the same schedule, which names the writer, but of others", async () => {
    const id = await create(room, watching());
    const first = await put(`${folder}/a.csv`);
    const [runId] = await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, first), engine);
    const other = await create(room, watching());
    const own = await put(`${folder}/result.csv`, bytes, writtenBy(runId!));
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/result.csv`, own), engine)).toHaveLength(
      1,
    );
    expect(
      (await room.eventsOf(id)).map((event) => ("reason" in event ? event.reason : event.kind)),
    ).toContain(`written by run ${runId} of this schedule`);
    expect((await room.eventsOf(other)).map(({ kind }) => kind)).toEqual(["fired"]);
  });

  test("starts one where the schedule wants it", async () => {
    await create(room, watching({ ownWrites: true }));
    const first = await put(`${folder}/a.csv`);
    const [runId] = await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, first), engine);
    const own = await put(`${folder}/result.csv`, bytes, writtenBy(runId!));
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/result.csv`, own), engine)).toHaveLength(
      1,
    );
  });
});

describe("a blob that has to settle", () => {
  const soon = (seconds: number): Date =>
    room.setNow(new Date(startedAt + 60_000 + seconds * 1000).toISOString());

  test("starts its run when it stayed as it is, in a tick of its own", async () => {
    await create(room, watching({ settleSeconds: 20 }));
    const etag = await put(`${folder}/a.csv`);
    const ticks = new RememberingEngine();
    soon(0);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, etag), ticks)).toEqual([]);
    expect(ticks.ticks).toHaveLength(1);
    expect(await room.schedules.tickAt(soon(19), ticks)).toEqual([]);
    expect(await room.schedules.tickAt(soon(21), ticks)).toHaveLength(1);
    expect(await room.schedules.tick(soon(120), ticks)).toEqual([]);
  });

  test("that changed again starts one run, of the newest version, also when nobody told of that", async () => {
    const id = await create(room, watching({ settleSeconds: 20 }));
    const etag = await put(`${folder}/a.csv`);
    soon(0);
    await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, etag), engine);
    const newest = await put(`${folder}/a.csv`, Buffer.from("grown"));
    expect(await room.schedules.tickAt(soon(21), engine)).toEqual([]);
    expect(await room.schedules.tickAt(soon(42), engine)).toHaveLength(1);
    expect(room.runs.submissions.map(({ cause }) => (cause.kind === "blob" ? cause.etag : ""))).toEqual([
      newest,
    ]);
    expect((await room.eventsOf(id)).map(({ kind }) => kind)).toEqual(["fired", "ignored"]);
  });

  test("does not wait longer for an event whose clock is ahead", async () => {
    await create(room, watching({ settleSeconds: 20 }));
    const etag = await put(`${folder}/a.csv`);
    soon(0);
    const event = blobCreated(`${folder}/a.csv`, etag, { eventTime: "9999-12-31T23:59:59Z" });
    await room.schedules.blobChanged(event, engine);
    expect(await room.schedules.tickAt(soon(21), engine)).toHaveLength(1);
  });

  test("that was deleted starts nothing", async () => {
    const id = await create(room, watching({ settleSeconds: 20 }));
    const etag = await put(`${folder}/a.csv`);
    soon(0);
    await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, etag), engine);
    await container.deleteBlob(`${folder}/a.csv`);
    expect(await room.schedules.tickAt(soon(21), engine)).toEqual([]);
    expect(await room.eventsOf(id)).toMatchObject([{ reason: "deleted before it had settled" }]);
  });

  test("as an append blob does for a minute by itself", async () => {
    await create(room, watching());
    const client = container.getAppendBlobClient(`${folder}/log.txt`);
    const { etag = "" } = await client.create();
    const event = blobCreated(`${folder}/log.txt`, etag);
    soon(0);
    const data = { ...(event.data as object), blobType: "AppendBlob" };
    expect(await room.schedules.blobChanged({ ...event, data }, engine)).toEqual([]);
    await client.appendBlock("more", 4);
    expect(await room.schedules.tickAt(soon(61), engine)).toEqual([]);
    expect(await room.schedules.tickAt(soon(122), engine)).toHaveLength(1);
  });
});

describe("a polling interval", () => {
  const polled = (pollingIntervalMinutes: number): ScheduleRequest => {
    const request = watching();
    if (request.trigger.kind !== "change") throw new Error(request.trigger.kind);
    return {
      ...request,
      trigger: { kind: "change", rule: { ...request.trigger.rule, pollingIntervalMinutes } },
    };
  };

  test("that an edit makes shorter is kept from then on", async () => {
    const id = await create(room, polled(1_440));
    await put(`${folder}/a.csv`);
    await room.schedules.update(id, polled(5), engine);
    expect(await tickAfter(5)).toHaveLength(1);
  });

  test("that leads out of the calendar is refused, for its schedule could never be listed", async () => {
    const outcome = await room.schedules.create(polled(1e300), engine);
    expect(outcome).toMatchObject({ status: "refused", problems: [{ field: "polling_interval" }] });
  });
});

describe("sub-folders", () => {
  test("that a filter lets in are pushed and swept, and others are not", async () => {
    await create(room, watching({ depth: 1, include: ["*.csv"] }));
    const etag = await put(`${folder}/a/pushed.csv`);
    expect(
      await room.schedules.blobChanged(blobCreated(`${folder}/a/pushed.csv`, etag), engine),
    ).toHaveLength(1);
    await put(`${folder}/a/swept.csv`);
    await put(`${folder}/a/b/deep.csv`);
    await put(`${folder}/a/other.txt`);
    expect(await tickAfter(5)).toHaveLength(1);
    expect(firedPaths()).toEqual([`${folder}/a/pushed.csv`, `${folder}/a/swept.csv`]);
  });

  test("let in later fire for nothing that is in them already", async () => {
    const id = await create(room, watching());
    await put(`${folder}/a/there.csv`);
    startedAt = Date.now();
    room.setNow(new Date(startedAt).toISOString());
    await room.schedules.update(id, watching({ depth: "all" }), engine);
    expect(await tickAfter(6)).toEqual([]);
    expect(firedPaths()).toEqual([]);
    await put(`${folder}/a/new.csv`);
    expect(await tickAfter(12)).toHaveLength(1);
  });
});

describe("a schedule that was disabled", () => {
  test("does not make up for what changed meanwhile", async () => {
    const id = await create(room, watching());
    await room.schedules.update(id, { ...watching(), status: "Disabled" }, engine);
    await put(`${folder}/meanwhile.csv`);
    startedAt = Date.now();
    room.setNow(new Date(startedAt).toISOString());
    await room.schedules.update(id, watching(), engine);
    expect(await tickAfter(6)).toEqual([]);
  });
});

describe("a datastore that is gone", () => {
  test("is told on the schedule once an interval, until it is back", async () => {
    const id = await create(room, watching());
    const { datastores } = room;
    const without = room.secondHost({
      datastores: { ...datastores, find: () => Promise.resolve(undefined) },
    });
    const minute = (count: number): Date => room.setNow(new Date(startedAt + count * 60_000).toISOString());
    expect(await without.tick(minute(5), engine)).toEqual([]);
    expect((await room.schedules.find(id))?.trouble).toMatchObject({
      problems: [{ code: "UnknownDatastore" }],
    });
    await put(`${folder}/a.csv`);
    expect(await room.schedules.tick(minute(6), engine)).toEqual([]);
    expect(await room.schedules.tick(minute(10), engine)).toHaveLength(1);
    expect((await room.schedules.find(id))?.trouble).toBeNull();
  });
});
