import { describe, expect, test } from "@jest/globals";
import { pipelineRun } from "../../../src/contract/pipelineRun";
import { recurrence } from "../../../src/contract/recurrenceWire";
import { mergeScheduleUpdate, scheduleEntity, scheduleRequest } from "../../../src/contract/scheduleEntity";
import { snapshotCreation } from "../../../src/contract/snapshots";
import { submission } from "../../../src/contract/submission";
import { decode, type WireType } from "../../../src/contract/wireType";

function decoded<T>(type: WireType<T>, body: unknown): T {
  const result = decode(type, body);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problems<T>(type: WireType<T>, body: unknown) {
  const result = decode(type, body);
  return result.ok ? [] : result.problems;
}

describe("submission", () => {
  test("keeps numbers and booleans as REST callers send them, not as text", () => {
    const body = { ExperimentName: "e", ParameterAssignments: { rate: 0.1, fast: true, name: "x" } };
    expect(decoded(submission, body).parameterAssignments).toEqual({ rate: 0.1, fast: true, name: "x" });
  });

  test.each(["tags", "Tags"])(
    "reads tags under the key %s, since SDK and REST callers spell it differently",
    (key) => {
      expect(decoded(submission, { [key]: { team: "a" } }).tags).toEqual({ team: "a" });
    },
  );

  test("ignores unknown top-level keys, which newer clients may send", () => {
    expect(decoded(submission, { ExperimentName: "e", Surprise: [1] }).experimentName).toBe("e");
  });

  test("reads null and absent alike, because clients leave out what is null", () => {
    expect(decoded(submission, { DataPathAssignments: null, Description: null })).toEqual(
      decoded(submission, {}),
    );
  });

  test("tells every problem at once, each with the path in the caller's keys", () => {
    const body = {
      ExperimentName: 7,
      ParameterAssignments: { a: {} },
      DataPathAssignments: { d: { RelativePath: "x" } },
    };
    expect(problems(submission, body)).toEqual([
      { code: "InvalidField", field: "ExperimentName", expected: "a string", received: "7" },
      {
        code: "InvalidField",
        field: "ParameterAssignments.a",
        expected: "a text, a number or a boolean",
        received: "an object",
      },
      {
        code: "InvalidField",
        field: "DataPathAssignments.d.DataStoreName",
        expected: "a string",
        received: "nothing",
      },
    ]);
  });

  test.each([null, [], "text", 3])("refuses %j as a body with a problem, not with an exception", (body) => {
    expect(problems(submission, body)).toHaveLength(1);
  });

  test("does not let a parameter called __proto__ change an object's prototype", () => {
    const body: unknown = JSON.parse('{"ParameterAssignments":{"__proto__":{"polluted":1}}}');
    const result = decode(submission, body);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    if (result.ok) expect(Object.getPrototypeOf(result.value.parameterAssignments)).toBe(Object.prototype);
  });
});

const watch = {
  Id: "s1",
  Name: "watch",
  PipelineId: "p1",
  PipelineEndpointId: null,
  EntityStatus: "Active",
  ProvisioningStatus: "Completed",
  ScheduleType: "DataStore",
  Policy: null,
  Trouble: null,
  PipelineSubmissionInfo: {
    ExperimentName: "e",
    Description: "new files",
    ParameterAssignments: { rate: "0.1" },
    DataPathAssignments: {},
    DataSetDefinitionValueAssignments: {},
    RunSource: null,
    RunType: "Schedule",
    ContinueRunOnStepFailure: true,
    EnableNotification: null,
    Properties: {},
    tags: {},
    ScheduleId: "s1",
  },
  Recurrence: null,
  DataStoreTriggerInfo: {
    DataStoreName: "workspaceblobstore",
    PollingInterval: 7,
    DataPathParameterName: "drop",
    PathOnDataStore: "drops",
    Filter: null,
  },
  CreatedDate: "2026-11-21T08:00:00.000Z",
  LastModifiedDate: "2026-11-21T08:00:00.000Z",
  Etag: "e1",
};

describe("schedule", () => {
  test("comes back from a decode and an encode as the very same JSON", () => {
    expect(scheduleEntity.encode(decoded(scheduleEntity, watch))).toEqual(watch);
  });

  test.each([
    ["0", "Recurrence"],
    [0, "Recurrence"],
    ["Recurrence", "Recurrence"],
    ["1", "DataStore"],
    [1, "DataStore"],
  ])("reads ScheduleType %j as %s, since the SDK sends the number as text", (sent, meant) => {
    expect(decoded(scheduleRequest, { ...watch, ScheduleType: sent }).scheduleType).toBe(meant);
  });

  test("names the kinds that exist when another one comes", () => {
    expect(problems(scheduleRequest, { ...watch, ScheduleType: "2" })).toEqual([
      {
        code: "InvalidField",
        field: "ScheduleType",
        expected: 'one of "Recurrence", "DataStore"',
        received: '"2"',
      },
    ]);
  });

  test("hands a recurrence on with its values as they came, so that the model can tell all its problems", () => {
    const Recurrence = { Frequency: "1", Interval: 0, Odd: 1, Schedule: { Hours: [99], WeekDays: [0] } };
    expect(decoded(scheduleRequest, { ...watch, Recurrence }).recurrence).toEqual({
      frequency: "1",
      interval: 0,
      Odd: 1,
      schedule: { hours: [99], weekDays: [0] },
    });
  });

  test("writes the lists of a stored recurrence inside Schedule, where clients of v1 look for them", () => {
    const stored = {
      frequency: "Week",
      interval: 2,
      startTime: null,
      timeZone: null,
      hours: [7],
      minutes: null,
      weekDays: ["Monday"],
      includeStart: false,
    };
    expect(recurrence.encode(stored)).toEqual({
      Frequency: "Week",
      Interval: 2,
      Schedule: { Hours: [7], WeekDays: ["Monday"] },
    });
  });

  test("an update that leaves keys out does not delete what they held", () => {
    const merged = decoded(
      scheduleEntity,
      mergeScheduleUpdate(watch, { EntityStatus: "2", DataStoreTriggerInfo: { PollingInterval: 9 } }),
    );
    expect(merged).toEqual({
      ...decoded(scheduleEntity, watch),
      entityStatus: "Disabled",
      dataStoreTrigger: {
        datastore: "workspaceblobstore",
        pollingInterval: 9,
        dataPathParameterName: "drop",
        path: "drops",
        filter: null,
      },
    });
  });

  test("an update replaces parameter assignments and recurrence as a whole and never mixes old and new", () => {
    const stored = {
      ...watch,
      Recurrence: { Frequency: "Day", Interval: 1, StartTime: "2026-01-01T00:00:00" },
    };
    const update = {
      Recurrence: { Frequency: "Hour", Interval: 2 },
      PipelineSubmissionInfo: { ParameterAssignments: { seed: 1 } },
    };
    const merged = decoded(scheduleRequest, mergeScheduleUpdate(stored, update));
    expect(merged.recurrence).toEqual({ frequency: "Hour", interval: 2 });
    expect(merged.submission.parameterAssignments).toEqual({ seed: 1 });
    expect(merged.submission.experimentName).toBe("e");
  });
});

describe("pipeline run", () => {
  test("a run without a status reads NotStarted, as clients of v1 read it", () => {
    const wire = { Id: "r", RunHistoryExperimentName: "e", CreatedDate: "2026-11-21T08:00:00Z" };
    expect(decoded(pipelineRun, wire).status.statusCode).toBe("NotStarted");
  });

  test("refuses a date that clients could not parse", () => {
    const wire = { Id: "r", RunHistoryExperimentName: "e", CreatedDate: "yesterday" };
    expect(problems(pipelineRun, wire)).toEqual([
      {
        code: "InvalidField",
        field: "CreatedDate",
        expected: "an ISO 8601 instant",
        received: '"yesterday"',
      },
    ]);
  });
});

describe("snapshot tree", () => {
  const node = (children: object) => ({ name: "x", type: "Directory", timestamp: "t", hash: "h", children });

  test("turns v1's tree into paths and back", () => {
    const paths = ["a.py", "lib/b.py", "lib/deep/c.py"];
    const wire = snapshotCreation.encode({
      parentId: null,
      tags: {},
      properties: {},
      paths,
      uploaded: { files: [] },
    });
    expect(decoded(snapshotCreation, wire).paths).toEqual(paths);
  });

  test.each(["..", "a\\b", "C:x", "", "a\nb"])(
    "refuses a file called %j, which could be written elsewhere",
    (name) => {
      const wire = { DirTreeNode: node({ [name]: { name, type: "File" } }) };
      expect(problems(snapshotCreation, wire)).toMatchObject([
        { code: "InvalidField", field: "DirTreeNode.0" },
      ]);
    },
  );

  test("refuses a tree that is deep enough to exhaust the stack", () => {
    let tree: object = node({});
    for (let level = 0; level < 5000; level += 1) tree = node({ d: tree });
    expect(problems(snapshotCreation, { DirTreeNode: tree })).toEqual([
      {
        code: "InvalidField",
        field: "DirTreeNode",
        expected: "a tree at most 64 folders deep",
        received: "an object",
      },
    ]);
  });
});
