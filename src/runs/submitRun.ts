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
import type { ResolvedTarget, ResolveTarget } from "../pipelines/publishedPipelines";
import type { Workspace } from "../workspace/workspace";
import { isNameBasedRunId, isRunId, stepRunIdOf } from "./attemptId";
import { checkAssignedDatastores, checkPlan, checkSubmission } from "./checkSubmission";
import { experimentIdOf } from "./experimentStore";
import { planRun, type RunPlan, type RunValues } from "./plan";
import { orchestrationNotStarted } from "./runLog";
import type { StoredRun } from "./runRow";
import type { RunCause, RunEngine, RunRecord, RunSubmission, SubmitOutcome } from "./runs";
import type { RunStores } from "./runStores";
import type { NewStep } from "./stepRow";

export interface SubmitDependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
  readonly datastores: Datastores;
  readonly resolveTarget: ResolveTarget;
  readonly computeTargets: ComputeTargets;
}

type Resolved = Extract<ResolvedTarget, { status: "resolved" }>;

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
  const values = resolveParameters(
    target.definition,
    submission.parameterAssignments,
    submission.dataPathAssignments,
  );
  const problems = [...checkSubmission(submission), ...(values.ok ? [] : values.problems)];
  if (!values.ok || problems.length > 0) {
    const assigned = await checkAssignedDatastores(dependencies, submission.dataPathAssignments);
    return { status: "refused", problems: [...problems, ...assigned] };
  }
  const plan = planOf(submission, target, values.value);
  const unknown = await checkPlan(dependencies, plan, submission.dataPathAssignments);
  if (unknown.length > 0) return { status: "refused", problems: unknown };
  return claim(dependencies, { submission, target, plan, values: values.value }, engine);
}

interface Checked {
  readonly submission: RunSubmission;
  readonly target: Resolved;
  readonly plan: RunPlan;
  readonly values: RunValues;
}

async function claim(
  dependencies: SubmitDependencies,
  checked: Checked,
  engine: RunEngine,
): Promise<SubmitOutcome> {
  const { workspace, stores } = dependencies;
  const { runId, experimentName } = checked.submission;
  const token = workspace.ids.newId();
  const createdAt = workspace.clock.now().toISOString();
  const record = recordOf(checked, createdAt);
  const [runNumber] = await Promise.all([
    stores.experiments.nextRunNumber(experimentName),
    insertPlan(stores, checked.plan, token),
    stores.index.add(record, experimentIdOf(experimentName)),
  ]);
  const run = { ...record, runNumber };
  const claimed = await stores.runs.claim(run, token);
  if (claimed === "already-claimed") {
    const winner = await stores.runs.find(runId);
    if (winner === undefined) throw new Error(`run ${runId} is claimed but not there`);
    return alreadyClaimed(dependencies, winner, engine);
  }
  await start(dependencies, runId, token, engine);
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
  if (record.status === "accepted") await start(dependencies, record.runId, token, engine);
  return { status: "already-claimed", runId: record.runId };
}

async function start(
  { workspace }: SubmitDependencies,
  runId: string,
  token: string,
  engine: RunEngine,
): Promise<void> {
  try {
    await engine.startRun(runId, token);
  } catch (error) {
    workspace.log.write(orchestrationNotStarted, { runId, error: String(error) });
  }
}

function planOf(submission: RunSubmission, target: Resolved, values: RunValues): RunPlan {
  const { runId, experimentName, parentRunId } = submission;
  return planRun({
    runId,
    experimentName,
    parentRunId,
    continueOnStepFailure: submission.continueOnStepFailure ?? target.pipeline.continueOnStepFailure ?? false,
    definition: target.definition,
    values,
    stepRunId: (stepId) => stepRunIdOf(runId, stepId),
  });
}

function recordOf({ submission, target, plan, values }: Checked, createdAt: string): RunRecord {
  const { runId, experimentName, description, parentRunId, tags, properties, cause } = submission;
  return {
    runId,
    runNumber: 0,
    status: "accepted",
    experimentName,
    description,
    pipelineId: target.pipeline.id,
    endpointId: target.endpointId,
    graphId: target.pipeline.graphId,
    scheduleId: scheduleOf(cause),
    cause,
    parentRunId,
    tags,
    properties,
    parameters: values.literals,
    dataPaths: values.dataPaths,
    continueOnStepFailure: plan.continueOnStepFailure,
    stepCount: plan.steps.length,
    createdAt,
    startedAt: null,
    endedAt: null,
    reason: null,
  };
}

function scheduleOf(cause: RunCause): string | null {
  return cause.kind === "call" ? null : cause.scheduleId;
}

function stepsOf({ runId, steps }: RunPlan, token: string): readonly NewStep[] {
  return steps.map((step, order) => ({
    record: {
      runId,
      stepId: step.stepId,
      stepRunId: step.stepRunId,
      name: step.name,
      computeTarget: step.computeTarget,
      snapshotId: step.snapshotId,
      status: "waiting",
      attempt: 0,
      startedAt: null,
      endedAt: null,
      exitCode: null,
      reason: null,
      lastLogLine: "",
      outputs: step.outputs.map(({ name, dataPath }) => ({ name, dataPath })),
    },
    order,
    cancelReason: null,
    token,
  }));
}
