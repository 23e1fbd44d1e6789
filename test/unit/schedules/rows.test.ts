import { describe, expect, test } from "@jest/globals";
import {
  bucketOf,
  buckets,
  decodeSchedule,
  dueRange,
  encodeDue,
  encodeSchedule,
  type ScheduleState,
} from "../../../src/schedules/scheduleRow";
import { buildSubmission, firingRunId } from "../../../src/schedules/fireSchedule";
import { decodeEvent, encodeEvent } from "../../../src/schedules/scheduleEventStore";
import { watchPartition } from "../../../src/schedules/scheduleIndexStore";
import { v1SchedulePolicy, type Schedule, type ScheduleEvent } from "../../../src/schedules/schedules";

const id = "1d7f1a52-6c86-4d3c-9a7b-2f6f5d1c0001";
const submission = {
  experimentName: "tumour",
  description: "on the clock",
  parameterAssignments: { epochs: "20" },
  dataPathAssignments: { input_data: { datastore: "workspaceblobstore", path: "a.csv" } },
  continueOnStepFailure: true,
  properties: { "azureml.git.branch": "main" },
};
const timed: Schedule = {
  id,
  name: "hourly",
  target: { kind: "pipeline", pipelineId: "p" },
  submission,
  trigger: {
    kind: "recurrence",
    recurrence: {
      frequency: "Hour",
      interval: 1,
      startTime: null,
      timeZone: null,
      schedule: null,
      includeStart: false,
    },
  },
  status: "Active",
  anchoredAt: "2026-05-17T10:00:00.500Z",
  createdAt: "2026-05-17T10:00:00.500Z",
  modifiedAt: "2026-05-17T10:00:00.500Z",
  etag: "r1",
  policy: v1SchedulePolicy,
  trouble: null,
};
const watching: Schedule = {
  ...timed,
  target: { kind: "endpoint", endpointId: "e" },
  trigger: {
    kind: "change",
    rule: {
      datastore: "workspaceblobstore",
      path: "inbox",
      dataPathParameter: "input_data",
      pollingIntervalMinutes: 5,
    },
  },
  status: "Disabled",
};
const states: readonly ScheduleState[] = [
  { schedule: timed, due: { kind: "slot", dueAt: Date.parse("2026-05-17T11:00:00Z") }, watch: null },
  { schedule: timed, due: { kind: "creation", dueAt: Date.parse("2026-05-17T10:00:00Z") }, watch: null },
  {
    schedule: {
      ...timed,
      policy: {
        clock: {
          gap: "skip",
          overlap: "both",
          endTime: "2027-01-01T00:00:00",
          excludedDates: ["2026-12-25"],
        },
        missed: { kind: "all", windowMinutes: 60, most: 3 },
        whileRunning: "queueOne",
      },
      trouble: {
        at: "2026-05-17T10:00:00.000Z",
        problems: [{ code: "UnknownPipeline", field: "pipeline_id", expected: "a pipeline", received: "p" }],
      },
    },
    due: {
      kind: "held",
      dueAt: Date.parse("2026-05-17T11:01:00Z"),
      slotAt: Date.parse("2026-05-17T11:00:00Z"),
    },
    watch: null,
  },
  {
    schedule: { ...watching, status: "Active" },
    due: { kind: "poll", dueAt: Date.parse("2026-05-17T11:00:00Z") },
    watch: { account: "sluice", container: "azureml-blobstore", folder: "inbox", since: 1, token: "w1" },
  },
  {
    schedule: watching,
    due: null,
    watch: { account: "sluice", container: "azureml-blobstore", folder: "inbox", since: 1, token: "w1" },
  },
];

