/** Metrics of step runs. Source: spec azureml-v1-wire.md §3.4. */
import { metricList, metricSeries, type metricQuery } from "../../contract/metrics";
import type { ValueOf } from "../../contract/wireType";
import type { MetricRecord } from "../../runs/runs";
import { json, refuse, type Answer } from "../answer";
import type { ApiRooms } from "../apiRooms";
import type { Call } from "../route";
import { isRun } from "./runLookup";
import { toMetricSeries } from "./metricSeries";

/** Names and columns; a pipeline run has what its steps logged on it. */
export async function listMetrics(call: Call<unknown>): Promise<Answer> {
  const { rooms, param } = call;
  const records = await rooms.runs.metrics(param("runId"));
  if (records.length === 0 && !(await isRun(rooms, param("runId")))) return noRun(param("runId"));
  const value = [...byName(records).values()].map((named) => toMetricSeries(named));
  const summaries = value.map(({ name, columns }) => ({ metricKey: { name }, columns }));
  return json(metricList.encode({ value: summaries, continuationToken: null }));
}

export async function getMetric({ rooms, param, body }: Call<ValueOf<typeof metricQuery>>): Promise<Answer> {
  if (body.startTime !== null || body.endTime !== null) {
    return refuse("UnsupportedFilter", "Metrics cannot be narrowed by startTime or endTime.");
  }
  const page = await firstPage(rooms, param("runId"), body.metricName, body.continuationToken);
  if (page !== undefined)
    return json(metricSeries.encode(toMetricSeries(page.items, page.continuationToken)));
  return (await isRun(rooms, param("runId")))
    ? refuse("MetricNotFound", "The run has logged no metric of that name.")
    : noRun(param("runId"));
}

interface NamedPage {
  readonly items: Named;
  readonly continuationToken: string | null;
}

/** The next page that holds a value; undefined when there is none. */
async function firstPage(
  { runs }: ApiRooms,
  runId: string,
  name: string,
  from: string | null,
): Promise<NamedPage | undefined> {
  let token = from;
  do {
    const { items, continuationToken } = await runs.metricPage(runId, name, token);
    const [first, ...others] = items;
    if (first !== undefined) return { items: [first, ...others], continuationToken };
    token = continuationToken;
  } while (token !== null);
  return undefined;
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
