/** Runs as the run history shows them; one id names a pipeline run or a step run. Source: spec azureml-v1-wire.md §3.4. */
import { runPage, type HistoryRun } from "../../contract/historyRun";
import { experimentIdOf } from "../../runs/experimentStore";
import { json, refuse, type Answer } from "../answer";
import type { ApiRooms } from "../apiRooms";
import type { Call } from "../route";
import { encodeHistoryRun, encodeRunDetails, historyOfRun, historyOfStep } from "./historyEntity";

const mostChildRuns = 500;

export async function getHistoryRun(call: Call): Promise<Answer> {
  const run = await findHistoryRun(call);
  return run === undefined ? noRun(call) : json(encodeHistoryRun(run));
}

export async function getRunDetails(call: Call): Promise<Answer> {
  const run = await findHistoryRun(call);
  if (run === undefined) return noRun(call);
  const isStep = run.runType === "azureml.StepRun";
  return json(encodeRunDetails(run, isStep ? await logFiles(call.rooms, run.runId) : {}));
}

const mostChildren = 500;

/**
 * Every step of a run in the order of the pipeline, those that have not started included, and then the runs that were
 * submitted with it as their parent: the newest 500 of them. Without `$top` all come at once, with it 500 at most; a
 * token is the number of children before the page.
 */
export async function getChildren(call: Call): Promise<Answer> {
  const { runs } = call.rooms;
  const id = call.param("runId");
  const run = await runs.find(id);
  const parent = run === undefined ? await findStep(call.rooms, id) : historyOfRun(run);
  if (parent === undefined || !isInExperiment(call, parent)) return noRun(call);
  const order = call.query("$orderby");
  if (order !== null && !/^StartTimeUtc( asc| desc)?$/i.test(order)) {
    return refuse("UnsupportedFilter", "Children are ordered by StartTimeUtc asc or StartTimeUtc desc only.");
  }
  const top = call.query("$top");
  const token = call.query("$continuationToken") ?? "0";
  if (!/^\d{1,9}$/.test(top ?? "1") || !/^\d{1,9}$/.test(token)) {
    return refuse(
      "InvalidQuery",
      "$top is a number of children, $continuationToken what the page before gave.",
    );
  }
  const [steps, submitted] = await Promise.all([
    run === undefined ? [] : runs.steps(id),
    runs.list({ kind: "parent", parentRunId: id }, mostChildRuns, null),
  ]);
  const ofSteps = run === undefined ? [] : steps.map((step) => historyOfStep(run, step));
  const children = [...ofSteps, ...submitted.items.map(historyOfRun)];
  const wanted = top === null ? children.length : Math.min(Math.max(Number(top), 1), mostChildren);
  const end = Number(token) + wanted;
  const value = ordered(children, order).slice(Number(token), end);
  return json(runPage.encode({ value, continuationToken: end < children.length ? String(end) : null }));
}

/** What has not started is newest. */
function ordered(children: readonly HistoryRun[], order: string | null): readonly HistoryRun[] {
  if (order === null) return children;
  const startOf = ({ startTimeUtc }: HistoryRun) => startTimeUtc ?? "9999";
  const ascending = [...children].sort((a, b) => startOf(a).localeCompare(startOf(b)));
  return / desc$/i.test(order) ? ascending.reverse() : ascending;
}

async function findHistoryRun(call: Call): Promise<HistoryRun | undefined> {
  const { runs } = call.rooms;
  const id = call.param("runId");
  const run = await runs.find(id);
  const found = run === undefined ? await findStep(call.rooms, id) : historyOfRun(run);
  return found !== undefined && isInExperiment(call, found) ? found : undefined;
}

async function findStep({ runs }: ApiRooms, id: string): Promise<HistoryRun | undefined> {
  const step = await runs.findStepRun(id);
  const parent = step && (await runs.find(step.runId));
  return parent && historyOfStep(parent, step);
}

/** The path names the experiment by name or by id; a run of another experiment is not there. */
function isInExperiment({ params }: Call, run: HistoryRun): boolean {
  const name = params.get("experiment");
  return run.experimentId === (name === undefined ? params.get("experimentId") : experimentIdOf(name));
}

/** Console logs of a step, for clients that show them while it runs. */
async function logFiles({ runs }: ApiRooms, stepRunId: string): Promise<Readonly<Record<string, string>>> {
  const artifacts = await runs.artifacts(stepRunId);
  const logs = artifacts.filter(({ path }) => /^(azureml-logs|user_logs|system_logs)\//.test(path));
  const urls = await Promise.all(
    logs.map(async ({ path }) => [path, await runs.artifactUrl(stepRunId, path)] as const),
  );
  return Object.fromEntries(urls.flatMap(([path, url]) => (url === undefined ? [] : [[path, url] as const])));
}

function noRun(call: Call): Answer {
  return refuse("RunNotFound", `There is no run ${call.param("runId")} in that experiment.`);
}
