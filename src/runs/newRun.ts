/** What is written for a submission that passed every check: its plan, its record and its steps. Pure. */
import type { ResolvedTarget } from "../pipelines/publishedPipelines";
import { waitingReason } from "./admitRuns";
import { stepRunIdOf } from "./attemptId";
import { planRun, type PlanRequest, type RunPlan, type RunValues } from "./plan";
import type { RunCause, RunRecord, RunSubmission } from "./runs";
import type { NewStep } from "./stepRow";

/** A submission with everything that its names stand for now. */
export interface CheckedSubmission {
  readonly submission: RunSubmission;
  readonly target: Extract<ResolvedTarget, { status: "resolved" }>;
  readonly values: RunValues;
  readonly datasetOf: PlanRequest["datasetOf"];
  readonly ignoredParameters: readonly string[];
  /** The run at the top of the parents; null without a parent. */
  readonly rootRunId: string | null;
  /** See `RunRecord`. */
  readonly timeoutMs: number | null;
  readonly runsAtOnce: number | null;
}

/** Precedence of continueOnStepFailure: the submission, then the published pipeline, then false (azureml-v1.md §2.4). */
export function planOf({ submission, target, values, datasetOf }: CheckedSubmission): RunPlan {
  const { runId, experimentName, parentRunId, regenerateOutputs } = submission;
  return planRun({
    runId,
    pipelineName: target.pipeline.name,
    experimentName,
    parentRunId,
    continueOnStepFailure: submission.continueOnStepFailure ?? target.pipeline.continueOnStepFailure ?? false,
    regenerateOutputs,
    definition: target.definition,
    values,
    datasetOf,
    stepRunId: (stepId) => stepRunIdOf(runId, stepId),
  });
}

/** The record as it is claimed; its run number is given last. */
export function recordOf(checked: CheckedSubmission, plan: RunPlan, createdAt: string): RunRecord {
  const { submission, target, values, ignoredParameters, rootRunId, timeoutMs, runsAtOnce } = checked;
  const { runId, experimentName, description, displayName, parentRunId } = submission;
  const { tags, properties, stepTags, cause, regenerateOutputs } = submission;
  return {
    runId,
    runNumber: 0,
    status: "accepted",
    experimentName,
    description,
    displayName,
    pipelineId: target.pipeline.id,
    endpointId: target.endpointId,
    graphId: target.pipeline.graphId,
    scheduleId: scheduleOf(cause),
    cause,
    parentRunId,
    rootRunId: rootRunId ?? runId,
    tags,
    properties,
    stepTags,
    parameters: values.literals,
    dataPaths: values.dataPaths,
    ignoredParameters,
    continueOnStepFailure: plan.continueOnStepFailure,
    regenerateOutputs,
    timeoutMs,
    runsAtOnce,
    stepCount: plan.steps.length,
    createdAt,
    startedAt: null,
    endedAt: null,
    reason: runsAtOnce === null ? null : waitingReason(runsAtOnce),
  };
}

function scheduleOf(cause: RunCause): string | null {
  return cause.kind === "call" ? null : cause.scheduleId;
}

/** Every step as it waits, in the order of the definition. */
export function stepsOf({ runId, steps }: RunPlan, token: string): readonly NewStep[] {
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
      usage: null,
      warnings: [],
      tags: {},
      outputs: step.outputs.map(({ name, dataPath }) => ({ name, dataPath })),
      reuse: null,
    },
    order,
    cancelReason: null,
    spent: 0,
    notBefore: null,
    token,
    produced: [],
    waiters: [],
  }));
}
