import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ScheduleRequest } from "../../../src/schedules/schedules";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { create, endpointId, engine, openRoom, pipelineId, timeSchedule, type Room } from "./scheduleRoom";

let storage: StorageUnderTest;
let room: Room;
beforeEach(async () => {
  storage = await startStorage();
  room = openRoom(storage.connectionString, `${day}T10:20:30.500Z`);
});
afterEach(async () => storage.stop());

const day = "2026-05-17";

const hourly = { frequency: "Hour", interval: 1, start_time: `${day}T11:00:00` };

describe("a slot", () => {
  test("fires when its time has come and not a moment before", async () => {
    const id = await create(room, timeSchedule(hourly));
    expect(await room.schedules.tick(room.setNow(`${day}T10:59:59.999Z`), engine)).toEqual([]);
    const started = await room.schedules.tick(room.setNow(`${day}T11:00:00Z`), engine);
    expect(started).toHaveLength(1);
    expect(room.runs.submissions).toMatchObject([
      {
        runId: started[0],
        target: { kind: "pipeline", id: pipelineId },
        experimentName: "tumour",
        description: "on the clock",
        parameterAssignments: { epochs: "20" },
        cause: { kind: "slot", scheduleId: id, slotAt: `${day}T11:00:00.000Z` },
      },
    ]);
    expect(await room.eventsOf(id)).toEqual([
      {
        kind: "fired",
        at: `${day}T11:00:00.000Z`,
        firing: { kind: "slot", slotAt: `${day}T11:00:00.000Z` },
        runId: started[0],
      },
    ]);
    expect(await room.schedules.tick(room.setNow(`${day}T11:01:00Z`), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow(`${day}T12:00:30Z`), engine)).toHaveLength(1);
  });

  test("starts one run when two hosts tick the same minute", async () => {
    const id = await create(room, timeSchedule(hourly));
    const now = room.setNow(`${day}T11:00:02Z`);
    const hosts = [room.schedules, room.secondHost(), room.secondHost()];
    const started = await Promise.all(hosts.map((host) => host.tick(now, engine)));
    expect(started.flat()).toHaveLength(1);
    expect(room.runs.claimed.size).toBe(1);
    expect(await room.eventsOf(id)).toHaveLength(1);
    expect(await room.schedules.tick(room.setNow(`${day}T12:00:00Z`), engine)).toHaveLength(1);
  });

  test("starts no second run when the host died between the run row and the move of the due entry", async () => {
    const id = await create(room, timeSchedule(hourly));
    const broken = hostThatCannotMove();
    const now = room.setNow(`${day}T11:00:00Z`);
    await expect(broken.tick(now, engine)).rejects.toThrow("could not be fired");
    expect(room.runs.claimed.size).toBe(1);
    expect(await room.schedules.tick(room.setNow(`${day}T11:01:00Z`), engine)).toEqual([]);
    expect(room.runs.claimed.size).toBe(1);
    expect(await room.eventsOf(id)).toMatchObject([{ kind: "fired" }]);
    expect(await room.schedules.tick(room.setNow(`${day}T12:00:00Z`), engine)).toHaveLength(1);
  });

  test("is not called missed when its run exists and only the move was lost for an hour", async () => {
    const id = await create(room, timeSchedule(hourly));
    await expect(hostThatCannotMove().tick(room.setNow(`${day}T11:00:00Z`), engine)).rejects.toThrow();
    await room.schedules.tick(room.setNow(`${day}T11:59:00Z`), engine);
    expect(await room.eventsOf(id)).toMatchObject([{ kind: "fired", at: `${day}T11:00:00.000Z` }]);
  });

  test("is tried again by the next tick when the storage or engine failed", async () => {
    await create(room, timeSchedule(hourly));
    const other = await create(room, timeSchedule({ ...hourly, interval: 2 }));
    let failures = 1;
    room.runs.beforeSubmit = () =>
      failures-- > 0 ? Promise.reject(new Error("engine away")) : Promise.resolve();
    await expect(room.schedules.tick(room.setNow(`${day}T11:00:00Z`), engine)).rejects.toThrow(
      "1 due schedules",
    );
    expect(room.runs.claimed.size).toBe(1);
    expect(await room.schedules.tick(room.setNow(`${day}T11:01:00Z`), engine)).toHaveLength(1);
    expect(room.runs.claimed.size).toBe(2);
    expect(await room.eventsOf(other)).toHaveLength(1);
  });

  test("that is refused is recorded with its reason and does not hold the schedule up", async () => {
    const id = await create(room, timeSchedule(hourly));
    const problem = {
      code: "PipelineDisabled",
      field: "pipeline_id",
      expected: "an active pipeline",
      received: "Disabled",
    };
    room.runs.refusal = { status: "disabled", problem };
    expect(await room.schedules.tick(room.setNow(`${day}T11:00:00Z`), engine)).toEqual([]);
    room.runs.refusal = undefined;
    expect(await room.schedules.tick(room.setNow(`${day}T11:01:00Z`), engine)).toEqual([]);
    expect(await room.eventsOf(id)).toMatchObject([{ kind: "refused", problems: [problem] }]);
    expect(await room.schedules.tick(room.setNow(`${day}T12:00:00Z`), engine)).toHaveLength(1);
  });
});

