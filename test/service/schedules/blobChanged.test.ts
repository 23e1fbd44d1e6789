import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ChangeRule } from "../../../src/schedules/schedules";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { blobCreated, changeSchedule, create, engine, openRoom, type Room } from "./scheduleRoom";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage.stop());

/** Each test watches its own folder. */
let number = 0;
function nextRoom(): { room: Room; folder: string } {
  number += 1;
  return { room: openRoom(storage.connectionString, "2026-05-17T10:00:00Z"), folder: `inbox ${number}` };
}

describe("a changed blob", () => {
  test("starts a run that gets it as its data path", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(`/${folder}/`));
    const started = await room.schedules.blobChanged(blobCreated(`${folder}/ä b%.csv`, "0x1"), engine);
    expect(room.runs.submissions).toMatchObject([
      {
        runId: started[0],
        dataPathAssignments: { input_data: { datastore: "workspaceblobstore", path: `${folder}/ä b%.csv` } },
        cause: { kind: "blob", scheduleId: id, blobPath: `${folder}/ä b%.csv`, etag: "0x1" },
      },
    ]);
    expect(await room.eventsOf(id)).toMatchObject([{ kind: "fired", runId: started[0] }]);
  });

  test("starts one run when its event is delivered again, here, elsewhere, or under another id", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    const event = blobCreated(`${folder}/a.csv`, "0x1");
    const both = await Promise.all(
      [room.schedules, room.secondHost()].map((host) => host.blobChanged(event, engine)),
    );
    expect(both.flat()).toHaveLength(1);
    expect(await room.schedules.blobChanged(event, engine)).toEqual([]);
    room.setNow("2026-05-17T10:00:09Z");
    expect(await room.schedules.blobChanged({ ...event, id: "another" }, engine)).toEqual([]);
    expect(room.runs.claimed.size).toBe(1);
    expect((await room.eventsOf(id)).map(({ kind }) => kind)).toEqual(["fired"]);
  });

  test("of a system container leaves no row, one that nobody watches leaves its reason", async () => {
    const { room, folder } = nextRoom();
    const unwatched = blobCreated(`${folder}/a.csv`, "0x1");
    const inSystem = (text: string): string => text.replace("azureml-blobstore", "sluice-system");
    const { data, subject } = blobCreated(`${folder}/log.txt`, "0x1") as {
      data: { url: string };
      subject: string;
    };
    const own = { ...unwatched, subject: inSystem(subject), data: { ...data, url: inSystem(data.url) } };
    expect(await room.schedules.blobChanged(own, engine)).toEqual([]);
    expect(await room.schedules.blobChanged(unwatched, engine)).toEqual([]);
    const subjects: unknown[] = [];
    for await (const row of (await room.workspace.table("ScheduleEvents")).listEntities())
      subjects.push(row["subject"]);
    expect(subjects).toContain(unwatched.subject);
    expect(subjects).not.toContain(own.subject);
  });

  test("starts another run when it is replaced", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x2"), engine)).toHaveLength(1);
  });

  test("starts a run of every schedule that watches its folder, and of no other", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    await create(room, changeSchedule(folder));
    await create(room, changeSchedule(""));
    await create(room, changeSchedule(`${folder}/deeper`));
    await create(room, changeSchedule(folder, { status: "Disabled" }));
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine)).toHaveLength(2);
    expect(
      await room.schedules.blobChanged(blobCreated(`${folder}/deeper/a.csv`, "0x1"), engine),
    ).toHaveLength(1);
    expect(
      await room.schedules.blobChanged(blobCreated(`${folder}/deeper/still/a.csv`, "0x1"), engine),
    ).toEqual([]);
  });

  test("starts nothing once the schedule is disabled or watches elsewhere", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    await room.schedules.update(id, changeSchedule(folder, { status: "Disabled" }), engine);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine)).toEqual([]);
    await room.schedules.update(id, changeSchedule(`${folder} moved`), engine);
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/b.csv`, "0x1"), engine)).toEqual([]);
    expect(
      await room.schedules.blobChanged(blobCreated(`${folder} moved/b.csv`, "0x1"), engine),
    ).toHaveLength(1);
  });

  test("is seen when one caller disables while another enables, if the last version is active", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    const off = changeSchedule(folder, { status: "Disabled" });
    for (let round = 0; round < 5; round += 1) {
      const hosts = [off, changeSchedule(folder)].map((request) =>
        room.secondHost().update(id, request, engine),
      );
      await Promise.all(hosts);
      const isActive = (await room.schedules.find(id))?.status === "Active";
      const started = await room.schedules.blobChanged(blobCreated(`${folder}/${round}.csv`, "0x1"), engine);
      expect(started).toHaveLength(isActive ? 1 : 0);
    }
  });

  test("from before the schedule was enabled is ignored, with the reason", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    const event = blobCreated(`${folder}/a.csv`, "0x1", { eventTime: "2026-05-17T09:59:59.9999999Z" });
    expect(await room.schedules.blobChanged(event, engine)).toEqual([]);
    expect(await room.eventsOf(id)).toMatchObject([
      { kind: "ignored", reason: "changed before the schedule watched", firing: { path: `${folder}/a.csv` } },
    ]);
  });

  test("whose run could not be submitted is taken up by a later tick, once", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    room.runs.beforeSubmit = () => Promise.reject(new Error("engine away"));
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine)).toEqual([]);
    room.runs.beforeSubmit = () => Promise.resolve();
    expect(await room.schedules.tick(room.setNow("2026-05-17T10:00:30Z"), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow("2026-05-17T10:02:00Z"), engine)).toHaveLength(1);
    expect(await room.schedules.tick(room.setNow("2026-05-17T10:03:00Z"), engine)).toEqual([]);
    expect(await room.eventsOf(id)).toMatchObject([{ kind: "fired" }]);
  });

  test("that cannot be followed up for a day is given up", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    room.runs.beforeSubmit = () => Promise.reject(new Error("engine away"));
    await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine);
    await room.schedules.tick(room.setNow("2026-05-18T10:01:01Z"), engine);
    room.runs.beforeSubmit = () => Promise.resolve();
    expect(await room.schedules.tick(room.setNow("2026-05-18T10:02:00Z"), engine)).toEqual([]);
  });

  test("that one schedule fails at is followed by the others, and by that one later", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    await create(room, changeSchedule(folder));
    room.runs.beforeSubmit = () => {
      room.runs.beforeSubmit = () => Promise.resolve();
      return Promise.reject(new Error("of the first schedule only"));
    };
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine)).toHaveLength(1);
    expect(await room.schedules.tick(room.setNow("2026-05-17T10:02:00Z"), engine)).toHaveLength(1);
    expect(room.runs.claimed.size).toBe(2);
  });

  test("that no host was there to follow up for days is followed up by the first", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    room.runs.beforeSubmit = () => Promise.reject(new Error("the host is stopped"));
    await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine);
    room.runs.beforeSubmit = () => Promise.resolve();
    expect(await room.schedules.tick(room.setNow("2026-05-21T10:00:00Z"), engine)).toHaveLength(1);
  });

  test("throws only when the journal cannot be written", async () => {
    const { room, folder } = nextRoom();
    await create(room, changeSchedule(folder));
    const { workspace } = room;
    const broken = room.secondHost({
      workspace: {
        ...workspace,
        table: (name) =>
          name === "ScheduleEvents" ? Promise.reject(new Error("storage away")) : workspace.table(name),
      },
    });
    const event = blobCreated(`${folder}/a.csv`, "0x1");
    await expect(broken.blobChanged(event, engine)).rejects.toThrow("storage away");
    expect(room.runs.claimed.size).toBe(0);
    expect(await room.schedules.blobChanged(event, engine)).toHaveLength(1);
  });
});

describe("an event that names no blob", () => {
  test.each([
    { subject: "/nothing" },
    { subject: undefined as unknown as string },
    { id: undefined as unknown as string, data: null },
    { data: { url: "http://127.0.0.1:10000/sluice/other/x", eTag: "0x1" } },
    { data: { url: "not a url", eTag: "0x1" } },
    { data: { eTag: "0x1" } },
  ])("is journaled and answered normally: %j", async (changed) => {
    const { room } = nextRoom();
    expect(await room.schedules.blobChanged(blobCreated("x", "0x1", changed), engine)).toEqual([]);
  });
});

describe("fixed parameter values", () => {
  test("are held against the pipeline before the schedule is saved, all at once", async () => {
    const { room } = nextRoom();
    const { submission, ...request } = changeSchedule("inbox");
    const outcome = await room.schedules.create(
      {
        ...request,
        submission: {
          ...submission,
          parameterAssignments: { epochs: "many", input_data: "a.csv", other: 1 },
          dataPathAssignments: { input_data: { datastore: "nowhere", path: "a.csv" } },
        },
      },
      engine,
    );
    if (outcome.status !== "refused") throw new Error(outcome.status);
    expect(outcome.problems.map(({ code, field }) => `${code} ${field}`).sort()).toEqual([
      "InvalidParameterValue ParameterAssignments.epochs",
      "UnknownDatastore DataPathAssignments.input_data",
      "UnknownParameter ParameterAssignments.other",
      "WrongParameterKind ParameterAssignments.input_data",
    ]);
  });

  test("are not asked for where the changed blob is the value", async () => {
    const { room } = nextRoom();
    expect(await create(room, changeSchedule("needs no default"))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a rule", () => {
  test("is refused with all that is wrong with it", async () => {
    const { room } = nextRoom();
    const rule: ChangeRule = {
      datastore: "nowhere",
      path: "a/../b",
      dataPathParameter: "epochs",
      pollingIntervalMinutes: 0,
    };
    const outcome = await room.schedules.create(
      changeSchedule("", { trigger: { kind: "change", rule } }),
      engine,
    );
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "InvalidSchedule", field: "path_on_datastore" },
        { code: "InvalidSchedule", field: "polling_interval" },
        { code: "UnknownDatastore", field: "datastore" },
        { code: "WrongParameterKind", field: "data_path_parameter_name" },
        { code: "MissingParameter", field: "DataPathAssignments.input_data" },
      ],
    });
  });

  test("may not watch the container of the app itself", async () => {
    const { room } = nextRoom();
    const rule: ChangeRule = {
      datastore: "internal",
      path: "",
      dataPathParameter: "input_data",
      pollingIntervalMinutes: 5,
    };
    const outcome = await room.schedules.create(
      changeSchedule("", { trigger: { kind: "change", rule } }),
      engine,
    );
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [{ code: "InvalidSchedule", field: "datastore" }],
    });
  });

  test("can be disabled by a request that changes nothing else, whatever has become of its datastore", async () => {
    const { room, folder } = nextRoom();
    const id = await create(room, changeSchedule(folder));
    const withoutStores = room.secondHost({
      datastores: { ...room.datastores, find: () => Promise.resolve(undefined) },
    });
    const outcome = await withoutStores.update(id, changeSchedule(folder, { status: "Disabled" }), engine);
    expect(outcome).toMatchObject({ status: "saved", schedule: { status: "Disabled" } });
    expect(await room.schedules.blobChanged(blobCreated(`${folder}/a.csv`, "0x1"), engine)).toEqual([]);
  });
});
