/**
 * The floor that every server room stands on: configuration, tables, blobs, clock, ids and log, made once
 * by the composition and passed down as one readonly object.
 */
import type { BlobServiceClient } from "@azure/storage-blob";
import type { TableClient } from "@azure/data-tables";
import type { Clock } from "./clock";
import type { WorkspaceConfig } from "./config";
import type { IdSource } from "./ids";
import type { Log } from "./log";

/** Every table of the app; created on first use. Keys and columns belong to the store that owns the table. */
export type TableName =
  | "Experiments"
  | "Datastores"
  | "Datasets"
  | "Snapshots"
  | "Modules"
  | "DataSources"
  | "Pipelines"
  | "PipelineEndpoints"
  | "Runs"
  | "RunSteps"
  | "RunIndex"
  | "PipelineSlots"
  | "Metrics"
  | "StepResults"
  | "Schedules"
  | "ScheduleIndex"
  | "ScheduleEvents";

export interface Workspace {
  readonly config: WorkspaceConfig;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly blobs: BlobServiceClient;
  /** Client of a table that exists: the first call creates it, later calls return the same client. */
  table(name: TableName): Promise<TableClient>;
}
