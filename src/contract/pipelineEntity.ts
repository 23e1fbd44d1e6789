/** A published pipeline. Source: spec azureml-v1-wire.md §6.2. */
import { entityStatus } from "./entityStatus";
import {
  anything,
  flag,
  instant,
  integer,
  mapOf,
  id,
  name,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

export const pipelineEntity = wireObject({
  id: ["Id", id],
  name: ["Name", text],
  description: ["Description", orElse(text, "")],
  version: ["Version", orNull(text)],
  graphId: ["GraphId", text],
  stepCount: ["TotalRunSteps", orElse(integer, 0)],
  /** Every parameter with its default as text, data paths as `datastore/path`. */
  parameterAssignments: ["ParameterAssignments", mapOf(text)],
  dataSetAssignments: ["DataSetDefinitionValueAssignments", mapOf(anything)],
  /** Absolute URL that submits the pipeline. */
  url: ["Url", text],
  entityStatus: ["EntityStatus", entityStatus],
  continueOnStepFailure: ["ContinueRunOnStepFailure", orNull(flag)],
  enableNotification: ["EnableNotification", orNull(flag)],
  properties: ["Properties", mapOf(text)],
  createdAt: ["CreatedDate", instant],
  modifiedAt: ["LastModifiedDate", instant],
  etag: ["Etag", text],
});

export type PipelineEntity = ValueOf<typeof pipelineEntity>;

/** Body of `Pipelines/Create`; graph and interface are decoded by the graph's own schemas and kept as they came. */
export const pipelineCreation = wireObject({
  name: ["Name", name],
  description: ["Description", orElse(text, "")],
  version: ["Version", orNull(text)],
  graph: ["Graph", anything],
  graphInterface: ["GraphInterface", anything],
  dataSetAssignments: ["DataSetDefinitionValueAssignments", mapOf(anything)],
  continueOnStepFailure: ["ContinueRunOnStepFailure", orNull(flag)],
  properties: ["Properties", mapOf(text)],
});

export type PipelineCreation = ValueOf<typeof pipelineCreation>;
