/** The parent of a submission. Source: spec azureml-v1.md §1.3: it must belong to the same experiment. */
import type { Parsed } from "../model/problem";
import { isRunId } from "./attemptId";
import { cutText } from "./rowText";
import type { RunRecord, RunSubmission } from "./runs";
import type { RunStores } from "./runStores";

/** Id of the run at the top of the submission's parents, or null without one. A parent may have ended. */
export async function findParent(
  stores: Pick<RunStores, "runs" | "steps">,
  { parentRunId, experimentName }: Pick<RunSubmission, "parentRunId" | "experimentName">,
): Promise<Parsed<string | null>> {
  if (parentRunId === null) return { ok: true, value: null };
  const parent = isRunId(parentRunId) ? await findRun(stores, parentRunId) : undefined;
  if (parent?.experimentName === experimentName) return { ok: true, value: parent.rootRunId };
  const received =
    parent === undefined
      ? cutText(parentRunId, 80)
      : `a run of experiment ${cutText(parent.experimentName, 80)}`;
  const expected = `the id of a run of experiment ${cutText(experimentName, 80)}`;
  return { ok: false, problems: [{ code: "InvalidParentRun", field: "parentRunId", expected, received }] };
}

/** The run of that id, or the run that the step run of that id belongs to. */
async function findRun(
  { runs, steps }: Pick<RunStores, "runs" | "steps">,
  id: string,
): Promise<RunRecord | undefined> {
  const run = await runs.find(id);
  if (run !== undefined) return run.record;
  for (const { record, token } of await runs.findByStepRun(id)) {
    if ((await steps.find(record.runId, token, id)) !== undefined) return record;
  }
  return undefined;
}
