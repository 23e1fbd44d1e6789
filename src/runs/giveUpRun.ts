/**
 * Ends a run whose loop keeps failing, with the error as its reason. Its steps are told first as far as they can be;
 * one that cannot be told sees at its own next look that its run is over, and ends.
 */
import { isTerminalRun, isTerminalStep } from "../model/runStatus";
import type { Workspace } from "../workspace/workspace";
import { closeRun } from "./admitRuns";
import { encodeAttemptId } from "./attemptId";
import { mapSome } from "./batches";
import { runGivenUp } from "./runLog";
import { errorText } from "./rowText";
import type { StoredRun } from "./runRow";
import type { RunEngine } from "./runs";
import type { RunStores } from "./runStores";
import { skipWaiting } from "./skipWaiting";

interface Dependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
}

const wakesAtOnce = 32;

/** True when the run is over. Rejects while storage fails: nothing can be written then, so it is tried again. */
export async function giveUpRun(
  dependencies: Dependencies,
  { runId, token }: { readonly runId: string; readonly token: string },
  engine: RunEngine,
  error: unknown,
): Promise<boolean> {
  const { workspace, stores } = dependencies;
  const run = await stores.runs.find(runId);
  if (run?.token !== token || isTerminalRun(run.record.status)) return true;
  const message = errorText(error);
  const reason = `the run could not be led on: ${message}`;
  workspace.log.write(runGivenUp, { runId, error: message });
  await tellSteps(dependencies, run, reason, engine).catch(() => undefined);
  const status = run.record.status === "canceling" ? "canceled" : "failed";
  const endedAt = workspace.clock.now().toISOString();
  const ended = await stores.runs.move(run, { ...run.record, status, reason, endedAt });
  if (ended === undefined) return false;
  await closeRun(stores, ended, engine);
  return true;
}

async function tellSteps(
  { workspace, stores }: Dependencies,
  { record: { runId }, token }: StoredRun,
  reason: string,
  engine: RunEngine,
): Promise<void> {
  const steps = await stores.steps.list(runId, token);
  const open = steps.filter(({ record }) => !isTerminalStep(record.status));
  const endedAt = workspace.clock.now().toISOString();
  await skipWaiting(stores.steps, open, { reason, endedAt });
  const active = open.filter(({ record }) => record.status !== "waiting");
  await stores.steps.moveAll(active.map((from) => ({ from, to: { ...from, cancelReason: reason } })));
  await mapSome(active, wakesAtOnce, ({ record }) => engine.wake(encodeAttemptId(record)));
}
