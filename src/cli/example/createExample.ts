/**
 * Creates the example workspace through the HTTP API.
 *
 * 1. Everything is looked up by its name first, so that a second start, or a start after a crash at any line,
 *    creates what is missing and nothing twice.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Datastore } from "../../sdk/datastore";
import { PipelineEndpoint } from "../../sdk/pipelineEndpoint";
import { PublishedPipeline } from "../../sdk/publishedPipeline";
import { publishPipelineFile } from "../../sdk/publishPipelineFile";
import { Schedule, type NewSchedule } from "../../sdk/schedule";
import type { Workspace } from "../../sdk/workspace";
import { appFolder } from "../dataFolder";

import { tumour } from "./tumourExample";

/** The example's endpoint, with its pipeline, data and schedules in place. `now` decides when the clock schedule begins. */
export async function createExample(workspace: Workspace, now: Date): Promise<PipelineEndpoint> {
  const datastore = await Datastore.getDefault(workspace);
  const [endpoint] = await Promise.all([ensureEndpoint(workspace), ensureData(datastore)]);
  const known = new Set((await Schedule.list(workspace, false)).map(({ name }) => name));
  for (const schedule of schedulesOf(endpoint, datastore.name, now)) {
    if (!known.has(schedule.name)) await Schedule.create(workspace, schedule);
  }
  return endpoint;
}

async function ensureData(datastore: Datastore): Promise<void> {
  if (await datastore.exists(tumour.dataPath)) return;
  await datastore.write(tumour.dataPath, await readFile(join(appFolder, tumour.dataFile)));
}

async function ensureEndpoint(workspace: Workspace): Promise<PipelineEndpoint> {
  const found = await PipelineEndpoint.findByName(workspace, tumour.name);
  if (found !== undefined) return found;
  const pipeline = await ensurePipeline(workspace);
  const description = "The example pipeline, always its default version";
  return PipelineEndpoint.publish(workspace, { name: tumour.name, description, pipelineId: pipeline.id });
}

async function ensurePipeline(workspace: Workspace): Promise<PublishedPipeline> {
  const published = await PublishedPipeline.list(workspace);
  const found = published.find(({ name }) => name === tumour.name);
  return found ?? publishPipelineFile(workspace, join(appFolder, tumour.pipelineFile));
}

function schedulesOf(endpoint: PipelineEndpoint, datastore: string, now: Date): readonly NewSchedule[] {
  const target = { endpointId: endpoint.id, experimentName: tumour.experimentName };
  const startTime = nextFullHour(now);
  const recurrence = { frequency: "Hour", interval: 1, startTime, timeZone: "UTC" } as const;
  const change = {
    datastore,
    path: tumour.watchedFolder,
    dataPathParameter: tumour.dataPathParameter,
    pollingInterval: 5,
  };
  return [
    { ...target, name: tumour.hourlySchedule, trigger: { recurrence } },
    { ...target, name: tumour.changeSchedule, trigger: { change } },
  ];
}

const hourMs = 3_600_000;

/** The next full hour after `now` in UTC, without an offset, as v1 writes start times. */
export function nextFullHour(now: Date): string {
  const next = new Date((Math.floor(now.getTime() / hourMs) + 1) * hourMs);
  return next.toISOString().slice(0, "2026-01-01T00:00:00".length);
}
