/**
 * The watchdog: starts the orchestration of runs that were claimed and then forgotten by a crash. Its cost is
 * that of the runs that have not started, not of history.
 */
import type { Workspace } from "../workspace/workspace";
import { mapSome } from "./batches";
import { orchestrationStartedLate } from "./runLog";
import type { IndexEntry } from "./runIndexStore";
import type { RunEngine } from "./runs";
import { openRunStores, type RunStores } from "./runStores";

/** A claim this young is most likely still being started by its submission. */
const graceMs = 5_000;
/** A submission that has not claimed its run after this long is dead. */
const abandonedMs = 3_600_000;

export type SweepRuns = (engine: RunEngine, now: Date) => Promise<readonly string[]>;

/** Answers the ids of the runs that it started. Safe to run at any time, also twice at once. */
export function createSweepRuns({ workspace }: { readonly workspace: Workspace }): SweepRuns {
  const stores = openRunStores(workspace);
  return async (engine, now) => {
    const entries = await stores.index.unstarted();
    const old = entries.filter(({ createdAt }) => now.getTime() - Date.parse(createdAt) >= graceMs);
    const started = await mapSome(old, 16, (entry) => sweepOne({ workspace, stores }, entry, engine, now));
    return started.flat();
  };
}

async function sweepOne(
  { workspace, stores }: { readonly workspace: Workspace; readonly stores: RunStores },
  { runId, createdAt }: IndexEntry,
  engine: RunEngine,
  now: Date,
): Promise<readonly string[]> {
  const run = await stores.runs.find(runId);
  if (run === undefined) {
    if (now.getTime() - Date.parse(createdAt) >= abandonedMs) await stores.index.removeUnstarted(runId);
    return [];
  }
  const { status, startedAt } = run.record;
  if (startedAt === null && (status === "accepted" || status === "canceling")) {
    await engine.startRun(runId, run.token);
    workspace.log.write(orchestrationStartedLate, { runId });
    return [runId];
  }
  await stores.index.removeUnstarted(runId);
  return [];
}
