/** Schedules of both kinds. Source: spec azureml-v1-wire.md §3.3, §6.5. */
import {
  mergeScheduleUpdate,
  scheduleRequest,
  type ScheduleRequestBody,
} from "../../contract/scheduleEntity";
import { decode, orNull, text, wireObject } from "../../contract/wireType";
import { assertNever } from "../../model/assertNever";
import type { ScheduleOutcome, Schedules } from "../../schedules/schedules";
import { json, refuse, type Answer } from "../answer";
import { isActiveOnly } from "../query";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";
import { encodeSchedule, toScheduleRequest } from "./scheduleEntity";

export async function createSchedule({ rooms, engine, body }: Call<ScheduleRequestBody>): Promise<Answer> {
  const request = toScheduleRequest(body);
  if (!request.ok) return refuseProblems(request.problems);
  return answerOutcome(await rooms.schedules.create(request.value, engine));
}

/** The client sends back the whole entity that it read, without what it does not know; see `mergeScheduleUpdate`. */
export async function updateSchedule({ rooms, engine, param, body }: Call<unknown>): Promise<Answer> {
  const stored = await rooms.schedules.find(param("id"));
  if (stored === undefined) return noSchedule(param("id"));
  const merged = decode(scheduleRequest, mergeScheduleUpdate(encodeSchedule(stored), body));
  if (!merged.ok) return refuseProblems(merged.problems);
  const request = toScheduleRequest(merged.value);
  if (!request.ok) return refuseProblems(request.problems);
  const etag = etagOf(body) ?? stored.etag;
  return answerOutcome(await rooms.schedules.update(stored.id, request.value, engine, etag));
}

/** The client echoes the etag that it read, which guards against lost updates. */
function etagOf(body: unknown): string | null {
  const decoded = decode(wireObject({ etag: ["Etag", orNull(text)] }), body);
  return decoded.ok ? decoded.value.etag : null;
}

export async function getSchedule({ rooms, param }: Call): Promise<Answer> {
  const schedule = await rooms.schedules.find(param("id"));
  return schedule === undefined ? noSchedule(param("id")) : json(encodeSchedule(schedule));
}

export function listSchedules(call: Call): Promise<Answer> {
  return list(call, { kind: "all", activeOnly: isActiveOnly(call) });
}

/** v1 tells disabled schedules of a pipeline or endpoint, too. */
export function listSchedulesOfPipeline(call: Call): Promise<Answer> {
  return list(call, { kind: "pipeline", pipelineId: call.param("id") });
}

export function listSchedulesOfEndpoint(call: Call): Promise<Answer> {
  return list(call, { kind: "endpoint", endpointId: call.param("id") });
}

async function list({ rooms }: Call, filter: Parameters<Schedules["list"]>[0]): Promise<Answer> {
  return json((await rooms.schedules.list(filter)).map(encodeSchedule));
}

function answerOutcome(outcome: ScheduleOutcome): Answer {
  switch (outcome.status) {
    case "saved":
      return json(encodeSchedule(outcome.schedule));
    case "not-found":
      return refuse("ScheduleNotFound", "There is no such schedule.");
    case "changed-meanwhile":
      return refuse("ChangedMeanwhile", "The schedule was changed by somebody else.");
    case "refused":
      return refuseProblems(outcome.problems);
    default:
      return assertNever(outcome);
  }
}

export const noSchedule = (id: string): Answer => refuse("ScheduleNotFound", `There is no schedule ${id}.`);
