/**
 * Reads what a step run keeps under its id. A reused one keeps nothing: what the step left that it was reused from is
 * its own as well, linked and never copied.
 */
import type { RunStores } from "./runStores";
import type { StoredStep } from "./stepRow";

export async function findStoredStep(stores: RunStores, stepRunId: string): Promise<StoredStep | undefined> {
  for (const { record, token } of await stores.runs.findByStepRun(stepRunId)) {
    const step = await stores.steps.find(record.runId, token, stepRunId);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** `read` is tried under the own id first, so that only what is not there costs a look at the step. */
export async function readLinked<T>(
  stores: RunStores,
  stepRunId: string,
  read: (stepRunId: string) => Promise<T>,
  isThere: (found: T) => boolean,
): Promise<T> {
  const own = await read(stepRunId);
  if (isThere(own)) return own;
  const reuse = (await findStoredStep(stores, stepRunId))?.record.reuse;
  return reuse?.decision === "reused" ? read(reuse.from.stepRunId) : own;
}
