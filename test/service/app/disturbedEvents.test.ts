/** The whole product on a storage that repeats, delays and shuffles its events, as Azure may. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { pipelineRun, type PipelineRunEntity } from "../../../src/contract/pipelineRun";
import { listOf } from "../../../src/contract/wireType";
import { Datastore } from "../../../src/sdk/datastore";
import { Schedule } from "../../../src/sdk/schedule";
import type { Workspace } from "../../../src/sdk/workspace";
import { untilTrue } from "../host/hostProcess";
import { AppUnderTest } from "./appUnderTest";

let app: AppUnderTest;
let workspace: Workspace;

beforeAll(async () => {
  app = new AppUnderTest({
    environment: {
      NODE_ENV: "test",
      SLUICE_TEST_EVENTS_SEED: "20260517",
      // The host notes each delivery that it handed to the app.
      AzureFunctionsJobHost__logging__logLevel__default: "Debug",
    },
  });
  workspace = await app.workspace();
});
afterAll(async () => app.end());

test("a watched folder starts exactly one run for each new blob, though every event comes late, twice and in any order", async () => {
  const parameter = {
    kind: "dataPath",
    name: "input_data",
    defaultValue: { datastore: "workspaceblobstore", path: "inbox" },
  };
  const { id: endpointId } = await app.publish(workspace, "looks", "print('ran')\n", [parameter]);
  const change = {
    datastore: "workspaceblobstore",
    path: "inbox",
    dataPathParameter: "input_data",
    pollingInterval: 5,
  };
  const request = { name: "watches", endpointId, experimentName: "watches", trigger: { change } };
  const schedule = await Schedule.create(workspace, request);
  const datastore = await Datastore.getDefault(workspace);
  const paths = Array.from({ length: 12 }, (_, n) => `inbox/${n}.csv`);
  for (const path of paths) await datastore.write(path, Buffer.from("1"));

  const list = async (): Promise<readonly PipelineRunEntity[]> =>
    workspace.client.get(workspace.routes.runsOfSchedule(schedule.id), listOf(pipelineRun));
  await untilTrue(async () => {
    const runs = await list();
    return runs.length >= paths.length && runs.every(({ status }) => status.statusCode === "Finished");
  });
  const started = (await list()).map(({ parameterAssignments }) => parameterAssignments["input_data"]);
  expect(started.sort()).toEqual(paths.map((path) => `workspaceblobstore/${path}`).sort());
  const deliveries = app.host.log.split("Executed 'Functions.blobCreated'").length - 1;
  expect(deliveries).toBeGreaterThan(paths.length);
}, 120_000);
