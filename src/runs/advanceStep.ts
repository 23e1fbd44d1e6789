/**
 * One look at a step attempt: claims it, submits it, follows it, and writes how it ended. Every part can be
 * repeated, so the activity may run any number of times, also twice at once.
 *
 * Invariants:
 * 1. The row is `queued` with this attempt's number before the compute target hears of it, so a step that was
 *    skipped meanwhile never starts.
 * 2. Outputs, logs and metrics are durable before the terminal row, and what comes next is told after it.
 * 3. A later attempt is in the row before its orchestration is started.
 */
import type { AttemptState, ComputeTarget, ComputeTargets, StepAttempt } from "../compute/computeTarget";
import { isTerminalRun, isTerminalStep } from "../model/runStatus";
import type { AttemptHints } from "./attemptHints";
import { encodeAttemptId, parseAttemptId, stepRunIdOf, type AttemptName } from "./attemptId";
import { later } from "./backOff";
import { decideStep, type AttemptEnd, type StepAction } from "./decideStep";
import { endStep, type StepEnding } from "./endStep";
import { experimentIdOf } from "./experimentStore";
import { handOn } from "./handOn";
import { keepNotes } from "./keepNotes";
import type { PlannedStep, RunPlan } from "./plan";
import { openWaitingStep } from "./openWaitingStep";
import { producedBy, wakeWaiters, type ReuseDependencies } from "./settleReuse";
import { cutText, errorText } from "./rowText";
import { stepGivenUp } from "./runLog";
import type { RunEngine } from "./runs";
import type { RunStores } from "./runStores";
import { sourcesOf, stepAttempt } from "./stepAttempt";
import { upstreamSteps } from "./upstreamSteps";
import type { StoredRun } from "./runRow";
import type { StoredStep } from "./stepRow";

export interface AdvanceStepInput {
  readonly attemptId: string;
  /** How often in a row this activity has failed; at `failuresToGiveUp` the step fails with the error. */
  readonly failures: number;
}

export interface AdvanceStepResult {
  /** Nothing is left to do under this attempt id. */
  readonly over: boolean;
  /** The attempt was told to end, so the next look should come soon. */
  readonly ending: boolean;
  /** Milliseconds until the attempt may begin; absent when it may. */
  readonly waitMs?: number;
}

export interface StepDependencies extends ReuseDependencies {
  readonly computeTargets: ComputeTargets;
  readonly attemptHints: AttemptHints;
}

const failuresToGiveUp = 12;
const rounds = 20;

export async function advanceStep(
  dependencies: StepDependencies,
  { attemptId, failures }: AdvanceStepInput,
  engine: RunEngine,
): Promise<AdvanceStepResult> {
  const name = parseAttemptId(attemptId);
  try {
    for (let round = 0; round < rounds; round++) {
      const result = await tryAdvance(dependencies, name, engine);
      if (typeof result !== "string") return { over: false, ending: false, ...result };
      if (result !== "again") return { over: result === "over", ending: result === "ending" };
    }
    return { over: false, ending: false };
  } catch (error) {
    if (failures < failuresToGiveUp) throw error;
    return { over: await giveUp(dependencies, name, engine, error), ending: false };
  }
}

type Retry = Extract<StepAction, { kind: "retry" }>;

type Progress = "over" | "waiting" | "ending" | "again";

async function tryAdvance(
  dependencies: StepDependencies,
  name: AttemptName,
  engine: RunEngine,
): Promise<Progress | Pick<AdvanceStepResult, "waitMs">> {
  const { workspace, stores, computeTargets } = dependencies;
  const step = await openStep(dependencies, name, engine, async (waiting) => {
    const subject = { step: waiting, ...(await readPlan(stores, waiting)) };
    return openWaitingStep(dependencies, subject, name.attempt, engine);
  });
  if (typeof step === "string") return step;
  const waitMs = waitOf(step, workspace.clock.now());
  if (waitMs > 0) return { waitMs };
  const target = computeTargets.find(step.record.computeTarget);
  if (target === undefined) {
    const reason = `compute target ${step.record.computeTarget} is not configured`;
    return write(dependencies, step, failed(reason), engine);
  }
  const { plan, planned } = await readPlan(stores, step);
  const place = {
    config: dependencies.workspace.config,
    experimentId: experimentIdOf(plan.experimentName),
  };
  const upstream = await upstreamSteps(stores.steps, step, sourcesOf(planned));
  const attempt = stepAttempt(place, plan, planned, name.attempt, upstream);
  const state = await submitted(dependencies.attemptHints, target, attempt, step.cancelReason !== null);
  return act(dependencies, { step, plan, planned, target, attempt, state }, engine);
}

