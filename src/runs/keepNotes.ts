/**
 * Keeps what a script said of its step and of the pipeline run. Safe to repeat with the same attempt; the tags of the
 * step itself are in its row.
 */
import type { Collected } from "../compute/computeTarget";
import { fittingTags } from "./fittingTags";
import type { StepRecord } from "./runs";
import type { RunStores } from "./runStores";

/** A step that finds the run's row changing under it this often leaves its tags to the last writer. */
const mostTries = 50;

/** Answers warnings: what was said of the pipeline run and could not be kept. */
export async function keepNotes(
  stores: RunStores,
  { runId, stepRunId }: StepRecord,
  { metrics, parent }: Collected,
): Promise<readonly string[]> {
  const [warnings] = await Promise.all([
    tagRun(stores, runId, parent.tags),
    stores.metrics.write(stepRunId, metrics),
    stores.metrics.writeOfParent(runId, stepRunId, parent.metrics),
  ]);
  return warnings.map((text) => `pipeline run: ${text}`);
}

async function tagRun(
  { runs }: RunStores,
  runId: string,
  noted: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const isEmpty = Object.keys(noted).length === 0;
  for (let tries = 0; !isEmpty && tries < mostTries; tries++) {
    const run = await runs.find(runId);
    if (run?.record.status !== "running") return [];
    const { tags, warnings } = fittingTags(run.record.tags, noted);
    const isNew = Object.entries(tags).some(([key, value]) => run.record.tags[key] !== value);
    if (!isNew || (await runs.move(run, { ...run.record, tags })) !== undefined) return warnings;
  }
  return [];
}