/** A host whose tables take everything but the move of the due entry. */
function hostThatCannotMove(): Room["schedules"] {
  const { workspace } = room;
  return room.secondHost({
    workspace: {
      ...workspace,
      table: async (name) => {
        const client = await workspace.table(name);
        if (name !== "Schedules") return client;
        return new Proxy(client, {
          get: (target, key) =>
            key === "submitTransaction"
              ? () => Promise.reject(new Error("process killed"))
              : (Reflect.get(target, key, target) as unknown),
        });
      },
    },
  });
}

describe("an outage", () => {
  test("lets slots of the last five minutes run and records older ones as missed", async () => {
    const id = await create(
      room,
      timeSchedule({ frequency: "Minute", interval: 1, start_time: `${day}T11:00:00` }),
    );
    const started = await room.schedules.tick(room.setNow(`${day}T11:10:00Z`), engine);
    expect(
      room.runs.submissions.map(({ cause }) => (cause.kind === "slot" ? cause.slotAt.slice(11, 19) : "")),
    ).toEqual(["11:05:00", "11:06:00", "11:07:00", "11:08:00", "11:09:00", "11:10:00"]);
    expect(started).toHaveLength(6);
    expect((await room.eventsOf(id)).at(-1)).toEqual({
      kind: "missed",
      at: `${day}T11:00:00.000Z`,
      until: `${day}T11:05:00.000Z`,
      count: 5,
      isMore: false,
    });
  });
});

describe("creation", () => {
  test("runs an active schedule without start time once, and then on its slots", async () => {
    const id = await create(room, timeSchedule({ frequency: "Hour", interval: 1 }));
    expect(room.runs.submissions).toMatchObject([
      { cause: { kind: "creation", scheduleId: id, createdAt: `${day}T10:20:30.000Z` } },
    ]);
    expect(await room.schedules.tick(room.setNow(`${day}T10:21:00Z`), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow(`${day}T11:20:30Z`), engine)).toHaveLength(1);
    expect(room.runs.submissions[1]).toMatchObject({ cause: { slotAt: `${day}T11:20:30.000Z` } });
  });

  test("leaves its run to the next tick when the host dies before it is submitted", async () => {
    room.runs.beforeSubmit = () => Promise.reject(new Error("process killed"));
    await expect(
      room.schedules.create(timeSchedule({ frequency: "Hour", interval: 1 }), engine),
    ).rejects.toThrow();
    room.runs.beforeSubmit = () => Promise.resolve();
    expect(await room.schedules.tick(room.setNow(`${day}T10:22:00Z`), engine)).toHaveLength(1);
    expect(room.runs.submissions).toMatchObject([{ cause: { kind: "creation" } }]);
  });

  test("runs nothing when disabled, with a start time, or when told not to", async () => {
    const rule = { frequency: "Hour", interval: 1 };
    await create(room, timeSchedule(rule, { status: "Disabled" }));
    await create(room, timeSchedule(rule, { runOnCreate: false }));
    await create(room, timeSchedule(hourly));
    expect(room.runs.submissions).toEqual([]);
  });

  test("of an endpoint's schedule leaves the version open until it fires", async () => {
    await create(
      room,
      timeSchedule({ frequency: "Hour", interval: 1 }, { target: { kind: "endpoint", endpointId } }),
    );
    expect(room.runs.submissions[0]!.target).toEqual({ kind: "endpoint", id: endpointId, version: null });
  });
});