/**
 * The step's row under this attempt, claimed if it was waiting. `over`: the step ended, goes on under another
 * attempt, or belongs to a run that starts nothing any more.
 */
async function openStep(
  dependencies: StepDependencies,
  name: AttemptName,
  engine: RunEngine,
  open: (waiting: StoredStep) => Promise<StoredStep | Progress>,
): Promise<StoredStep | Progress> {
  const { stores } = dependencies;
  const found = await findStep(stores, name);
  if (found === undefined) return "over";
  const { run } = found;
  const step = endedWith(run, found.step);
  const { record } = step;
  if (isTerminalStep(record.status)) {
    await Promise.all([engine.wake(name.runId), wakeWaiters(step, (attemptId) => engine.wake(attemptId))]);
    return "over";
  }
  if (record.status === "waiting") {
    if (run.record.status !== "running") return "over";
    return open(step);
  }
  if (record.attempt === name.attempt) return step;
  if (record.attempt > name.attempt && record.status === "queued") {
    await engine.startStep(encodeAttemptId(record));
  }
  return "over";
}

/** An active step outlives its run only where the run was given up: it must end then, whatever its row says. */
function endedWith({ record: { status, reason } }: StoredRun, step: StoredStep): StoredStep {
  if (!isTerminalRun(status) || step.cancelReason !== null) return step;
  return { ...step, cancelReason: reason ?? `the run is ${status}` };
}

/** Milliseconds that the attempt still has to wait for its turn; one that is to be cancelled waits no longer. */
function waitOf({ notBefore, cancelReason, record }: StoredStep, now: Date): number {
  if (notBefore === null || cancelReason !== null || record.status !== "queued") return 0;
  return Date.parse(notBefore) - now.getTime();
}

async function readPlan(
  { plans }: RunStores,
  { record: { runId, stepId }, token }: StoredStep,
): Promise<{ readonly plan: RunPlan; readonly planned: PlannedStep }> {
  const plan = await plans.read(runId, token);
  const planned = plan.steps.find((one) => one.stepId === stepId);
  if (planned === undefined) throw new Error(`plan of run ${runId} has no step ${stepId}`);
  return { plan, planned };
}

/** Reads run and step at once where the token that leads to the step is known already. */
async function findStep(
  { runs, steps }: RunStores,
  { runId, stepId }: AttemptName,
): Promise<{ readonly run: StoredRun; readonly step: StoredStep } | undefined> {
  const find = (token: string) => steps.find(runId, token, stepRunIdOf(runId, stepId));
  const token = runs.knownToken(runId);
  const [run, early] = await Promise.all([runs.find(runId), token === undefined ? undefined : find(token)]);
  if (run === undefined) return undefined;
  const step = run.token === token ? early : await find(run.token);
  return step && { run, step };
}

/** The step under its next attempt. */
function queuedAnew(step: StoredStep, { reason, waitMs, isSpent }: Retry, now: Date): StoredStep {
  const attempt = step.record.attempt + 1;
  return {
    ...step,
    spent: step.spent + (isSpent ? 1 : 0),
    notBefore: waitMs === 0 ? null : later(now, waitMs).toISOString(),
    record: { ...step.record, status: "queued", attempt, reason: cutText(reason, 4_000), startedAt: null },
  };
}

/** What the target knows of the attempt, after making sure that it has heard of it; of a fresh one, a moment later. */
async function submitted(
  hints: AttemptHints,
  target: ComputeTarget,
  attempt: StepAttempt,
  canceling: boolean,
): Promise<AttemptState> {
  const state = await target.find(attempt.attemptId);
  if (state.status !== "unknown") return state;
  if (canceling) await target.cancel(attempt.attemptId);
  else await submit(hints, target, attempt);
  return target.find(attempt.attemptId);
}