describe("the row of a schedule", () => {
  test("keeps its stored form", () => {
    expect(encodeSchedule(states[0]!)).toEqual({
      partitionKey: "ba",
      rowKey: `s_${id}`,
      id,
      name: "hourly",
      targetKind: "pipeline",
      targetId: "p",
      submission: JSON.stringify(submission),
      trigger:
        '{"kind":"recurrence","recurrence":{"frequency":"Hour","interval":1,"startTime":null,"timeZone":null,"schedule":null,"includeStart":false}}',
      status: "Active",
      anchoredAt: "2026-05-17T10:00:00.500Z",
      createdAt: "2026-05-17T10:00:00.500Z",
      modifiedAt: "2026-05-17T10:00:00.500Z",
      revision: "r1",
      dueAt: "2026-05-17T11:00:00.000Z",
      dueKind: "slot",
      heldSlotAt: "",
      watch: "",
      policy: "",
      trouble: "",
    });
    expect(encodeDue(id, states[0]!.due!)).toEqual({
      partitionKey: "ba",
      rowKey: `d_2026-05-17T11:00:00.000Z_${id}`,
      id,
      kind: "slot",
    });
  });

  test.each(states)("comes back as it was written", (state) => {
    expect(decodeSchedule(encodeSchedule(state))).toEqual(state);
  });

  test("of an earlier version has v1's policy and no trouble", () => {
    const { heldSlotAt, policy, trouble, ...earlier } = encodeSchedule(states[0]!);
    expect([heldSlotAt, policy, trouble]).toEqual(["", "", ""]);
    expect(decodeSchedule(earlier)).toEqual(states[0]);
  });

  test("shares its partition with its due row, and the range of an instant ends with that instant", () => {
    const due = { kind: "slot" as const, dueAt: Date.parse("2026-05-17T11:00:00Z") };
    const { partitionKey, rowKey } = encodeDue(id, due);
    expect(partitionKey).toBe(bucketOf(id));
    expect(buckets).toContain(partitionKey);
    const isIn = (now: number): boolean => dueRange(now)[0] < rowKey && rowKey < dueRange(now)[1];
    expect([isIn(due.dueAt - 1), isIn(due.dueAt), isIn(due.dueAt + 1)]).toEqual([false, true, true]);
  });
});

describe("the run of a firing", () => {
  test("has an id that never changes for its cause", () => {
    expect(firingRunId(id, { kind: "slot", slotAt: "2026-05-17T11:00:00.000Z" })).toBe(
      "cbbe50e3-75e2-50ed-8027-dba2873bb763",
    );
    expect(firingRunId(id, { kind: "blob", path: "inbox/a.csv", etag: "0x1" })).toBe(
      "13d1a19f-2490-5715-ba7c-8cebc2b6463c",
    );
  });

  test("gets the changed blob over any fixed value of the same parameter", () => {
    const built = buildSubmission(watching, { kind: "blob", path: "inbox/b.csv", etag: "0x1" });
    expect(built.dataPathAssignments).toEqual({
      input_data: { datastore: "workspaceblobstore", path: "inbox/b.csv" },
    });
    expect(built.cause).toEqual({ kind: "blob", scheduleId: id, blobPath: "inbox/b.csv", etag: "0x1" });
    expect(built.continueOnStepFailure).toBe(true);
  });
});

describe("the row of an event", () => {
  const events: readonly ScheduleEvent[] = [
    {
      kind: "fired",
      at: "2026-05-17T11:00:00.000Z",
      firing: { kind: "slot", slotAt: "2026-05-17T11:00:00.000Z" },
      runId: "r",
    },
    {
      kind: "missed",
      at: "2026-05-17T11:00:00.000Z",
      until: "2026-05-17T12:00:00.000Z",
      count: 3,
      isMore: false,
    },
    {
      kind: "ignored",
      at: "2026-05-17T11:00:00.000Z",
      firing: { kind: "blob", path: "a", etag: "1" },
      reason: "folder marker",
    },
  ];

  test.each(events)("comes back as it was written, newest first", (event) => {
    const row = encodeEvent(id, event);
    expect(decodeEvent(row)).toEqual(event);
    expect(row.partitionKey).toBe(`s_${id}`);
    expect(encodeEvent(id, { ...event, at: "2026-05-17T11:00:00.001Z" }).rowKey < row.rowKey).toBe(true);
  });

  test("is the same row when the same thing is said again, and another for another thing", () => {
    const keys = events.map((event) => encodeEvent(id, event).rowKey);
    expect(new Set(keys).size).toBe(events.length);
    expect(
      encodeEvent(id, { ...events[1]!, kind: "missed", until: "x", count: 9, isMore: true }).rowKey,
    ).toBe(keys[1]);
  });

  test("stays within a row when a refusal has very many problems", () => {
    const problem = { code: "UnknownParameter", field: "f", expected: "e".repeat(500), received: "r" };
    const refusal: ScheduleEvent = {
      kind: "refused",
      at: "2026-05-17T11:00:00.000Z",
      firing: { kind: "creation", createdAt: "2026-05-17T11:00:00.000Z" },
      problems: Array.from({ length: 500 }, () => problem),
    };
    expect(encodeEvent(id, refusal).event.length).toBeLessThan(30_000);
  });
});

test("folders that look alike have watch rows of their own", () => {
  const watch = { account: "sluice", container: "data", folder: "a" };
  const partitions = [
    watch,
    { ...watch, folder: "A" },
    { ...watch, folder: "a/b" },
    { ...watch, container: "data2" },
  ].map(watchPartition);
  expect(new Set(partitions).size).toBe(4);
  expect(partitions[0]).toMatch(/^watch_[0-9a-f]{64}$/);
});
