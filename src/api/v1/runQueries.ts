/**
 * Pages of pipeline runs, newest first. A filter or order that is not supported is refused, never ignored.
 *
 * A filter that asks for one pipeline, schedule or parent reads that list alone; any other looks at runs one by one, a
 * bounded number in a call.
 */
import { runPage, type RunQuery } from "../../contract/historyRun";
import type { RunFilter } from "../../runs/runs";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";
import { historyOfRun } from "./historyEntity";
import { matchesRun, parseRunFilter, requiredValue, type RunCondition } from "./runFilter";

const defaultTop = 100;
const maxTop = 500;
const supportedOrders = ["starttimeutc desc", "createdutc desc"];

export function queryRuns(call: Call<RunQuery>): Promise<Answer> {
  return query(call, listFor);
}

export function queryExperimentRuns(call: Call<RunQuery>): Promise<Answer> {
  return query(call, () => ({ kind: "experiment", experimentName: call.param("experiment") }));
}

async function query(
  { rooms, body }: Call<RunQuery>,
  listOf: (condition: RunCondition) => RunFilter,
): Promise<Answer> {
  const parsed = parseRunFilter(body.filter ?? "");
  if (!parsed.ok) return refuse("UnsupportedFilter", `The filter is not understood. ${parsed.problem}`);
  if (body.orderby !== null && !supportedOrders.includes(body.orderby.trim().toLowerCase())) {
    return refuse("UnsupportedFilter", "Runs are ordered by CreatedUtc desc or StartTimeUtc desc only.");
  }
  const top = Math.min(Math.max(body.top ?? defaultTop, 1), maxTop);
  const { condition } = parsed;
  const list = listOf(condition);
  const isWanted = isAnsweredBy(list, condition)
    ? null
    : (run: Parameters<typeof historyOfRun>[0]) => matchesRun(condition, historyOfRun(run));
  const page = await rooms.runs.list(list, top, body.continuationToken, isWanted);
  const { items, continuationToken } = page;
  return json(runPage.encode({ value: items.map(historyOfRun), continuationToken }));
}

const pipelineId = "properties/azureml.pipelineid";
const scheduleId = "properties/sluice.scheduleId";
const parentRunId = "parentrunid";

/** The shortest list that has every run that the condition can mean. */
function listFor(condition: RunCondition): RunFilter {
  const schedule = requiredValue(condition, scheduleId);
  if (schedule !== null) return { kind: "schedule", scheduleId: schedule };
  const parent = requiredValue(condition, parentRunId);
  if (parent !== null) return { kind: "parent", parentRunId: parent };
  const pipeline = requiredValue(condition, pipelineId);
  if (pipeline !== null) return { kind: "pipeline", pipelineId: pipeline };
  return { kind: "all" };
}

/** Whether every run of the list fulfils the condition. */
function isAnsweredBy(list: RunFilter, condition: RunCondition): boolean {
  if (condition.kind === "and") return condition.of.every((one) => isAnsweredBy(list, one));
  if (condition.kind !== "compare" || condition.operator !== "eq") return false;
  switch (list.kind) {
    case "schedule":
      return condition.path === scheduleId && condition.value === list.scheduleId;
    case "parent":
      return condition.path === parentRunId && condition.value === list.parentRunId;
    case "pipeline":
      return condition.path === pipelineId && condition.value === list.pipelineId;
    case "all":
    case "experiment":
      return false;
  }
}
