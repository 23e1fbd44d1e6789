/**
 * The limit of runs at once of a pipeline. A run of such a pipeline is claimed like any other, but its orchestration
 * starts only when the run has a slot; the oldest claim gets the next one.
 *
 * Invariants:
 * 1. Never more runs have a slot than the limit of the one that was admitted last allows.
 * 2. A slot is taken before the orchestration starts and given back after the run's terminal row.
 * 3. Nothing rests on who admits: every submission, every end of a run and the watchdog do, and twice is as once.
 * 4. The end of a run always writes the slots, so that an admission that still took it for waiting has to look again.
 */
import { isTerminalRun } from "../model/runStatus";
import type { StoredRun } from "./runRow";
import type { RunEngine, RunRecord } from "./runs";
import type { RunStores } from "./runStores";

type Stores = Pick<RunStores, "runs" | "index" | "slots">;

/** Why a claimed run with a limit has not started. */
export function waitingReason(runsAtOnce: number): string {
  return runsAtOnce === 1
    ? "waits until no other run of its pipeline is at work"
    : `waits until fewer than ${runsAtOnce} runs of its pipeline are at work`;
}

/** Gives free slots of the pipeline to its oldest waiting runs and starts them. */
export async function admitRuns(stores: Stores, pipelineId: string, engine: RunEngine): Promise<void> {
  for (;;) {
    const slots = await stores.slots.read(pipelineId);
    const admitted = await nextRuns(stores, pipelineId, slots.runIds);
    if (admitted.length === 0) return;
    const runIds = [...slots.runIds, ...admitted.map(({ record }) => record.runId)];
    if (!(await stores.slots.write(pipelineId, slots, runIds))) continue;
    for (const { record, token } of admitted) await engine.startRun(record.runId, token);
    await Promise.all(admitted.map(({ record, token }) => stores.index.removeQueued(record, token)));
    return;
  }
}

/** The oldest waiting runs, as many as there is room for. Entries that wait for nothing any more are removed. */
async function nextRuns(
  { runs, index }: Stores,
  pipelineId: string,
  atWork: readonly string[],
): Promise<readonly StoredRun[]> {
  const next: StoredRun[] = [];
  for await (const entry of index.queued(pipelineId)) {
    const run = await runs.find(entry.runId);
    // A submission that has not claimed its run yet, or never will, holds nobody up.
    if (run === undefined) continue;
    const isWaiting = run.token === entry.token && run.record.status === "accepted";
    if (!isWaiting || atWork.includes(entry.runId)) {
      await index.removeQueued({ ...entry, pipelineId }, entry.token);
      continue;
    }
    if (atWork.length + next.length >= (run.record.runsAtOnce ?? Infinity)) break;
    next.push(run);
  }
  return next;
}

/** Whether the run may be at work: it has no limit, or a slot. */
export async function mayStart(
  { slots }: Stores,
  { runId, pipelineId, runsAtOnce }: RunRecord,
): Promise<boolean> {
  return runsAtOnce === null || (await slots.read(pipelineId)).runIds.includes(runId);
}

/**
 * What follows the terminal row of a run: its slot goes to the next, and the watchdog need not look after it any
 * more. Safe to repeat; the watchdog does it where a crash came between.
 */
export async function closeRun(stores: Stores, run: StoredRun, engine: RunEngine): Promise<void> {
  const { runId, pipelineId, runsAtOnce, status } = run.record;
  if (!isTerminalRun(status)) throw new Error(`run ${runId} is ${status} and cannot be closed`);
  if (runsAtOnce !== null) {
    for (let given = false; !given;) {
      const slots = await stores.slots.read(pipelineId);
      const others = slots.runIds.filter((id) => id !== runId);
      given = await stores.slots.write(pipelineId, slots, others);
    }
    await admitRuns(stores, pipelineId, engine);
  }
  await stores.index.removeOpen(runId, run.token);
}