describe("an edit", () => {
  test("stops firing at once when it disables, and replays nothing when it enables", async () => {
    const id = await create(room, timeSchedule(hourly));
    await room.schedules.update(id, timeSchedule(hourly, { status: "Disabled" }), engine);
    expect(await room.schedules.tick(room.setNow(`${day}T11:00:00Z`), engine)).toEqual([]);
    room.setNow(`${day}T11:02:00Z`);
    await room.schedules.update(id, timeSchedule(hourly), engine);
    expect(await room.schedules.tick(room.setNow(`${day}T11:03:00Z`), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow(`${day}T12:00:00Z`), engine)).toHaveLength(1);
    expect(await room.eventsOf(id)).toHaveLength(1);
  });

  test("that replaces the recurrence counts from that moment and runs nothing then", async () => {
    const id = await create(room, timeSchedule({ frequency: "Hour", interval: 1 }));
    room.setNow(`${day}T10:40:00Z`);
    const saved = await room.schedules.update(
      id,
      timeSchedule({ frequency: "Minute", interval: 30 }),
      engine,
    );
    expect(saved).toMatchObject({ status: "saved", schedule: { anchoredAt: `${day}T10:40:00.000Z` } });
    expect(await room.schedules.tick(room.setNow(`${day}T11:09:59Z`), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow(`${day}T11:10:00Z`), engine)).toHaveLength(1);
  });

  test("of anything else leaves the phase alone", async () => {
    const id = await create(room, timeSchedule({ frequency: "Hour", interval: 1 }));
    room.setNow(`${day}T10:40:00Z`);
    await room.schedules.update(
      id,
      timeSchedule({ frequency: "Hour", interval: 1 }, { name: "renamed" }),
      engine,
    );
    expect((await room.schedules.find(id))?.name).toBe("renamed");
    expect(await room.schedules.tick(room.setNow(`${day}T11:20:30Z`), engine)).toHaveLength(1);
  });

  test("of a version that is no longer the stored one changes nothing", async () => {
    const id = await create(room, timeSchedule(hourly));
    const { etag } = (await room.schedules.find(id))!;
    await room.schedules.tick(room.setNow(`${day}T11:00:00Z`), engine);
    const renamed = timeSchedule(hourly, { name: "first" });
    expect(await room.schedules.update(id, renamed, engine, etag)).toMatchObject({ status: "saved" });
    expect(await room.schedules.update(id, { ...renamed, name: "second" }, engine, etag)).toEqual({
      status: "changed-meanwhile",
    });
    expect((await room.schedules.find(id))?.name).toBe("first");
  });

  test("cannot change target, experiment or kind of trigger", async () => {
    const request = timeSchedule(hourly);
    const id = await create(room, request);
    const outcome = await room.schedules.update(
      id,
      {
        ...request,
        target: { kind: "endpoint", endpointId },
        submission: { ...request.submission, experimentName: "other" },
      },
      engine,
    );
    expect(outcome).toMatchObject({
      status: "refused",
      problems: [
        { code: "ScheduleFixed", field: "pipeline_endpoint_id" },
        { code: "ScheduleFixed", field: "experiment_name" },
      ],
    });
  });

  test("can disable whatever has become of the pipeline, but change or enable nothing else", async () => {
    const id = await create(room, timeSchedule(hourly));
    const pipelines = { ...room.pipelines, find: () => Promise.resolve(undefined) };
    const host = room.secondHost({ pipelines });
    const disabling = timeSchedule(hourly, { status: "Disabled" });
    expect(await host.update(id, timeSchedule(hourly), engine)).toMatchObject({ status: "refused" });
    expect(await host.update(id, disabling, engine)).toMatchObject({
      status: "saved",
      schedule: { status: "Disabled" },
    });
    expect(await host.update(id, timeSchedule(hourly), engine)).toMatchObject({
      status: "refused",
      problems: [{ code: "UnknownPipeline", field: "pipeline_id" }],
    });
  });

  test("by two callers at once leaves a schedule that waits for exactly what its last version says", async () => {
    const id = await create(room, timeSchedule(hourly));
    const minutely = timeSchedule({ frequency: "Minute", interval: 1 });
    const outcomes = await Promise.all(
      [minutely, timeSchedule(hourly, { status: "Disabled" }), minutely, timeSchedule(hourly)].map(
        (request) => room.secondHost().update(id, request, engine),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "saved").length).toBeGreaterThan(0);
    await room.schedules.update(id, timeSchedule(hourly, { status: "Disabled" }), engine);
    expect(await room.schedules.tick(room.setNow(`${day}T13:00:00Z`), engine)).toEqual([]);
    await room.schedules.update(id, minutely, engine);
    expect(await room.schedules.tick(room.setNow(`${day}T13:01:00Z`), engine)).toHaveLength(1);
  });

  test("of a schedule that is not there is told so", async () => {
    const request = timeSchedule(hourly);
    expect(await room.schedules.update("0f0e0d0c-0000-4000-8000-00000000ffff", request, engine)).toEqual({
      status: "not-found",
    });
    expect(await room.schedules.update("no/such'id", request, engine)).toEqual({ status: "not-found" });
    expect(await room.schedules.find("no/such'id")).toBeUndefined();
  });
});

