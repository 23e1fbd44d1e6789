import { describe, expect, test } from "@jest/globals";
import type { RunSubmission } from "../../../src/runs/runs";
import type { ScheduleRequest } from "../../../src/schedules/schedules";
import { apiUnderTest, codeOf, routes, type RoomParts } from "./apiUnderTest";
import { aRun, aSchedule } from "./records";

describe("submission", () => {
  const submitted: RunSubmission[] = [];
  const parts: RoomParts = {
    runs: {
      submit: (submission) => {
        submitted.push(submission);
        const { runId } = submission;
        return Promise.resolve({ status: "accepted", runId, run: aRun({ runId }) });
      },
    },
  };
  const submit = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    submitted.length = 0;
    const answer = await apiUnderTest(parts).send({ method: "POST", path, body, headers });
    return { answer, submission: submitted[0] };
  };

  test.each([
    [routes.submitPipeline("p", "parent"), { kind: "pipeline", id: "p" }, "parent"],
    [routes.submitEndpoint("e"), { kind: "endpoint", id: "e", version: null }, null],
    [`${routes.submitEndpoint("e")}?pipelineVersion=2`, { kind: "endpoint", id: "e", version: "2" }, null],
    [
      `${routes.submitEndpointVersion("e", "1")}?pipelineVersion=1`,
      { kind: "endpoint", id: "e", version: "1" },
      null,
    ],
    [
      routes.submitEndpointByName("a b", null, "q"),
      { kind: "endpointName", name: "a b", version: null },
      "q",
    ],
    [routes.submitEndpointByName("a&b", "3"), { kind: "endpointName", name: "a&b", version: "3" }, null],
    [
      routes.submitEndpointByName("n", "3").replace("?name=", "?Name="),
      { kind: "endpointName", name: "n", version: "3" },
      null,
    ],
  ])("to %s means its target and parent and nothing else", async (path, target, parentRunId) => {
    const { submission } = await submit(path, {});
    expect(submission).toMatchObject({ target, parentRunId });
  });

  test("hands parameter values on as they came and answers the run's Id", async () => {
    const { answer, submission } = await submit(routes.submitPipeline("p"), {
      ExperimentName: "e",
      ParameterAssignments: { rate: 0.1, fast: true, name: "x" },
      DataPathAssignments: { input: { DataStoreName: "workspaceblobstore", RelativePath: "a/b.csv" } },
      RunSource: "SDK",
      Tags: { team: "a" },
    });
    expect(submission).toMatchObject({
      experimentName: "e",
      parameterAssignments: { rate: 0.1, fast: true, name: "x" },
      dataPathAssignments: { input: { datastore: "workspaceblobstore", path: "a/b.csv" } },
      tags: { team: "a" },
      cause: { kind: "call", source: "SDK" },
    });
    expect(answer.body).toMatchObject({ Id: submission?.runId, RunHistoryExperimentName: "tumour" });
  });

  test("says how the run is called, tagged, limited and whether everything runs anew", async () => {
    const { submission } = await submit(routes.submitPipeline("p"), {
      DisplayName: "nightly",
      StepTags: { stage: "test" },
      RegenerateOutputs: true,
      TimeoutSeconds: 1.5,
    });
    expect(submission).toMatchObject({
      displayName: "nightly",
      stepTags: { stage: "test" },
      regenerateOutputs: true,
      timeoutMs: 1500,
    });
    const silent = (await submit(routes.submitPipeline("p"), {})).submission;
    expect(silent).toMatchObject({
      displayName: null,
      stepTags: {},
      regenerateOutputs: false,
      timeoutMs: null,
    });
  });

  test("lets a caller of old have unknown parameters ignored by a header, and refuses another word there", async () => {
    const header = "x-sluice-unknown-parameters";
    const asked = async (word: string) => submit(routes.submitPipeline("p"), {}, { [header]: word });
    expect((await asked("ignore")).submission).toMatchObject({ unknownParameters: "ignore" });
    expect((await asked("refuse")).submission).toMatchObject({ unknownParameters: "refuse" });
    expect((await submit(routes.submitPipeline("p"), {})).submission).toMatchObject({
      unknownParameters: null,
    });
    const { answer, submission } = await asked("perhaps");
    expect([answer.status, codeOf(answer), submission]).toEqual([400, "InvalidHeader", undefined]);
  });

  describe("with an Idempotency-Key", () => {
    const keyed = async (path: string, key: string, body: unknown = {}) =>
      (await submit(path, body, { "idempotency-key": key })).submission?.runId;

    test("is the same run however often and with whatever body it is repeated", async () => {
      const first = await keyed(routes.submitPipeline("p"), "retry-1");
      expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
      expect(await keyed(routes.submitPipeline("p"), "retry-1", { Description: "again" })).toBe(first);
    });

    test("is another run with another key, of another target, and without a key", async () => {
      const ids = [
        await keyed(routes.submitPipeline("p"), "a"),
        await keyed(routes.submitPipeline("p"), "b"),
        await keyed(routes.submitPipeline("q"), "a"),
        await keyed(routes.submitEndpoint("p"), "a"),
        await keyed(routes.submitEndpointVersion("p", "0"), "a"),
        (await submit(routes.submitPipeline("p"), {})).submission?.runId,
      ];
      expect(new Set(ids).size).toBe(ids.length);
    });

    test.each(["", "a b", "ä", "x".repeat(256)])("refuses %j and submits nothing", async (key) => {
      const { answer, submission } = await submit(routes.submitPipeline("p"), {}, { "idempotency-key": key });
      expect([answer.status, codeOf(answer), submission]).toEqual([400, "InvalidHeader", undefined]);
    });
  });

  test("without an experiment, as Data Factory may send it, goes to the default one", async () => {
    expect((await submit(routes.submitPipeline("p"), {})).submission?.experimentName).toBe("Default");
  });

  test("of something that is not there is 404, of a wrong body 400, though the code is the same", async () => {
    const problem = { code: "UnknownPipeline", field: "target", expected: "x", received: "y" };
    const answered = async (outcome: "not-found" | "refused") => {
      const found =
        outcome === "refused" ? { status: outcome, problems: [problem] } : { status: outcome, problem };
      const api = apiUnderTest({ runs: { submit: () => Promise.resolve(found) } });
      return api.send({ method: "POST", path: routes.submitPipeline("p"), body: {} });
    };
    expect((await answered("not-found")).status).toBe(404);
    expect((await answered("refused")).status).toBe(400);
  });
});

