/**
 * The watchdog: once a minute it finds what a crash left between two writes, and finishes it.
 *
 * What a crash can leave, and what then happens:
 *
 * | crash in    | after                              | left behind                       | who finishes it, and how                     |
 * | ----------- | ---------------------------------- | --------------------------------- | -------------------------------------------- |
 * | submit      | list, plan or step rows            | rows of a run that nobody sees    | watchdog, after an hour: removed             |
 * | submit      | run row                            | a claimed run that does not start | watchdog: started, or admitted in its turn   |
 * | admission   | slot row                           | a run with a slot, not started    | watchdog: started                            |
 * | cancel      | run row `canceling`                | a run that nobody woke            | its loop, in 30 s; if it has none: watchdog  |
 * | advanceRun  | run row `running`, any step row    | steps that nobody started or woke | the engine repeats the look; without an      |
 * |             |                                    |                                   | orchestration: watchdog, started again       |
 * | advanceStep | any row or call of an attempt      | an attempt that nobody follows    | the engine repeats the look; without an      |
 * |             |                                    |                                   | orchestration: watchdog, started again       |
 * | end of run  | run row, terminal                  | a slot, an entry of the watchdog  | watchdog: given back, removed                |
 * | giving up   | run row, terminal                  | steps that still wait             | watchdog: skipped with the run's reason      |
 *
 * Invariants:
 * 1. It rests on nothing in memory and may run at any time, also twice at once: everything it does is what a
 *    submission, a cancel or a look does again.
 * 2. Its cost is that of the runs that are open, `mostPerTick` at most; what is left over comes first in a later tick.
 * 3. A run that it fails for holds up no other.
 */
import type { Workspace } from "../workspace/workspace";
import { isTerminalRun, isTerminalStep } from "../model/runStatus";
import { admitRuns, closeRun, mayStart } from "./admitRuns";
import { encodeAttemptId } from "./attemptId";
import { mapSome } from "./batches";
import { errorText } from "./rowText";
import { orchestrationStartedLate, runNotSwept, stepStartedLate, submissionRemoved } from "./runLog";
import type { OpenEntry } from "./runIndexStore";
import type { StoredRun } from "./runRow";
import type { RunEngine } from "./runs";
import { openRunStores, type RunStores } from "./runStores";
import { removeSubmission } from "./removeSubmission";
import { skipWaiting } from "./skipWaiting";

/** A claim this young is most likely still being started by its submission. */
const graceMs = 5_000;
/** A run this young is most likely still moved by those who started it. */
const settledMs = 10_000;
/** A submission that has not claimed its run after this long is dead. */
const abandonedMs = 3_600_000;
const mostPerTick = 500;
const runsAtOnce = 16;
const stepsAtOnce = 32;

export type SweepRuns = (engine: RunEngine, now: Date) => Promise<readonly string[]>;

interface Dependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
}

/** Answers the ids of the runs whose orchestration it started. */
export function createSweepRuns({ workspace }: { readonly workspace: Workspace }): SweepRuns {
  const stores = openRunStores(workspace);
  return async (engine, now) => {
    const entries: OpenEntry[] = [];
    for await (const entry of stores.index.open()) if (ageOf(entry, now) >= graceMs) entries.push(entry);
    const started = await mapSome(inTurn(entries, now), runsAtOnce, (entry) =>
      sweepOne({ workspace, stores }, entry, engine, now).catch((error: unknown) => {
        workspace.log.write(runNotSwept, { runId: entry.runId, error: errorText(error) });
        return [];
      }),
    );
    return started.flat();
  };
}

const ageOf = ({ createdAt }: OpenEntry, now: Date): number => now.getTime() - Date.parse(createdAt);

/** The entries of this minute: all, or a window that moves on with every minute. */
export function inTurn<T>(entries: readonly T[], now: Date): readonly T[] {
  if (entries.length <= mostPerTick) return entries;
  const minute = Math.floor(now.getTime() / 60_000);
  const from = (minute * mostPerTick) % entries.length;
  return [...entries.slice(from), ...entries.slice(0, from)].slice(0, mostPerTick);
}

async function sweepOne(
  dependencies: Dependencies,
  entry: OpenEntry,
  engine: RunEngine,
  now: Date,
): Promise<readonly string[]> {
  const { workspace, stores } = dependencies;
  const run = await stores.runs.find(entry.runId);
  if (run?.token !== entry.token) {
    if (ageOf(entry, now) < abandonedMs) return [];
    await removeSubmission(dependencies, entry, run);
    workspace.log.write(submissionRemoved, { runId: entry.runId });
    return [];
  }
  const { status } = run.record;
  if (isTerminalRun(status)) {
    await skipLeft(dependencies, run);
    await closeRun(stores, run, engine);
    return [];
  }
  if (status === "accepted" && !(await mayStart(stores, run.record))) {
    await admitRuns(stores, run.record.pipelineId, engine);
    return [];
  }
  const isStarted = await startMissing(dependencies, run, engine);
  if (ageOf(entry, now) >= settledMs) await startMissingSteps(dependencies, run, engine);
  return isStarted ? [entry.runId] : [];
}

async function startMissing(
  { workspace, stores }: Dependencies,
  { record: { runId }, token }: StoredRun,
  engine: RunEngine,
): Promise<boolean> {
  if (await engine.isUnderWay(runId)) return false;
  // It may have ended between the two looks, and its orchestration with it.
  const run = await stores.runs.find(runId);
  if (run === undefined || isTerminalRun(run.record.status)) return false;
  await engine.startRun(runId, token);
  workspace.log.write(orchestrationStartedLate, { runId });
  return true;
}

/** Attempts that are at work and that nobody follows. */
async function startMissingSteps(
  { workspace, stores }: Dependencies,
  { record: { runId }, token }: StoredRun,
  engine: RunEngine,
): Promise<void> {
  const steps = await stores.steps.list(runId, token);
  const active = steps.filter(({ record }) => record.status === "queued" || record.status === "running");
  await mapSome(active, stepsAtOnce, async ({ record }) => {
    const attemptId = encodeAttemptId(record);
    if (await engine.isUnderWay(attemptId)) return;
    const step = await stores.steps.find(runId, token, record.stepRunId);
    if (step?.record.attempt !== record.attempt || isTerminalStep(step.record.status)) return;
    await engine.startStep(attemptId);
    workspace.log.write(stepStartedLate, { attemptId });
  });
}

/** Steps of an ended run that were never started and never will be. */
async function skipLeft({ workspace, stores }: Dependencies, { record, token }: StoredRun): Promise<void> {
  const endedAt = workspace.clock.now().toISOString();
  const reason = record.reason ?? `the run is ${record.status}`;
  await skipWaiting(stores.steps, await stores.steps.list(record.runId, token), { reason, endedAt });
}
