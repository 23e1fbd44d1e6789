/** A run as the run history service tells it, pipeline runs and step runs alike. Source: spec azureml-v1-wire.md §3.4, §6.6. */
import { z } from "zod";
import {
  anything,
  flag,
  instant,
  integer,
  listOf,
  mapOf,
  name,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
  type WireType,
} from "./wireType";

const errorText = wireObject({
  code: ["code", text],
  message: ["message", text],
  details: ["details", listOf(anything)],
});

/** The nesting is v1's own: `error: { error: { … } }`. */
const runError = wireObject({ error: ["error", errorText] });

export const historyRun = wireObject({
  runId: ["runId", name],
  runNumber: ["runNumber", integer],
  rootRunId: ["rootRunId", text],
  parentRunId: ["parentRunId", orNull(text)],
  experimentId: ["experimentId", text],
  /** Step name of a step run, experiment name of a pipeline run. */
  name: ["name", orElse(text, "")],
  displayName: ["displayName", orElse(text, "")],
  /** `NotStarted`, `Queued`, `Running`, `CancelRequested`, `Completed`, `Failed`, `Canceled`, … */
  status: ["status", text],
  /** `azureml.PipelineRun` or `azureml.StepRun`. */
  runType: ["runType", text],
  createdUtc: ["createdUtc", orNull(instant)],
  startTimeUtc: ["startTimeUtc", orNull(instant)],
  endTimeUtc: ["endTimeUtc", orNull(instant)],
  dataContainerId: ["dataContainerId", text],
  tags: ["tags", mapOf(text)],
  /**
   * Facts of Sluice itself start with `sluice.`: `lastLogLine`, `reason`, `exitCode`, `attempt`, `cpuSeconds`,
   * `peakMemoryBytes`, and of a step `reuse` (`reused` or `ran`) with `reuseReason`.
   */
  properties: ["properties", mapOf(text)],
  target: ["target", orNull(text)],
  error: ["error", orNull(runError)],
  warnings: ["warnings", listOf(anything)],
  hidden: ["hidden", orElse(flag, false)],
});

export type HistoryRun = ValueOf<typeof historyRun>;

export const runDetails = wireObject({
  runId: ["runId", name],
  status: ["status", text],
  startTimeUtc: ["startTimeUtc", orNull(instant)],
  endTimeUtc: ["endTimeUtc", orNull(instant)],
  properties: ["properties", mapOf(text)],
  error: ["error", orNull(runError)],
  warnings: ["warnings", listOf(anything)],
  /** Log path to a short-lived URL; never missing, clients index it. */
  logFiles: ["logFiles", mapOf(text)],
  inputDatasets: ["inputDatasets", listOf(anything)],
  outputDatasets: ["outputDatasets", listOf(anything)],
  services: ["services", mapOf(anything)],
});

export const runPage = wireObject({
  value: ["value", listOf(historyRun)],
  /** Opaque; null on the last page. */
  continuationToken: ["continuationToken", orNull(text)],
});

export type RunPage = ValueOf<typeof runPage>;

/** As a page gave it; it becomes part of a storage query, whose length is limited. */
const continuationToken: WireType<string> = {
  schema: z.string().regex(/^[\x21-\x7e]{1,512}$/, "a token as a page gave it"),
  encode: (value) => value,
};

/** Body of `runs:query`. `filter` and `orderby` are texts of OData; what is not supported is refused, never ignored. */
export const runQuery = wireObject({
  filter: ["filter", orNull(text)],
  orderby: ["orderby", orNull(text)],
  top: ["top", orNull(integer)],
  continuationToken: ["continuationToken", orNull(continuationToken)],
});

export type RunQuery = ValueOf<typeof runQuery>;
