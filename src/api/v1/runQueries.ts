/** Pages of pipeline runs, newest first. A filter or order that is not supported is refused, never ignored. */
import { runPage, type RunQuery } from "../../contract/historyRun";
import type { RunFilter } from "../../runs/runs";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";
import { historyOfRun } from "./historyEntity";

const defaultTop = 100;
const maxTop = 500;
const supportedOrders = ["starttimeutc desc", "createdutc desc"];

export function queryRuns(call: Call<RunQuery>): Promise<Answer> {
  return query(call, { kind: "all" });
}

export function queryExperimentRuns(call: Call<RunQuery>): Promise<Answer> {
  return query(call, { kind: "experiment", experimentName: call.param("experiment") });
}

async function query({ rooms, body }: Call<RunQuery>, filter: RunFilter): Promise<Answer> {
  if (!isAlwaysTrue(body.filter)) {
    return refuse(
      "UnsupportedFilter",
      "Runs can be filtered by (ParentRunId eq null) only, which all of them fulfil.",
    );
  }
  if (body.orderby !== null && !supportedOrders.includes(body.orderby.trim().toLowerCase())) {
    return refuse("UnsupportedFilter", "Runs are ordered by CreatedUtc desc or StartTimeUtc desc only.");
  }
  const top = Math.min(Math.max(body.top ?? defaultTop, 1), maxTop);
  const page = await rooms.runs.list(filter, top, body.continuationToken);
  const { items, continuationToken } = page;
  return json(runPage.encode({ value: items.map(historyOfRun), continuationToken }));
}

/** Pipeline runs are listed without their steps, so this one filter of v1's client says nothing more. */
function isAlwaysTrue(filter: string | null): boolean {
  return filter === null || /^\s*(\(\s*ParentRunId eq null\s*\))?\s*$/i.test(filter);
}
