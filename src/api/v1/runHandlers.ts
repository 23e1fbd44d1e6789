/** Runs as the pipelines service shows them. Its lists are plain arrays, so they end with the newest 500. */
import { done, json, nothing, refuse, type Answer } from "../answer";
import type { Call } from "../route";
import type { RunFilter } from "../../runs/runs";
import { encodeRun } from "./runEntity";

const listLimit = 500;

export async function getRun({ rooms, param }: Call): Promise<Answer> {
  const run = await rooms.runs.find(param("id"));
  return run === undefined ? noRun(param("id")) : json(encodeRun(run));
}

export function listRunsOfPipeline(call: Call): Promise<Answer> {
  return listRuns(call, { kind: "pipeline", pipelineId: call.param("id") });
}

export function listRunsOfSchedule(call: Call): Promise<Answer> {
  return listRuns(call, { kind: "schedule", scheduleId: call.param("id") });
}

export async function getLastRunOfSchedule({ rooms, param }: Call): Promise<Answer> {
  const page = await rooms.runs.list({ kind: "schedule", scheduleId: param("id") }, 1, null);
  const [last] = page.items;
  return last === undefined ? nothing : json(encodeRun(last));
}

async function listRuns({ rooms }: Call, filter: RunFilter): Promise<Answer> {
  const page = await rooms.runs.list(filter, listLimit, null);
  return json(page.items.map(encodeRun));
}

/** Cancelling a run that has ended changes nothing and is no mistake: the caller could not know. */
export async function cancelRun({ rooms, engine, param }: Call): Promise<Answer> {
  const outcome = await rooms.runs.cancel(param("id"), engine);
  return outcome === "not-found" ? noRun(param("id")) : done;
}

const noRun = (id: string): Answer => refuse("RunNotFound", `There is no run ${id}.`);
