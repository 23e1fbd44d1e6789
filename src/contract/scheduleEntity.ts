/** A schedule of either kind. Source: spec azureml-v1-wire.md §6.5. */
import { entityStatus } from "./entityStatus";
import { schedulePolicy, scheduleTrouble } from "./schedulePolicy";
import { recurrence } from "./recurrenceWire";
import { submission } from "./submission";
import {
  anything,
  flag,
  id,
  instant,
  name,
  number,
  oneOf,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

const changeFilter = wireObject({
  depth: ["Depth", orNull(anything)],
  include: ["Include", orNull(anything)],
  exclude: ["Exclude", orNull(anything)],
  minimumBytes: ["MinimumBytes", orNull(anything)],
  ignoreEmpty: ["IgnoreEmpty", orNull(anything)],
  settleSeconds: ["SettleSeconds", orNull(anything)],
  ownWrites: ["OwnWrites", orNull(anything)],
});

const dataStoreTrigger = wireObject({
  datastore: ["DataStoreName", orNull(text)],
  /** Minutes. */
  pollingInterval: ["PollingInterval", orElse(number, 5)],
  dataPathParameterName: ["DataPathParameterName", orNull(text)],
  /** Watched folder; null = the container's root. */
  path: ["PathOnDataStore", orNull(text)],
  /** null = v1's. An addition of Sluice. */
  filter: ["Filter", orNull(changeFilter)],
});

const changeable = {
  name: ["Name", name],
  pipelineId: ["PipelineId", orNull(id)],
  pipelineEndpointId: ["PipelineEndpointId", orNull(id)],
  scheduleType: ["ScheduleType", oneOf(["Recurrence", "DataStore"])],
  submission: ["PipelineSubmissionInfo", submission],
  recurrence: ["Recurrence", orNull(recurrence)],
  dataStoreTrigger: ["DataStoreTriggerInfo", orNull(dataStoreTrigger)],
  /** null = v1's. An addition of Sluice. */
  policy: ["Policy", orNull(schedulePolicy)],
} as const;

/** Body of `Schedules/Create` and, merged over the stored entity, of the update. */
export const scheduleRequest = wireObject({
  ...changeable,
  entityStatus: ["EntityStatus", orElse(entityStatus, "Active")],
  /** Whether an active recurrence without start time runs at creation. An addition of Sluice. */
  runOnCreate: ["RunOnCreate", orElse(flag, true)],
});

export type ScheduleRequestBody = ValueOf<typeof scheduleRequest>;

export const scheduleEntity = wireObject({
  id: ["Id", id],
  ...changeable,
  entityStatus: ["EntityStatus", entityStatus],
  provisioningStatus: ["ProvisioningStatus", oneOf(["Completed", "Provisioning", "Failed"])],
  createdAt: ["CreatedDate", instant],
  modifiedAt: ["LastModifiedDate", instant],
  etag: ["Etag", text],
  /** An addition of Sluice. */
  trouble: ["Trouble", orNull(scheduleTrouble)],
});

export type ScheduleEntity = ValueOf<typeof scheduleEntity>;

const nested = ["PipelineSubmissionInfo", "DataStoreTriggerInfo"];

/**
 * Lays an update over the stored entity, both in wire form: a key that the client leaves out, or sends as
 * null, is one that it does not know; everything else, `Recurrence` included, replaces. Source: spec §3 and §6.5.
 */
export function mergeScheduleUpdate(stored: unknown, update: unknown): unknown {
  if (!isObject(stored) || !isObject(update)) return update;
  return mergeKeys(stored, update, (key, before, after) =>
    nested.includes(key) && isObject(before) && isObject(after) ? mergeKeys(before, after) : after,
  );
}

type Json = Readonly<Record<string, unknown>>;

function mergeKeys(
  before: Json,
  after: Json,
  combine: (key: string, before: unknown, after: unknown) => unknown = (_key, _before, value) => value,
): Json {
  const known = Object.entries(after).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...before,
    ...Object.fromEntries(known.map(([key, value]) => [key, combine(key, before[key], value)])),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
