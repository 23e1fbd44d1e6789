/** Metrics of a step run. Source: spec azureml-v1-wire.md §3.4. */
import {
  anything,
  instant,
  integer,
  listOf,
  mapOf,
  name,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

const metricKey = wireObject({ name: ["name", text] });

const metricSummary = wireObject({
  metricKey: ["metricKey", metricKey],
  /** Column name to `int`, `double`, `string` or `bool`. */
  columns: ["columns", mapOf(text)],
});

export const metricList = wireObject({
  value: ["value", listOf(metricSummary)],
  continuationToken: ["continuationToken", orNull(text)],
});

export const metricQuery = wireObject({
  metricName: ["metricName", name],
  startTime: ["startTime", orNull(instant)],
  endTime: ["endTime", orNull(instant)],
  continuationToken: ["continuationToken", orNull(text)],
});

const metricValue = wireObject({
  metricId: ["metricId", text],
  createdUtc: ["createdUtc", instant],
  /** Position that the script gave the value. */
  step: ["step", orNull(integer)],
  /** Column name to value. */
  data: ["data", mapOf(anything)],
});

/** Without `uxMetricType` the client drops the values silently. */
const metricProperties = wireObject({ uxMetricType: ["uxMetricType", text] });

/** Every value of one metric in the order in which it was logged. */
export const metricSeries = wireObject({
  name: ["name", text],
  columns: ["columns", mapOf(text)],
  value: ["value", listOf(metricValue)],
  properties: ["properties", metricProperties],
  continuationToken: ["continuationToken", orNull(text)],
});

export type MetricSeries = ValueOf<typeof metricSeries>;
