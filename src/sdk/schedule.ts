import {
  scheduleEntity,
  scheduleRequest,
  type ScheduleEntity,
  type ScheduleRequestBody,
} from "../contract/scheduleEntity";
import { slotPreviewList, type SlotPreviewWire } from "../contract/scheduleEvents";
import { listOf } from "../contract/wireType";
import { submissionOf, type SubmissionValues } from "./submissionValues";
import type { Workspace } from "./workspace";

/** When to run; the service validates it. Times without an offset are in `timeZone`, which is UTC when left out. */
export interface ScheduleRecurrence {
  readonly frequency: "Month" | "Week" | "Day" | "Hour" | "Minute";
  readonly interval: number;
  readonly startTime?: string;
  readonly timeZone?: string;
}

/** Which changes to run on. */
export interface ChangeTrigger {
  readonly datastore: string;
  /** Watched folder. */
  readonly path: string;
  /** The DataPath parameter that receives the changed blob. */
  readonly dataPathParameter: string;
  /** Minutes. */
  readonly pollingInterval: number;
}

export interface NewSchedule {
  readonly name: string;
  readonly endpointId: string;
  readonly experimentName: string;
  readonly trigger: { readonly recurrence: ScheduleRecurrence } | { readonly change: ChangeTrigger };
  readonly values?: SubmissionValues;
}

/** Runs a pipeline on a clock or on changed blobs. */
export class Schedule {
  private constructor(readonly entity: ScheduleEntity) {}

  get id(): string {
    return this.entity.id;
  }

  get name(): string {
    return this.entity.name;
  }

  static async create(workspace: Workspace, request: NewSchedule): Promise<Schedule> {
    const { client, routes } = workspace;
    const body = scheduleRequest.encode(await requestBody(request));
    return new Schedule(await client.post(routes.createSchedule, body, scheduleEntity));
  }

  static async list(workspace: Workspace, activeOnly = true): Promise<readonly Schedule[]> {
    const entities = await workspace.client.get(
      workspace.routes.schedules(activeOnly),
      listOf(scheduleEntity),
    );
    return entities.map((entity) => new Schedule(entity));
  }

  /** The next slots of a saved schedule, and what the clock and its excluded dates do to them. */
  static async preview(workspace: Workspace, id: string, count: number): Promise<readonly SlotPreviewWire[]> {
    const path = workspace.routes.schedulePreview(id, `?count=${count}`);
    return (await workspace.client.get(path, slotPreviewList)).value;
  }

  static async listOfEndpoint(workspace: Workspace, endpointId: string): Promise<readonly Schedule[]> {
    const path = workspace.routes.schedulesOfEndpoint(endpointId);
    const entities = await workspace.client.get(path, listOf(scheduleEntity));
    return entities.map((entity) => new Schedule(entity));
  }
}

async function requestBody(request: NewSchedule): Promise<ScheduleRequestBody> {
  const { trigger } = request;
  const target = {
    name: request.name,
    pipelineId: null,
    pipelineEndpointId: request.endpointId,
    submission: await submissionOf(request.experimentName, request.values ?? {}),
    entityStatus: "Active" as const,
    policy: null,
    runOnCreate: true,
  };
  if ("recurrence" in trigger) {
    const recurrence = { ...trigger.recurrence };
    return { ...target, scheduleType: "Recurrence", recurrence, dataStoreTrigger: null };
  }
  const { datastore, path, dataPathParameter, pollingInterval } = trigger.change;
  const dataStoreTrigger = {
    datastore,
    path,
    pollingInterval,
    dataPathParameterName: dataPathParameter,
    filter: null,
  };
  return { ...target, scheduleType: "DataStore", recurrence: null, dataStoreTrigger };
}
