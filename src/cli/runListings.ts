/** Runs with the names that people know: of the pipeline, of the schedule, of the blob. */
import type { HistoryRun } from "../contract/historyRun";
import { PipelineRun } from "../sdk/pipelineRun";
import { PublishedPipeline } from "../sdk/publishedPipeline";
import { Schedule } from "../sdk/schedule";
import type { Workspace } from "../sdk/workspace";
import type { RunListing } from "./render/runList";

/** The newest `top` runs, newest first. */
export async function readRunListings(workspace: Workspace, top: number): Promise<readonly RunListing[]> {
  const [page, pipelines, schedules] = await Promise.all([
    PipelineRun.list(workspace, top),
    PublishedPipeline.list(workspace, false),
    Schedule.list(workspace, false),
  ]);
  const pipelineNames = new Map(pipelines.map(({ id, name }) => [id, name]));
  const byId = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  return Promise.all(
    page.value.map(async (run) => {
      const pipeline = pipelineNames.get(run.properties["azureml.pipelineid"] ?? "") ?? run.name;
      return listing(run, pipeline, await causeOf(workspace, run, byId));
    }),
  );
}

function listing(run: HistoryRun, pipeline: string, cause: string): RunListing {
  return {
    id: run.runId,
    status: run.status === "Completed" ? "Finished" : run.status,
    pipeline,
    createdAt: run.createdUtc,
    startedAt: run.startTimeUtc,
    endedAt: run.endTimeUtc,
    cause,
  };
}

async function causeOf(
  workspace: Workspace,
  run: HistoryRun,
  schedules: ReadonlyMap<string, Schedule>,
): Promise<string> {
  const schedule = schedules.get(run.properties["sluice.scheduleId"] ?? "");
  const kind = run.properties["sluice.cause"] ?? "";
  if (kind === "blob") return `blob ${await changedBlob(workspace, run, schedule)}`.trim();
  if (kind === "slot" || kind === "creation") return `schedule ${schedule?.name ?? ""}`.trim();
  return kind;
}

/** The run history does not name the blob; the run's own data path does. */
async function changedBlob(
  workspace: Workspace,
  run: HistoryRun,
  schedule: Schedule | undefined,
): Promise<string> {
  const parameter = schedule?.entity.dataStoreTrigger?.dataPathParameterName ?? "";
  const { parameterAssignments } = await new PipelineRun(workspace, run.runId, run.name).get();
  const datastore = schedule?.entity.dataStoreTrigger?.datastore ?? "";
  const path = parameterAssignments[parameter] ?? "";
  return path.startsWith(`${datastore}/`) ? path.slice(datastore.length + 1) : path;
}
