/** Cancels a run. An accepted cancel is final: the run ends `canceled` even if its last step finishes meanwhile. */
import { isTerminalRun } from "../model/runStatus";
import type { RunEngine } from "./runs";
import type { RunStores } from "./runStores";

export async function cancelRun(
  { runs }: Pick<RunStores, "runs">,
  runId: string,
  engine: RunEngine,
): Promise<"accepted" | "already-terminal" | "not-found"> {
  for (;;) {
    const run = await runs.find(runId);
    if (run === undefined) return "not-found";
    const { status } = run.record;
    if (isTerminalRun(status)) return "already-terminal";
    const canceling =
      status === "canceling" ? run : await runs.move(run, { ...run.record, status: "canceling" });
    if (canceling === undefined) continue;
    if (run.record.startedAt === null) await engine.startRun(runId, run.token);
    await engine.wake(runId);
    return "accepted";
  }
}
