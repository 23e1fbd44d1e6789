import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ComputeTargets } from "../../../src/compute/computeTarget";
import { createDatastores } from "../../../src/data/datastoreStore";
import { createSnapshots } from "../../../src/data/snapshotStore";
import { createPipelineEndpoints } from "../../../src/pipelines/pipelineEndpointStore";
import { createPublishedPipelines } from "../../../src/pipelines/publishedPipelineStore";
import { createResolveTarget } from "../../../src/pipelines/resolveTarget";
import { createRuns } from "../../../src/runs/createRuns";
import { createSchedules, type SchedulesParts } from "../../../src/schedules/createSchedules";
import type { ScheduleRequest } from "../../../src/schedules/schedules";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { blobCreated, changeSchedule, engine, openRoom, timeSchedule, type Room } from "./scheduleRoom";

let storage: StorageUnderTest;
let room: Room;
let parts: SchedulesParts;
let pipelineId: string;

const noTargets: ComputeTargets = { find: () => undefined, list: () => [] };

beforeEach(async () => {
  storage = await startStorage();
  room = openRoom(storage.connectionString, "2026-05-17T10:20:30Z");
  const { workspace } = room;
  const datastores = createDatastores({ workspace });
  const snapshots = createSnapshots({ workspace });
  const pipelines = createPublishedPipelines({ workspace, datastores, snapshots, computeTargets: noTargets });
  const endpoints = createPipelineEndpoints({ workspace, pipelines });
  const resolveTarget = createResolveTarget({ pipelines, endpoints });
  const runs = createRuns({
    workspace,
    datastores,
    resolveTarget,
    computeTargets: noTargets,
    resolveDataset: () => Promise.resolve({ status: "unknown" }),
  });
  parts = { workspace, datastores, pipelines, endpoints, runs };
  const published = await pipelines.publish({
    name: "empty",
    description: "",
    version: null,
    definition: {
      parameters: [
        { kind: "literal", name: "epochs", type: "int", defaultValue: 1 },
        { kind: "dataPath", name: "input_data", defaultValue: null },
      ],
      steps: [],
    },
    graph: "{}",
    graphInterface: "{}",
    continueOnStepFailure: null,
    properties: {},
  });
  if (published.status !== "published") throw new Error(JSON.stringify(published));
  pipelineId = published.pipeline.id;
});
afterEach(async () => storage.stop());

async function save(request: ScheduleRequest): Promise<string> {
  const outcome = await createSchedules(parts).create(
    { ...request, target: { kind: "pipeline", pipelineId } },
    engine,
  );
  if (outcome.status !== "saved") throw new Error(JSON.stringify(outcome));
  return outcome.schedule.id;
}

const hourly = { frequency: "Hour", interval: 1, start_time: "2026-05-17T11:00:00" };

test("three hosts that tick the same minute claim one run row", async () => {
  const id = await save(timeSchedule(hourly));
  const now = room.setNow("2026-05-17T11:00:00Z");
  const started = await Promise.all([1, 2, 3].map(() => createSchedules(parts).tick(now, engine)));
  expect(started.flat()).toHaveLength(1);
  const { items } = await parts.runs.list({ kind: "schedule", scheduleId: id }, 10, null);
  expect(items).toMatchObject([
    {
      runId: started.flat()[0],
      cause: { kind: "slot", slotAt: "2026-05-17T11:00:00.000Z" },
      parameters: { epochs: 20 },
    },
  ]);
});

test("a blob's event that comes three times at once claims one run row with the blob as its data path", async () => {
  const id = await save(changeSchedule("inbox"));
  const event = blobCreated("inbox/a.csv", "0x1");
  const started = await Promise.all([1, 2, 3].map(() => createSchedules(parts).blobChanged(event, engine)));
  expect(started.flat()).toHaveLength(1);
  const { items } = await parts.runs.list({ kind: "schedule", scheduleId: id }, 10, null);
  expect(items).toMatchObject([
    { cause: { kind: "blob", blobPath: "inbox/a.csv" }, dataPaths: { input_data: { path: "inbox/a.csv" } } },
  ]);
});

test("a pipeline that was disabled meanwhile is told in the schedule's events and starts nothing", async () => {
  const id = await save(timeSchedule(hourly));
  await parts.pipelines.setStatus(pipelineId, "Disabled");
  expect(await createSchedules(parts).tick(room.setNow("2026-05-17T11:00:00Z"), engine)).toEqual([]);
  const { items } = await createSchedules(parts).events(id, 10, null);
  expect(items).toMatchObject([{ kind: "refused", problems: [{ code: "PipelineDisabled" }] }]);
});
