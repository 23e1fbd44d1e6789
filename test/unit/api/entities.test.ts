/** The JSON of every entity, as callers have come to know it: a change here is a change of the contract. */
import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { historyRun, runDetails } from "../../../src/contract/historyRun";
import { endpointEntity } from "../../../src/contract/endpointEntity";
import { pipelineEntity } from "../../../src/contract/pipelineEntity";
import { pipelineRun } from "../../../src/contract/pipelineRun";
import { scheduleEntity } from "../../../src/contract/scheduleEntity";
import { decode, type WireType } from "../../../src/contract/wireType";
import type { Recurrence } from "../../../src/model/recurrence";
import { apiUnderTest, routes, type RoomParts } from "./apiUnderTest";
import { anEndpoint, aPipeline, aRun, aSchedule, aStep, definition } from "./records";

const recurrence = {
  frequency: "Week",
  interval: 2,
  startTime: "2026-11-23T08:00:00",
  timeZone: "W. Europe Standard Time",
  schedule: { hours: [7], minutes: [45], weekDays: ["Monday", "Thursday"] },
} as unknown as Recurrence;

const failed = {
  status: "failed",
  reason: 'Step "train" failed.',
  endedAt: "2026-11-21T07:05:00.000Z",
} as const;
const rooms: RoomParts = {
  runs: {
    find: (id) => Promise.resolve(id === "step-run-1" ? undefined : aRun(id === "failed" ? failed : {})),
    findStepRun: () =>
      Promise.resolve(
        aStep({ status: "failed", exitCode: 3, reason: "exit code 3", endedAt: failed.endedAt }),
      ),
    artifacts: () =>
      Promise.resolve([
        { path: "azureml-logs/70_driver_log.txt", size: 9 },
        { path: "outputs/a", size: 1 },
      ]),
    artifactUrl: (_id, path) => Promise.resolve(`http://blob/${path}?sas`),
  },
  pipelines: { find: () => Promise.resolve(aPipeline()), definition: () => Promise.resolve(definition) },
  endpoints: { find: () => Promise.resolve(anEndpoint()) },
  schedules: {
    find: (id) =>
      Promise.resolve(
        id === "clock"
          ? aSchedule({
              id,
              trigger: { kind: "recurrence", recurrence },
              target: { kind: "endpoint", endpointId: "end-1" },
            })
          : aSchedule(),
      ),
  },
};

const entities: readonly (readonly [string, string, WireType<unknown>])[] = [
  ["pipelineRun", routes.run("run-1"), pipelineRun],
  ["failedPipelineRun", routes.run("failed"), pipelineRun],
  ["historyRun", routes.historyRun("tumour", "run-1"), historyRun],
  ["failedHistoryRun", routes.historyRun("tumour", "failed"), historyRun],
  ["stepRun", routes.historyRun("tumour", "step-run-1"), historyRun],
  ["stepRunDetails", routes.historyRunDetails("tumour", "step-run-1"), runDetails],
  ["pipeline", routes.pipeline("pipe-1"), pipelineEntity],
  ["endpoint", routes.endpoint("end-1"), endpointEntity],
  ["changeSchedule", routes.schedule("watch"), scheduleEntity],
  ["clockSchedule", routes.schedule("clock"), scheduleEntity],
] as readonly (readonly [string, string, WireType<unknown>])[];

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, "golden", `${name}.json`), "utf8")) as unknown;

describe("entity", () => {
  test.each(entities)("%s is answered as its golden file says", async (name, path) => {
    const answer = await apiUnderTest(rooms).send({ path });
    expect([answer.status, answer.body]).toEqual([200, golden(name)]);
  });

  test.each(entities)(
    "%s survives a decode and an encode by the client without a change",
    (name, _path, type) => {
      const decoded = decode(type, golden(name));
      expect(decoded).toMatchObject({ ok: true });
      if (decoded.ok) expect(type.encode(decoded.value)).toEqual(golden(name));
    },
  );
});
