/** The whole product on a clock that the test moves: host, durable timers, schedules, tokens and the app's own dates. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { pipelineRun, type PipelineRunEntity } from "../../../src/contract/pipelineRun";
import { listOf } from "../../../src/contract/wireType";
import type { PipelineRun } from "../../../src/sdk/pipelineRun";
import { Schedule } from "../../../src/sdk/schedule";
import type { Workspace } from "../../../src/sdk/workspace";
import { ClockService } from "../../clock/clockService";
import { untilTrue } from "../host/hostProcess";
import { AppUnderTest } from "./appUnderTest";

const hourMs = 3_600_000;
/** Two days and a bit, over the end of a month. */
const hours = 52;
const firstSlot = Date.parse("2031-03-30T11:00:00Z");

let clock: ClockService;
let app: AppUnderTest;
let workspace: Workspace;

beforeAll(async () => {
  clock = await ClockService.start(firstSlot - 0.7 * hourMs);
  app = new AppUnderTest({ environment: clock.environment, now: () => clock.now() });
  workspace = await app.workspace();
});
afterAll(async () => {
  await app.end();
  await clock.stop();
});

const runsOf = async (schedule: Schedule): Promise<readonly PipelineRunEntity[]> =>
  workspace.client.get(workspace.routes.runsOfSchedule(schedule.id), listOf(pipelineRun));
const hourOf = (instant: string): number => Math.floor((Date.parse(instant) - firstSlot) / hourMs);

/** The orchestration that looks after the one step that runs; it begins anew after each of its timers. */
async function attemptOf(run: PipelineRun): Promise<string> {
  await untilTrue(async () => (await run.getSteps()).some(({ status }) => status === "running"));
  const instances = await (await app.host.durable("GET", "instances?runtimeStatus=Running")).json();
  const attempts = (instances as { readonly name: string; readonly instanceId: string }[]).filter(
    ({ name }) => name === "stepRun",
  );
  expect(attempts).toHaveLength(1);
  return attempts[0]?.instanceId ?? "";
}

test("an hourly schedule starts one run for each hour of two days, and durable timers and dates follow the same clock", async () => {
  const gate = app.scratch.file("gate");
  const waits = `import os, time\nwhile not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.2)\n`;
  const held = await (await app.publish(workspace, "held", waits)).submit("held");
  const attempt = await attemptOf(held);

  const { id: endpointId } = await app.publish(workspace, "quick", "print('ran')\n");
  const recurrence = { frequency: "Hour", interval: 1, startTime: "2031-03-30T11:00:00" } as const;
  const request = { name: "hourly", endpointId, experimentName: "hourly", trigger: { recurrence } };
  const schedule = await Schedule.create(workspace, request);

  for (let hour = 0; hour < hours; hour++) {
    await clock.moveTo(firstSlot + hour * hourMs + 20_000);
    await untilTrue(async () => (await runsOf(schedule)).length > hour);
  }

  await untilTrue(async () => {
    const { createdTime } = (await app.host.status(attempt)) as unknown as { readonly createdTime: string };
    return hourOf(createdTime) === hours - 1;
  });
  const ended = ({ status }: PipelineRunEntity): boolean =>
    !["NotStarted", "Running"].includes(status.statusCode);
  await untilTrue(async () => (await runsOf(schedule)).every(ended));
  const runs = await runsOf(schedule);
  expect(runs.map(({ status }) => status.statusCode)).toEqual(runs.map(() => "Finished"));
  const slots = runs.map(({ createdAt }) => hourOf(createdAt)).sort((a, b) => a - b);
  expect(slots).toEqual(Array.from({ length: hours }, (_, hour) => hour));

  writeFileSync(gate, "");
  await untilTrue(async () => (await held.get()).status.statusCode === "Finished");
  const { startTimeUtc, endTimeUtc } = await held.getHistory();
  expect([hourOf(startTimeUtc ?? ""), hourOf(endTimeUtc ?? "")]).toEqual([-1, hours - 1]);
}, 240_000);
