/**
 * Keeps what a script said of its step and of the pipeline run. Safe to repeat with the same attempt; the tags of the
 * step itself are in its row.
 */
import type { Collected } from "../compute/computeTarget";
import type { StepRecord } from "./runs";
import type { RunStores } from "./runStores";

/** A step that finds the run's row changing under it this often leaves its tags to the last writer. */
const mostTries = 50;

export async function keepNotes(
  stores: RunStores,
  { runId, stepRunId }: StepRecord,
  { metrics, parent }: Collected,
): Promise<void> {
  await Promise.all([
    stores.metrics.write(stepRunId, metrics),
    stores.metrics.writeOfParent(runId, stepRunId, parent.metrics),
    tagRun(stores, runId, parent.tags),
  ]);
}

async function tagRun(
  { runs }: RunStores,
  runId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(tags);
  for (let tries = 0; entries.length > 0 && tries < mostTries; tries++) {
    const run = await runs.find(runId);
    if (run?.record.status !== "running") return;
    if (entries.every(([key, value]) => run.record.tags[key] === value)) return;
    const record = { ...run.record, tags: { ...run.record.tags, ...tags } };
    if ((await runs.move(run, record)) !== undefined) return;
  }
}
