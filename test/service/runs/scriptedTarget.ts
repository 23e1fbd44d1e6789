/** A compute target whose scripts do what a test says, when it says so. Keeps every promise of `ComputeTarget`. */
import type {
  AttemptState,
  Collected,
  ComputeTarget,
  LoggedMetric,
  RunNotes,
  StepAttempt,
} from "../../../src/compute/computeTarget";

export interface Ending {
  readonly exitCode: number;
  readonly stderrTail?: string;
  readonly metrics?: readonly LoggedMetric[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly parent?: RunNotes;
}

export interface ScriptedTarget extends ComputeTarget {
  /** Every attempt that began, in order. */
  readonly begun: StepAttempt[];
  /** Resolves when an attempt of that step has begun. */
  beginning(stepName: string): Promise<StepAttempt>;
  /** Calls back for every attempt that begins from now on. */
  onBegun(listener: (attempt: StepAttempt) => void): void;
  end(attemptId: string, ending: Ending): void;
  lose(attemptId: string): void;
}

const startedAt = "2026-01-02T03:04:05.000Z";
const finishedAt = "2026-01-02T03:04:06.000Z";

/** `endings` says how a step ends as soon as it begins; without an entry it runs until the test ends it. */
export function scriptedTarget(endings: Readonly<Record<string, Ending>> = {}): ScriptedTarget {
  const states = new Map<string, AttemptState>();
  const how = new Map<string, Ending>();
  const listeners: ((attemptId: string) => void)[] = [];
  const waiting: { stepName: string; tell: (attempt: StepAttempt) => void }[] = [];
  const begun: StepAttempt[] = [];
  const beginners: ((attempt: StepAttempt) => void)[] = [];
  const endAs = (attemptId: string, state: AttemptState): void => {
    states.set(attemptId, state);
    for (const listener of listeners) listener(attemptId);
  };
  const target: ScriptedTarget = {
    name: "scripted",
    kind: "Scripted",
    begun,
    submit(attempt) {
      if (states.has(attempt.attemptId)) return Promise.resolve();
      begun.push(attempt);
      for (const listener of beginners) listener(attempt);
      states.set(attempt.attemptId, { status: "running", startedAt });
      for (const one of waiting.splice(0)) {
        if (one.stepName === attempt.stepName) one.tell(attempt);
        else waiting.push(one);
      }
      const ending = endings[attempt.stepName];
      if (ending !== undefined) target.end(attempt.attemptId, ending);
      return Promise.resolve();
    },
    find: (attemptId) => Promise.resolve(states.get(attemptId) ?? { status: "unknown" }),
    stop: () => Promise.resolve(),
    cancel(attemptId) {
      const state = states.get(attemptId);
      if (state === undefined)
        states.set(attemptId, { status: "rejected", reason: "canceled before it began" });
      else if (state.status === "running") {
        endAs(attemptId, { status: "exited", exitCode: 143, startedAt, finishedAt, endedBy: "cancel" });
      }
      return Promise.resolve();
    },
    collect({ attemptId }) {
      const { metrics = [], stderrTail = "" } = how.get(attemptId) ?? {};
      const { tags = {}, parent = { metrics: [], tags: {} } } = how.get(attemptId) ?? {};
      const usage = { cpuSeconds: 0.5, peakMemoryBytes: 1024 };
      const ended = { stderrTail, lastLogLine: "the last line", usage, warnings: [] };
      const collected: Collected = { metrics, tags, parent, ...ended };
      return Promise.resolve(collected);
    },
    lastLogLine: (attemptId) => Promise.resolve(`live from ${attemptId}`),
    liveMetrics: (attemptId) => Promise.resolve(how.get(attemptId)?.metrics ?? []),
    onChanged: (listener) => void listeners.push(listener),
    onBegun: (listener) => void beginners.push(listener),
    beginning(stepName) {
      const already = begun.findLast((attempt) => attempt.stepName === stepName);
      if (already !== undefined) return Promise.resolve(already);
      return new Promise((tell) => waiting.push({ stepName, tell }));
    },
    end(attemptId, ending) {
      how.set(attemptId, ending);
      endAs(attemptId, {
        status: "exited",
        exitCode: ending.exitCode,
        startedAt,
        finishedAt,
        endedBy: null,
      });
    },
    lose: (attemptId) => endAs(attemptId, { status: "lost", reason: "its process is gone" }),
  };
  return target;
}