describe("cancel", () => {
  test.each([
    ["DELETE", routes.runExecution("r")],
    ["POST", routes.cancelRun("r")],
  ])("by %s %s answers 200 without a body, also for a run that is over", async (method, path) => {
    for (const outcome of ["accepted", "already-terminal"] as const) {
      const answer = await apiUnderTest({ runs: { cancel: () => Promise.resolve(outcome) } }).send({
        method,
        path,
      });
      expect([answer.status, answer.text]).toEqual([200, ""]);
    }
  });
});

test("the last run of a schedule that has not fired is 204, which v1's client reads as none", async () => {
  const list = () => Promise.resolve({ items: [], continuationToken: null });
  const answer = await apiUnderTest({ runs: { list } }).send({ path: routes.lastRunOfSchedule("s") });
  expect([answer.status, answer.text]).toEqual([204, ""]);
});

describe("schedule", () => {
  const saved: { request: ScheduleRequest; ifMatch: string | undefined }[] = [];
  const parts: RoomParts = {
    schedules: {
      find: () => Promise.resolve(aSchedule()),
      create: (request) => {
        saved.push({ request, ifMatch: undefined });
        return Promise.resolve({ status: "saved", schedule: aSchedule() });
      },
      update: (_id, request, _engine, ifMatch) => {
        saved.push({ request, ifMatch });
        return Promise.resolve({ status: "saved", schedule: aSchedule() });
      },
    },
  };
  const send = async (method: string, path: string, body: unknown) => {
    saved.length = 0;
    return apiUnderTest(parts).send({ method, path, body });
  };
  const submissionInfo = { ExperimentName: "e" };
  const clock = {
    Name: "hourly",
    PipelineId: "p",
    ScheduleType: "0",
    Recurrence: { Frequency: "Hour", Interval: 1 },
    PipelineSubmissionInfo: submissionInfo,
  };

  test("of a clock is created from v1's body", async () => {
    expect((await send("POST", routes.createSchedule, clock)).status).toBe(200);
    expect(saved[0]?.request).toMatchObject({
      name: "hourly",
      target: { kind: "pipeline", pipelineId: "p" },
      trigger: { kind: "recurrence", recurrence: { frequency: "Hour", interval: 1 } },
      status: "Active",
    });
  });

  test("of a change is created from v1's body, disabled if it says so", async () => {
    const body = {
      Name: "watch",
      PipelineEndpointId: "e",
      ScheduleType: "1",
      EntityStatus: "Disabled",
      DataStoreTriggerInfo: { DataStoreName: "ds", PathOnDataStore: "in", DataPathParameterName: "d" },
      PipelineSubmissionInfo: submissionInfo,
    };
    await send("POST", routes.createSchedule, body);
    expect(saved[0]?.request).toMatchObject({
      target: { kind: "endpoint", endpointId: "e" },
      trigger: {
        kind: "change",
        rule: { datastore: "ds", path: "in", dataPathParameter: "d", pollingIntervalMinutes: 5 },
      },
      status: "Disabled",
    });
  });

  test.each([
    ["without a target", { PipelineId: null }, "PipelineId"],
    ["with two targets", { PipelineEndpointId: "e" }, "PipelineId"],
    ["of a clock without a recurrence", { Recurrence: null }, "Recurrence"],
    [
      "of a clock that also watches",
      { DataStoreTriggerInfo: { DataStoreName: "d" } },
      "DataStoreTriggerInfo",
    ],
    [
      "of a change that also has a recurrence",
      { ScheduleType: "1", DataStoreTriggerInfo: { DataStoreName: "d" } },
      "Recurrence",
    ],
    [
      "without any trigger, as v1's client lets through",
      { ScheduleType: "1", Recurrence: null, DataStoreTriggerInfo: {} },
      "DataStoreTriggerInfo.DataStoreName",
    ],
    [
      "with a dataset",
      { PipelineSubmissionInfo: { DataSetDefinitionValueAssignments: { d: {} } } },
      "PipelineSubmissionInfo.DataSetDefinitionValueAssignments.d",
    ],
  ])("%s is refused and not saved", async (_what, change, field) => {
    const answer = await send("POST", routes.createSchedule, { ...clock, ...change });
    expect([answer.status, saved]).toEqual([400, []]);
    expect(answer.body).toMatchObject({ Error: { Details: [{ Target: field }] } });
  });

  test("takes a policy and whether to run at creation, and tells the policy in the words it was given in", async () => {
    const policy = {
      Gap: "skip",
      Overlap: "both",
      EndTime: "2027-01-01T00:00:00",
      ExcludedDates: ["2026-12-25"],
      Missed: { Kind: "all", WindowMinutes: 60, Most: 3 },
      WhileRunning: "queueOne",
    };
    await send("POST", routes.createSchedule, { ...clock, Policy: policy, RunOnCreate: false });
    const kept = {
      clock: { gap: "skip", overlap: "both", endTime: policy.EndTime, excludedDates: ["2026-12-25"] },
      missed: { kind: "all", windowMinutes: 60, most: 3 },
      whileRunning: "queueOne",
    } as const;
    const { clock: given, ...rest } = kept;
    expect(saved[0]?.request).toMatchObject({ policy: { ...given, ...rest }, runOnCreate: false });
    const problem = { code: "UnknownPipeline", field: "pipeline_id", expected: "an id", received: "p" };
    const trouble = { at: "2026-11-21T07:00:00.000Z", problems: [problem] };
    const find = () => Promise.resolve(aSchedule({ policy: kept, trouble }));
    const { body } = await apiUnderTest({ schedules: { find } }).send({ path: routes.schedule("s") });
    expect(body).toMatchObject({
      Policy: policy,
      Trouble: { At: trouble.at, Problems: [{ Code: "UnknownPipeline", Field: "pipeline_id" }] },
    });
  });

  test("is disabled by a body that holds nothing else, and keeps the rest", async () => {
    await send("PUT", routes.schedule("sched-1"), { EntityStatus: "Disabled" });
    const { trigger, submission, target, name } = aSchedule();
    expect(saved[0]).toEqual({
      request: { status: "Disabled", trigger, submission, target, name, policy: {}, runOnCreate: true },
      ifMatch: "e1",
    });
  });

  test("is guarded against lost updates by the etag that the client read, not by the one just found", async () => {
    await send("PUT", routes.schedule("sched-1"), { Etag: "older" });
    expect(saved[0]?.ifMatch).toBe("older");
  });

  test.each([[[]], ["text"], [7], [{ EntityStatus: 9 }]])(
    "update by %j is refused, not merged",
    async (body) => {
      const answer = await send("PUT", routes.schedule("sched-1"), body);
      expect([answer.status, codeOf(answer), saved]).toEqual([400, "InvalidField", []]);
    },
  );
});
