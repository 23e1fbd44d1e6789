/**
 * Accepts a run: checks everything, writes everything, and claims it last.
 *
 * Invariants:
 * 1. Nothing is written before everything is checked.
 * 2. The run row is inserted last and insert-only: before it nobody sees the run, and of several submissions
 *    with one run id exactly one is accepted. Plan and step rows bear the token of their submission, so what a
 *    dead or beaten one left is never read.
 * 3. Once the row is there the run is accepted, whatever becomes of the engine: the watchdog starts it.
 */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datastores } from "../data/datastores";
import { resolveParameters } from "../model/parameters";
import type { Parsed, Problem } from "../model/problem";
import { runLimits } from "../pipelines/runLimits";
import type { ResolveTarget } from "../pipelines/publishedPipelines";
import type { Workspace } from "../workspace/workspace";
import { admitRuns } from "./admitRuns";
import { isNameBasedRunId, isRunId } from "./attemptId";
import { checkAssignedDatastores, checkPlan, checkRows, checkSubmission } from "./checkSubmission";
import { experimentIdOf } from "./experimentStore";
import { findParent } from "./findParent";
import { knownAssignments } from "./knownAssignments";
import { planOf, recordOf, stepsOf, type CheckedSubmission } from "./newRun";
import type { RunPlan } from "./plan";
import { resolveDatasets, type ResolveDataset } from "./resolveDatasets";
import { orchestrationNotStarted } from "./runLog";
import type { StoredRun } from "./runRow";
import type { RunEngine, RunRecord, RunSubmission, SubmitOutcome } from "./runs";
import type { RunStores } from "./runStores";

export interface SubmitDependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
  readonly datastores: Datastores;
  readonly resolveTarget: ResolveTarget;
  readonly computeTargets: ComputeTargets;
  readonly resolveDataset: ResolveDataset;
}

export async function submitRun(
  dependencies: SubmitDependencies,
  submission: RunSubmission,
  engine: RunEngine,
): Promise<SubmitOutcome> {
  const { runId } = submission;
  if (!isRunId(runId)) throw new Error(`a run id must be a UUID in lower case: ${runId.slice(0, 80)}`);
  const { stores } = dependencies;
  // A random id is nobody else's; one that was made of a cause may have been claimed before.
  const existing = isNameBasedRunId(runId) ? await stores.runs.find(runId) : undefined;
  if (existing !== undefined) return alreadyClaimed(dependencies, existing, engine);
  const target = await dependencies.resolveTarget(submission.target);
  if (target.status !== "resolved") return target;
  const checked = await check(dependencies, submission, target);
  if (!checked.ok) return { status: "refused", problems: checked.problems };
  return claim(dependencies, checked.value, engine);
}

interface Claimable {
  readonly checked: CheckedSubmission;
  readonly plan: RunPlan;
}

/** Every problem that can be known; what follows from a mistake that is told already is not told again. */
async function check(
  dependencies: SubmitDependencies,
  submission: RunSubmission,
  target: CheckedSubmission["target"],
): Promise<Parsed<Claimable>> {
  const { workspace, stores } = dependencies;
  const isLenient = (submission.unknownParameters ?? workspace.config.runs.unknownParameters) === "ignore";
  const assignments = isLenient
    ? knownAssignments(target.definition, submission)
    : { ...submission, ignored: [] };
  const values = resolveParameters(
    target.definition,
    assignments.parameterAssignments,
    assignments.dataPathAssignments,
    submission.datasetAssignments,
  );
  const parent = await findParent(stores, submission);
  const problems = [...checkSubmission(submission), ...problemsOf(parent), ...problemsOf(values)];
  if (!parent.ok || !values.ok || problems.length > 0) {
    const assigned = await checkAssignedDatastores(dependencies, assignments.dataPathAssignments);
    return { ok: false, problems: [...problems, ...assigned] };
  }
  const datasets = await resolveDatasets(dependencies.resolveDataset, target.definition, values.value);
  if (!datasets.ok) return datasets;
  const limits = runLimits(target.pipeline.properties);
  const checked: CheckedSubmission = {
    submission,
    target,
    values: values.value,
    datasetOf: datasets.value,
    ignoredParameters: assignments.ignored,
    rootRunId: parent.value,
    timeoutMs: submission.timeoutMs ?? limits.timeoutMs,
    runsAtOnce: limits.runsAtOnce ?? workspace.config.runs.runsAtOnce,
  };
  const plan = planOf(checked);
  const wrong = [
    ...checkRows(values.value, plan),
    ...(await checkPlan(dependencies, plan, assignments.dataPathAssignments)),
  ];
  return wrong.length > 0 ? { ok: false, problems: wrong } : { ok: true, value: { checked, plan } };
}

const problemsOf = (parsed: Parsed<unknown>): readonly Problem[] => (parsed.ok ? [] : parsed.problems);

async function claim(
  dependencies: SubmitDependencies,
  { checked, plan }: Claimable,
  engine: RunEngine,
): Promise<SubmitOutcome> {
  const { workspace, stores } = dependencies;
  const { runId, experimentName } = checked.submission;
  const token = workspace.ids.newId();
  const createdAt = workspace.clock.now().toISOString();
  const record = recordOf(checked, plan, createdAt);
  const [runNumber] = await Promise.all([
    stores.experiments.nextRunNumber(experimentName),
    insertPlan(stores, plan, token),
    stores.index.add(record, experimentIdOf(experimentName), token),
  ]);
  const run = { ...record, runNumber };
  const claimed = await stores.runs.claim(run, token);
  if (claimed === "already-claimed") {
    const winner = await stores.runs.find(runId);
    if (winner === undefined) throw new Error(`run ${runId} is claimed but not there`);
    return alreadyClaimed(dependencies, winner, engine);
  }
  await start(dependencies, run, token, engine);
  return { status: "accepted", runId, run };
}

async function insertPlan(stores: RunStores, plan: RunPlan, token: string): Promise<void> {
  await stores.steps.insert(stepsOf(plan, token), await stores.plans.place(plan, token));
}

async function alreadyClaimed(
  dependencies: SubmitDependencies,
  { record, token }: StoredRun,
  engine: RunEngine,
): Promise<SubmitOutcome> {
  if (record.status === "accepted") await start(dependencies, record, token, engine);
  return { status: "already-claimed", runId: record.runId };
}

/** Starts the run, or whichever runs of its pipeline are next where there is a limit. */
async function start(
  { workspace, stores }: SubmitDependencies,
  { runId, pipelineId, runsAtOnce }: RunRecord,
  token: string,
  engine: RunEngine,
): Promise<void> {
  try {
    if (runsAtOnce === null) await engine.startRun(runId, token);
    else await admitRuns(stores, pipelineId, engine);
  } catch (error) {
    workspace.log.write(orchestrationNotStarted, { runId, error: String(error) });
  }
}