async function submit(hints: AttemptHints, target: ComputeTarget, attempt: StepAttempt): Promise<void> {
  const listening = hints.listen(attempt.attemptId);
  try {
    await target.submit(attempt);
    await listening.heard();
  } finally {
    listening.stop();
  }
}

interface Scene {
  readonly step: StoredStep;
  readonly plan: RunPlan;
  readonly planned: PlannedStep;
  readonly target: ComputeTarget;
  readonly attempt: StepAttempt;
  readonly state: AttemptState;
}

async function act(
  dependencies: StepDependencies,
  { step, plan, planned, target, attempt, state }: Scene,
  engine: RunEngine,
): Promise<Progress> {
  const { stores, workspace } = dependencies;
  const { script, timeoutMs } = attempt;
  const { spent, cancelReason } = step;
  const { retries } = planned;
  const view = { attempt: step.record.attempt, spent, retries, script, timeoutMs, cancelReason };
  const action = decideStep(view, state);
  switch (action.kind) {
    case "submit":
      return "waiting";
    case "cancel":
      await target.cancel(attempt.attemptId);
      return "ending";
    case "wait": {
      if (action.startedAt === null || step.record.status === "running") return "waiting";
      const record = { ...step.record, status: "running" as const, startedAt: action.startedAt };
      const moved = await stores.steps.move({ from: step, to: { ...step, record } });
      return moved === undefined ? "again" : "waiting";
    }
    case "retry": {
      // Its logs are kept; what it left at the outputs is not, for the next attempt writes there.
      if (action.isSpent) await target.collect({ ...attempt, outputs: [] });
      const next = queuedAnew(step, action, workspace.clock.now());
      if ((await stores.steps.move({ from: step, to: next })) === undefined) return "again";
      await engine.startStep(encodeAttemptId(next.record));
      return "over";
    }
    case "end": {
      const collected = action.ran ? await target.collect(attempt) : null;
      const ending = { ...action, collected };
      if (action.end.status !== "finished") return write(dependencies, step, ending, engine);
      const produced = await producedBy(dependencies, planned, step);
      const next = () => handOn(plan, step.record.stepId, engine);
      return write(dependencies, { ...step, produced }, ending, engine, next);
    }
  }
}

/** Writes the terminal row, then tells `next`: the run, unless something else is named; and whoever waited for it. */
async function write(
  { workspace, stores }: StepDependencies,
  step: StoredStep,
  ending: StepEnding,
  engine: RunEngine,
  next = () => engine.wake(step.record.runId),
): Promise<Progress> {
  const { collected } = ending;
  const warnings = collected === null ? [] : await keepNotes(stores, step.record, collected);
  const ended = endStep(step, ending, warnings, workspace.clock.now().toISOString());
  if ((await stores.steps.move({ from: step, to: ended })) === undefined) return "again";
  await Promise.all([next(), wakeWaiters(ended, (attemptId) => engine.wake(attemptId))]);
  return "over";
}

function failed(reason: string): StepEnding {
  const end: AttemptEnd = { status: "failed", exitCode: null, reason };
  return { end, startedAt: null, finishedAt: null, collected: null };
}

/** Ends a step whose activity keeps failing, with the error as its reason; its process is asked to end. */
async function giveUp(
  dependencies: StepDependencies,
  name: AttemptName,
  engine: RunEngine,
  error: unknown,
): Promise<boolean> {
  const { workspace, computeTargets } = dependencies;
  const message = errorText(error);
  const step = await openStep(dependencies, name, engine, async (waiting) => {
    const record = { ...waiting.record, status: "queued" as const, attempt: name.attempt };
    return (await dependencies.stores.steps.move({ from: waiting, to: { ...waiting, record } })) ?? "again";
  });
  if (typeof step === "string") return step === "over";
  workspace.log.write(stepGivenUp, { attemptId: encodeAttemptId(name), error: message });
  await computeTargets
    .find(step.record.computeTarget)
    ?.cancel(encodeAttemptId(name))
    .catch(() => undefined);
  const reason = `compute target ${step.record.computeTarget} could not run the step: ${message}`;
  return (await write(dependencies, step, failed(reason), engine)) === "over";
}
