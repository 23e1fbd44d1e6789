/**
 * One turn of a run's loop: reads where the steps are, decides, and acts. Every act can be repeated, so the
 * activity may run any number of times, also twice at once.
 *
 * Invariants:
 * 1. A generation whose token is not that of the claim, or whose run is over, has no effect.
 * 2. An outcome is written only after every row that it rests on, and by ETag: a cancel that came first wins.
 * 3. A step that must end is told through its row first and then woken.
 * 4. A look that keeps failing ends the run, with the error as its reason.
 */
import { isTerminalRun } from "../model/runStatus";
import type { Workspace } from "../workspace/workspace";
import { closeRun, mayStart } from "./admitRuns";
import { encodeAttemptId } from "./attemptId";
import { mapSome } from "./batches";
import { decide, type DecidedStatus, type Decision } from "./decide";
import { giveUpRun } from "./giveUpRun";
import type { StoredRun } from "./runRow";
import type { RunEngine, RunRecord } from "./runs";
import type { RunStores } from "./runStores";
import type { StoredStep } from "./stepRow";
import type { StepMove } from "./stepStore";

export interface AdvanceRunInput {
  readonly runId: string;
  readonly token: string;
  /** Places in the plan of the steps whose orchestration an earlier turn started; they are not started again. */
  readonly started: readonly number[];
  /** How often in a row this activity has failed; absent = 0. At `failuresToGiveUp` the run fails with the error. */
  readonly failures?: number;
}

export interface AdvanceRunResult {
  readonly over: boolean;
  /** Places in the plan of the steps whose orchestration is started and that have not begun yet. */
  readonly started: readonly number[];
  /** Milliseconds until the run's time limit; absent when it has none, or is past it. */
  readonly dueInMs?: number;
}

interface Dependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
}

/** Other writers can only change rows a few times each, so this many rounds are never needed. */
const rounds = 20;
const startsAtOnce = 32;
const failuresToGiveUp = 12;

export async function advanceRun(
  dependencies: Dependencies,
  input: AdvanceRunInput,
  engine: RunEngine,
): Promise<AdvanceRunResult> {
  try {
    for (let round = 0; round < rounds; round++) {
      const result = await tryAdvance(dependencies, input, engine);
      if (result !== "changed-meanwhile") return result;
    }
  } catch (error) {
    if ((input.failures ?? 0) < failuresToGiveUp) throw error;
    if (await giveUpRun(dependencies, input, engine, error)) return over;
  }
  return { over: false, started: input.started };
}

const over: AdvanceRunResult = { over: true, started: [] };

async function tryAdvance(
  dependencies: Dependencies,
  input: AdvanceRunInput,
  engine: RunEngine,
): Promise<AdvanceRunResult | "changed-meanwhile"> {
  const { workspace, stores } = dependencies;
  const run = await openRun(dependencies, input);
  if (run === "over") return over;
  if (run === "changed-meanwhile") return run;
  const [plan, steps] = await Promise.all([
    stores.plans.read(input.runId, input.token),
    stores.steps.list(input.runId, input.token),
  ]);
  const dueInMs = dueIn(run.record, workspace.clock.now());
  const decision = decide(
    { ...plan, timeoutMs: run.record.timeoutMs },
    steps.map(({ record }) => record),
    decidedStatus(run, dueInMs),
  );
  if (!(await endSteps(dependencies, steps, decision, engine))) return "changed-meanwhile";
  const places = new Map(plan.steps.map(({ stepId }, place) => [stepId, place]));
  const start = decision.start.map((stepId) => ({ stepId, place: places.get(stepId) ?? -1 }));
  await startSteps(input, start, engine);
  if (decision.outcome === null) {
    const started = start.map(({ place }) => place);
    return dueInMs === null || dueInMs <= 0 ? { over: false, started } : { over: false, started, dueInMs };
  }
  return (await endRun(dependencies, run, decision.outcome, engine)) ? over : "changed-meanwhile";
}

/** Milliseconds until the run's time limit, which counts from its start; null when it has none. */
function dueIn({ startedAt, timeoutMs }: RunRecord, now: Date): number | null {
  return startedAt === null || timeoutMs === null ? null : Date.parse(startedAt) + timeoutMs - now.getTime();
}

function decidedStatus({ record }: StoredRun, dueInMs: number | null): DecidedStatus {
  if (record.status === "canceling") return "canceling";
  return dueInMs !== null && dueInMs <= 0 ? "overdue" : "running";
}

/** The run, moved from accepted to running by its first turn. `over` also means that it has to wait for a slot. */
async function openRun(
  { workspace, stores }: Dependencies,
  { runId, token }: AdvanceRunInput,
): Promise<StoredRun | "over" | "changed-meanwhile"> {
  const run = await stores.runs.find(runId);
  if (run?.token !== token || isTerminalRun(run.record.status)) return "over";
  if (run.record.status !== "accepted") return run;
  if (!(await mayStart(stores, run.record))) return "over";
  const startedAt = workspace.clock.now().toISOString();
  const moved = await stores.runs.move(run, { ...run.record, status: "running", startedAt, reason: null });
  return moved ?? "changed-meanwhile";
}

/** Writes what is skipped or must end; false when a step had moved meanwhile. */
async function endSteps(
  { workspace, stores }: Dependencies,
  steps: readonly StoredStep[],
  { skip, cancel }: Decision,
  engine: RunEngine,
): Promise<boolean> {
  const byId = new Map(steps.map((step) => [step.record.stepId, step]));
  const endedAt = workspace.clock.now().toISOString();
  const moves: StepMove[] = [];
  const told: StoredStep[] = [];
  for (const { stepId, reason } of skip) {
    const from = byId.get(stepId);
    if (from === undefined) continue;
    moves.push({ from, to: { ...from, record: { ...from.record, status: "skipped", reason, endedAt } } });
  }
  for (const { stepId, reason } of cancel) {
    const from = byId.get(stepId);
    if (from?.cancelReason !== null) continue;
    moves.push({ from, to: { ...from, cancelReason: reason } });
    told.push(from);
  }
  const written = await stores.steps.moveAll(moves);
  await mapSome(told, startsAtOnce, ({ record }) => engine.wake(encodeAttemptId(record)));
  return written;
}

async function startSteps(
  { runId, started }: AdvanceRunInput,
  start: readonly { readonly stepId: string; readonly place: number }[],
  engine: RunEngine,
): Promise<void> {
  const already = new Set(started);
  const fresh = start.filter(({ place }) => !already.has(place));
  await mapSome(fresh, startsAtOnce, ({ stepId }) =>
    engine.startStep(encodeAttemptId({ runId, stepId, attempt: 1 })),
  );
}

async function endRun(
  { workspace, stores }: Dependencies,
  run: StoredRun,
  { status, reason }: NonNullable<Decision["outcome"]>,
  engine: RunEngine,
): Promise<boolean> {
  const endedAt = workspace.clock.now().toISOString();
  const ended = await stores.runs.move(run, { ...run.record, status, reason, endedAt });
  if (ended === undefined) return false;
  await closeRun(stores, ended, engine);
  return true;
}
