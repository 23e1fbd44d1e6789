/** Watches a run to its end through the HTTP API. */
import type { HistoryRun } from "../contract/historyRun";
import type { PipelineRun } from "../sdk/pipelineRun";
import type { StepRun } from "../sdk/stepRun";
import type { RunView, StepView } from "./render/runTree";

const pollMs = 200;

export interface FollowedRun {
  readonly view: RunView;
  readonly steps: readonly StepRun[];
}

/** The run as it is now. */
export async function readRun(run: PipelineRun, pipeline: string): Promise<FollowedRun> {
  const [history, steps] = await Promise.all([run.getHistory(), run.getSteps()]);
  return { view: runView(history, steps, pipeline), steps };
}

/** Calls `show` with every state that it sees, and answers the last one: a terminal one, unless `signal` aborts. */
export async function followRun(
  run: PipelineRun,
  pipeline: string,
  show: (view: RunView) => void,
  signal: AbortSignal,
): Promise<FollowedRun> {
  for (;;) {
    const followed = await readRun(run, pipeline);
    show(followed.view);
    if (hasEnded(followed.view.status) || signal.aborted) return followed;
    await pause(pollMs, signal);
  }
}

export function hasEnded(status: string): boolean {
  return status === "Finished" || status === "Failed" || status === "Canceled";
}

function runView(history: HistoryRun, steps: readonly StepRun[], pipeline: string): RunView {
  return {
    id: history.runId,
    pipeline,
    status: history.status === "Completed" ? "Finished" : history.status,
    startedAt: history.startTimeUtc,
    endedAt: history.endTimeUtc,
    reason: reasonOf(history),
    steps: steps.map(stepView),
  };
}

function stepView(step: StepRun): StepView {
  const { run } = step;
  return {
    name: run.name,
    status: step.status === "skipped" ? "Skipped" : run.status,
    startedAt: run.startTimeUtc,
    endedAt: run.endTimeUtc,
    attempt: Number(run.properties["sluice.attempt"] ?? 0),
    lastLogLine: run.properties["sluice.lastLogLine"] ?? "",
    reason: reasonOf(run),
  };
}

function reasonOf(run: HistoryRun): string {
  return run.properties["sluice.reason"] ?? run.error?.error.message ?? "";
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    }
  });
}