describe("a list", () => {
  test("is newest first, by pipeline or endpoint, and leaves disabled ones out when asked", async () => {
    const older = await create(room, timeSchedule(hourly, { status: "Disabled" }));
    room.setNow(`${day}T10:30:00Z`);
    const newer = await create(room, timeSchedule(hourly, { target: { kind: "endpoint", endpointId } }));
    const all = (await room.schedules.list({ kind: "all", activeOnly: false })).map(({ id }) => id);
    expect(all.slice(0, 2)).toEqual([newer, older]);
    const active = (await room.schedules.list({ kind: "all", activeOnly: true })).map(({ id }) => id);
    expect(active).toContain(newer);
    expect(active).not.toContain(older);
    const ofPipeline = await room.schedules.list({ kind: "pipeline", pipelineId: pipelineId.toUpperCase() });
    expect(ofPipeline[0]!.id).toBe(older);
    expect(ofPipeline.map(({ id }) => id)).not.toContain(newer);
    expect((await room.schedules.list({ kind: "endpoint", endpointId }))[0]!.id).toBe(newer);
  });

  test("of events is paged, newest first", async () => {
    const id = await create(
      room,
      timeSchedule({ frequency: "Minute", interval: 1, start_time: `${day}T11:00:00` }),
    );
    await room.schedules.tick(room.setNow(`${day}T11:02:00Z`), engine);
    const first = await room.schedules.events(id, 2, null);
    expect(first.items.map(({ at }) => at.slice(11, 16))).toEqual(["11:02", "11:01"]);
    const second = await room.schedules.events(id, 2, first.continuationToken);
    expect(second.items.map(({ at }) => at.slice(11, 16))).toEqual(["11:00"]);
    expect(second.continuationToken).toBeNull();
  });
});

describe("a refusal", () => {
  const rule = { frequency: "Hour", interval: 1 };
  const codesOf = async (request: ScheduleRequest, host = room.schedules): Promise<string[]> => {
    const outcome = await host.create(request, engine);
    return outcome.status === "refused" ? outcome.problems.map(({ code, field }) => `${code} ${field}`) : [];
  };

  test("meets an endpoint that is not there", async () => {
    const target = { kind: "endpoint" as const, endpointId: "0f0e0d0c-0000-4000-8000-00000000aaaa" };
    expect(await codesOf(timeSchedule(rule, { target }))).toEqual([
      "UnknownPipelineEndpoint pipeline_endpoint_id",
    ]);
  });

  test("meets an active schedule of a disabled pipeline or endpoint, not a disabled one", async () => {
    const { pipelines, endpoints } = room;
    const off = { status: "Disabled" as const };
    const host = room.secondHost({
      pipelines: { ...pipelines, find: async (id) => ({ ...(await pipelines.find(id))!, ...off }) },
    });
    expect(await codesOf(timeSchedule(rule), host)).toEqual(["PipelineDisabled pipeline_id"]);
    expect(await codesOf(timeSchedule(rule, off), host)).toEqual([]);
    const other = room.secondHost({
      endpoints: { ...endpoints, find: async (id) => ({ ...(await endpoints.find(id))!, ...off }) },
    });
    const target = { kind: "endpoint" as const, endpointId };
    expect(await codesOf(timeSchedule(rule, { target }), other)).toEqual([
      "PipelineEndpointDisabled pipeline_endpoint_id",
    ]);
  });

  test("meets a schedule that would not fit into its row", async () => {
    const { submission, ...request } = timeSchedule(rule);
    const large = { ...request, submission: { ...submission, description: "x".repeat(30_000) } };
    expect(await codesOf(large)).toEqual(["ScheduleTooLarge pipeline_parameters"]);
  });

  test("names all problems at once and writes nothing", async () => {
    const request = timeSchedule(
      { frequency: "Daily", interval: 0 },
      {
        name: "",
        target: { kind: "pipeline", pipelineId: "0f0e0d0c-0000-4000-8000-00000000aaaa" },
        status: "Deprecated",
      },
    );
    const before = await room.schedules.list({ kind: "all", activeOnly: false });
    expect(await room.schedules.create(request, engine)).toMatchObject({
      status: "refused",
      problems: [
        { code: "InvalidSchedule", field: "name" },
        { code: "InvalidSchedule", field: "status" },
        { code: "InvalidRecurrence", field: "recurrence.frequency" },
        { code: "InvalidRecurrence", field: "recurrence.interval" },
        { code: "UnknownPipeline", field: "pipeline_id" },
      ],
    });
    expect(await room.schedules.list({ kind: "all", activeOnly: false })).toEqual(before);
  });
});
