/** Metrics of step runs. Source: spec azureml-v1-wire.md §3.4. */
import { metricList, metricSeries, type metricQuery } from "../../contract/metrics";
import type { ValueOf } from "../../contract/wireType";
import type { MetricRecord } from "../../runs/runs";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";
import { isRun } from "./runLookup";
import { toMetricSeries } from "./metricSeries";

/** A pipeline run logs nothing itself: its list is empty. */
export async function listMetrics(call: Call<unknown>): Promise<Answer> {
  const { rooms, param } = call;
  const records = await rooms.runs.metrics(param("runId"));
  if (records.length === 0 && !(await isRun(rooms, param("runId")))) return noRun(param("runId"));
  const value = [...byName(records).values()].map(toMetricSeries);
  const summaries = value.map(({ name, columns }) => ({ metricKey: { name }, columns }));
  return json(metricList.encode({ value: summaries, continuationToken: null }));
}

export async function getMetric({ rooms, param, body }: Call<ValueOf<typeof metricQuery>>): Promise<Answer> {
  if (body.startTime !== null || body.endTime !== null) {
    return refuse("UnsupportedFilter", "Metrics cannot be narrowed by startTime or endTime.");
  }
  const found = byName(await rooms.runs.metrics(param("runId"))).get(body.metricName);
  if (found !== undefined) return json(metricSeries.encode(toMetricSeries(found)));
  return (await isRun(rooms, param("runId")))
    ? refuse("MetricNotFound", "The run has logged no metric of that name.")
    : noRun(param("runId"));
}

type Named = readonly [MetricRecord, ...MetricRecord[]];

/** In the order in which the names were first logged. */
function byName(records: readonly MetricRecord[]): ReadonlyMap<string, Named> {
  const groups = new Map<string, Named>();
  for (const record of records) {
    const known = groups.get(record.name);
    groups.set(record.name, known === undefined ? [record] : [...known, record]);
  }
  return groups;
}

const noRun = (id: string): Answer => refuse("RunNotFound", `There is no run ${id}.`);
