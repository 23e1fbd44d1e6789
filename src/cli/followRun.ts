/**
 * Watches a run to its end through the HTTP API.
 *
 * 1. A service that fails for a moment is asked again; one that tells nothing for `patienceMs` is given up in words.
 */
import type { HistoryRun } from "../contract/historyRun";
import type { PipelineRun } from "../sdk/pipelineRun";
import type { StepRun } from "../sdk/stepRun";
import { CliError } from "./cliError";
import { formatDuration } from "./render/duration";
import { usageOf } from "./render/usage";
import type { RunView, StepView } from "./render/runTree";

const pollMs = 200;
const patienceMs = 30_000;
const silence = "it does not answer";

export interface FollowedRun {
  readonly view: RunView;
  readonly steps: readonly StepRun[];
}

/** The run as it is now. */
export async function readRun(run: PipelineRun, pipeline: string): Promise<FollowedRun> {
  const [history, steps] = await Promise.all([run.getHistory(), run.getSteps()]);
  return { view: runView(history, steps, pipeline), steps };
}

/**
 * Calls `show` with every state that it sees, and answers the last one: a terminal one, unless `signal` aborts.
 * `patience` is how long, in milliseconds, the service may say nothing.
 */
export async function followRun(
  run: PipelineRun,
  pipeline: string,
  show: (view: RunView) => void,
  signal: AbortSignal,
  patience = patienceMs,
): Promise<FollowedRun> {
  let heardAt = performance.now();
  let reason = silence;
  for (;;) {
    const silenceEndsAt = heardAt + patience;
    const heard = await readBefore(silenceEndsAt, run, pipeline);
    if (typeof heard === "string") reason = heard;
    else if (heard !== undefined) {
      heardAt = performance.now();
      reason = silence;
      show(heard.view);
      if (hasEnded(heard.view.status) || signal.aborted) return heard;
    }
    if (signal.aborted || performance.now() >= heardAt + patience)
      throw new CliError(givenUp(run.id, patience, reason));
    await pause(pollMs, signal);
  }
}

/** The run, in words why it could not be read, or undefined when nothing is known of it at that moment. */
async function readBefore(
  moment: number,
  run: PipelineRun,
  pipeline: string,
): Promise<FollowedRun | string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((tell) => {
    timer = setTimeout(() => tell(undefined), Math.max(0, moment - performance.now()));
  });
  const read = readRun(run, pipeline).catch((error: unknown) =>
    (error instanceof Error ? error.message : String(error)).replace(/\.$/, ""),
  );
  return Promise.race([read, late]).finally(() => clearTimeout(timer));
}

function givenUp(runId: string, patience: number, reason: string): string {
  const told = `The service has told nothing of run ${runId} for ${formatDuration(patience)} (${reason})`;
  return `${told}: start it again, then sluice run ${runId} shows what became of the run.`;
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
    usage: usageOf(run.properties["sluice.cpuSeconds"], run.properties["sluice.peakMemoryBytes"]),
    ...reuseOf(run),
  };
}

function reuseOf({ properties }: HistoryRun): Pick<StepView, "isReused" | "reuseReason"> {
  const isReused = properties["sluice.reuse"] === "reused";
  const isTold = isReused || properties["sluice.reuseComparedWith"] !== undefined;
  return { isReused, reuseReason: isTold ? (properties["sluice.reuseReason"] ?? "") : "" };
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
