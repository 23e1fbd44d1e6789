/** A run as the pipelines service tells it. Sources: spec azureml-v1-wire.md §6.1, §6.6 and azureml-v1.md §4.4. */
import { entityStatus } from "./entityStatus";
import {
  anything,
  flag,
  instant,
  integer,
  mapOf,
  id,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

const runStatus = wireObject({
  /** `NotStarted`, `Running`, `Failed`, `Finished` or `Canceled`; other words are passed through. */
  statusCode: ["StatusCode", text],
  statusDetail: ["StatusDetail", orNull(text)],
  creationTime: ["CreationTime", orNull(instant)],
  endTime: ["EndTime", orNull(instant)],
});

export const pipelineRun = wireObject({
  id: ["Id", id],
  graphId: ["GraphId", orNull(text)],
  description: ["Description", orElse(text, "")],
  status: [
    "Status",
    orElse(runStatus, { statusCode: "NotStarted", statusDetail: null, creationTime: null, endTime: null }),
  ],
  isSubmitted: ["IsSubmitted", orElse(flag, true)],
  hasErrors: ["HasErrors", orElse(flag, false)],
  hasWarnings: ["HasWarnings", orElse(flag, false)],
  uploadState: ["UploadState", orElse(text, "Completed")],
  /** Every parameter of the run as text, data paths as `datastore/path`. */
  parameterAssignments: ["ParameterAssignments", mapOf(text)],
  dataSetAssignments: ["DataSetDefinitionValueAssignments", mapOf(anything)],
  experimentName: ["RunHistoryExperimentName", text],
  pipelineId: ["PipelineId", orNull(text)],
  runSource: ["RunSource", orNull(text)],
  runType: ["RunType", orNull(text)],
  stepCount: ["TotalRunSteps", orElse(integer, 0)],
  scheduleId: ["ScheduleId", orNull(text)],
  tags: ["tags", mapOf(text)],
  properties: ["Properties", mapOf(text)],
  entityStatus: ["EntityStatus", orElse(entityStatus, "Active")],
  createdAt: ["CreatedDate", instant],
  modifiedAt: ["LastModifiedDate", orNull(instant)],
  etag: ["Etag", orNull(text)],
});

export type PipelineRunEntity = ValueOf<typeof pipelineRun>;
