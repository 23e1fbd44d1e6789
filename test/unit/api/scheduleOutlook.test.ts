import { describe, expect, test } from "@jest/globals";
import { v1SchedulePolicy, type ScheduleEvent, type Stimulus } from "../../../src/schedules/schedules";
import { previewSchedule } from "../../../src/schedules/previewSchedule";
import type { Recurrence } from "../../../src/model/recurrence";
import { apiUnderTest, routes, type RoomParts } from "./apiUnderTest";
import { aSchedule } from "./records";

const events: readonly ScheduleEvent[] = [
  {
    kind: "fired",
    at: "2026-05-17T11:00:00.000Z",
    firing: { kind: "slot", slotAt: "2026-05-17T11:00:00.000Z" },
    runId: "r",
  },
  {
    kind: "ignored",
    at: "2026-05-17T10:30:00.000Z",
    firing: { kind: "blob", path: "inbox/a.csv", etag: "0x1" },
    reason: "folder marker",
  },
  {
    kind: "missed",
    at: "2026-05-17T10:00:00.000Z",
    until: "2026-05-17T10:30:00.000Z",
    count: 3,
    isMore: true,
  },
  {
    kind: "refused",
    at: "2026-05-17T09:00:00.000Z",
    firing: { kind: "creation", createdAt: "2026-05-17T09:00:00.000Z" },
    problems: [{ code: "UnknownPipeline", field: "pipeline_id", expected: "a pipeline", received: "p" }],
  },
];

describe("the journal of a schedule", () => {
  const asked: unknown[] = [];
  const parts: RoomParts = {
    schedules: {
      find: (id) => Promise.resolve(id === "s" ? aSchedule({ id }) : undefined),
      events: (...args) => {
        asked.push(args);
        return Promise.resolve({ items: events, continuationToken: "812_ab" });
      },
    },
  };
  const get = (query: string, id = "s") =>
    apiUnderTest(parts).send({ path: routes.scheduleEvents(id, query) });

  test("tells every firing and event with what became of it, a page at a time", async () => {
    const { status, body } = await get("?top=4&continuationToken=811_cd");
    expect([status, asked.at(-1)]).toEqual([200, ["s", 4, "811_cd"]]);
    expect(body).toMatchObject({
      value: [
        { Kind: "fired", Cause: "slot", RunId: "r", At: "2026-05-17T11:00:00.000Z", Reason: null },
        { Kind: "ignored", Cause: "blob", BlobPath: "inbox/a.csv", ETag: "0x1", Reason: "folder marker" },
        { Kind: "missed", Cause: null, Until: "2026-05-17T10:30:00.000Z", Count: 3, IsMore: true },
        { Kind: "refused", Cause: "creation", Problems: [{ Code: "UnknownPipeline", Field: "pipeline_id" }] },
      ],
      continuationToken: "812_ab",
    });
  });

  test("is 404 of a schedule that is not there, and 400 with all that is wrong", async () => {
    expect((await get("", "other")).status).toBe(404);
    const { status, body } = await get("?top=0&continuationToken=x'y");
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining("continuationToken")]);
  });
});

describe("a preview", () => {
  const recurrence = {
    Frequency: "Day",
    Interval: 1,
    TimeZone: "Europe/Berlin",
    Schedule: { Hours: [2], Minutes: [30] },
  };
  const post = (body: object) =>
    apiUnderTest({}).send({ method: "POST", path: routes.previewRecurrence, body });

  test("of a recurrence that is not saved shows local times, offsets and what the clock does to them", async () => {
    const Policy = { ExcludedDates: ["2024-03-30"] };
    const { body } = await post({ Recurrence: recurrence, Policy, After: "2024-03-29T12:00:00Z", Count: 2 });
    expect(body).toEqual({
      value: [
        {
          At: "2024-03-30T01:30:00Z",
          LocalTime: "2024-03-30T02:30:00",
          Offset: "+01:00",
          Mark: null,
          Skipped: "excluded",
        },
        {
          At: "2024-03-31T01:30:00Z",
          LocalTime: "2024-03-31T03:30:00",
          Offset: "+02:00",
          Mark: "moved",
          Skipped: null,
        },
        {
          At: "2024-04-01T00:30:00Z",
          LocalTime: "2024-04-01T02:30:00",
          Offset: "+02:00",
          Mark: null,
          Skipped: null,
        },
      ],
    });
  });

  test("is refused with all problems at once", async () => {
    const { status, text } = await post({
      Recurrence: { ...recurrence, Interval: 0 },
      Policy: { Gap: "x" },
      After: "soon",
      Count: 0,
    });
    expect(status).toBe(400);
    for (const field of ["interval", "gap", "After", "Count"]) expect(text).toContain(field);
  });

  test("of a saved schedule goes by its own anchor and policy", async () => {
    const rule = {
      frequency: "Day",
      interval: 3,
      startTime: null,
      timeZone: null,
      schedule: null,
      includeStart: false,
    } as const;
    const trigger = { kind: "recurrence", recurrence: rule satisfies Recurrence } as const;
    const saved = aSchedule({ trigger, anchoredAt: "2024-02-27T06:00:00.000Z", policy: v1SchedulePolicy });
    const preview = (_id: string, after: Date, count: number) =>
      Promise.resolve(previewSchedule(saved, after, count));
    const path = routes.schedulePreview("s", "?after=2024-02-29T00:00:00Z&count=1");
    const { body } = await apiUnderTest({ schedules: { preview } }).send({ path });
    expect(body).toMatchObject({ value: [{ At: "2024-03-01T06:00:00Z", LocalTime: "2024-03-01T06:00:00" }] });
  });
});

describe("a simulation", () => {
  const stimuli: Stimulus[] = [];
  const parts: RoomParts = {
    schedules: {
      simulate: (_id, stimulus) => {
        stimuli.push(stimulus);
        return Promise.resolve(events.slice(0, 1));
      },
    },
  };
  const post = (body: object) =>
    apiUnderTest(parts).send({ method: "POST", path: routes.simulateSchedule("s"), body });

  test("takes a clock reading or an event in either schema", async () => {
    expect((await post({ At: "2026-05-17T11:00:00Z" })).body).toMatchObject({ value: [{ Kind: "fired" }] });
    await post({
      Event: { specversion: "1.0", id: "1", type: "t", time: "2026-05-17T11:00:00Z", subject: "s", data: {} },
    });
    expect(stimuli).toEqual([
      { kind: "clock", at: new Date("2026-05-17T11:00:00Z") },
      {
        kind: "blob",
        event: { id: "1", eventType: "t", eventTime: "2026-05-17T11:00:00Z", subject: "s", data: {} },
      },
    ]);
  });

  test.each([{}, { At: "2026-05-17T11:00:00Z", Event: {} }, { At: "soon" }])("refuses %j", async (body) => {
    expect((await post(body)).status).toBe(400);
  });
});
