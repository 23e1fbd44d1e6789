/**
 * Where steps execute. A target runs one attempt of a step somewhere and can always be asked what became of it.
 *
 * Invariants every target keeps:
 * 1. `submit` is idempotent by attempt id: however often it is called, also after a crash, the script starts at
 *    most once.
 * 2. `find` answers from what the target durably knows, so it is right after a restart of the app.
 * 3. When `find` says `exited`, outputs and logs of the attempt can be collected, and the answer never changes.
 */
import type { DataPath, InputMode, OutputMode } from "../model/definition";
import type { PythonEnvironment } from "../model/pythonEnvironment";

/**
 * Where an input of an attempt comes from. A path that ends in `/`, or names no blob, stands for the folder of blobs
 * below it; one of a dataset may be a glob.
 */
export type AttemptInputSource =
  | { readonly kind: "dataPath"; readonly dataPath: DataPath }
  | { readonly kind: "dataset"; readonly datasetId: string; readonly paths: readonly DataPath[] };

export interface AttemptInput {
  readonly name: string;
  readonly mode: InputMode;
  readonly source: AttemptInputSource;
  /** As `InputPort` of the definition has it; the target may refuse a place that it cannot give. */
  readonly pathOnCompute: string | null;
  readonly overwrite: boolean;
}

/** An output of an attempt: what the script leaves there goes below `dataPath.path`. */
export interface AttemptOutput {
  readonly name: string;
  readonly dataPath: DataPath;
  readonly mode: OutputMode;
  /** As `OutputPort` of the definition has it. */
  readonly pathOnCompute: string | null;
  readonly overwrite: boolean;
  /** Which files go up, as globs relative to the output's folder; empty = all. */
  readonly sourceGlobs: readonly string[];
}

/** Arguments as the target resolves them: ports become local paths, the rest is text. */
export type AttemptArgument =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "input"; readonly port: string }
  | { readonly kind: "output"; readonly port: string };

/** Everything a target needs for one attempt; self-contained, so that it survives in a row or a file. */
export interface StepAttempt {
  /** `<run id>.<step id>.<attempt number>`: also the instance id of the step's orchestration. */
  readonly attemptId: string;
  readonly runId: string;
  /** Run id of the step run, as run history and artifacts know it. */
  readonly stepRunId: string;
  /** Instead of `stepRunId` in the path of everything that the attempt leaves as artifacts: attempts are kept apart. */
  readonly artifactsId: string;
  readonly experimentName: string;
  readonly stepName: string;
  readonly snapshotId: string;
  readonly script: string;
  readonly arguments: readonly AttemptArgument[];
  readonly inputs: readonly AttemptInput[];
  readonly outputs: readonly AttemptOutput[];
  /** `AML_PARAMETER_*`, `AZUREML_*` (data references excepted: the target adds those) and the step's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Null = the interpreter that the target has. */
  readonly pythonEnvironment: PythonEnvironment | null;
  readonly timeoutMs: number | null;
}

/** One metric value in the order in which the script logged it. */
export interface LoggedMetric {
  readonly name: string;
  /** The value of an image is the address of its file. */
  readonly type: "scalar" | "list" | "row" | "table" | "image";
  readonly value: unknown;
  readonly loggedAt: string;
  /** Position that the script gave it; null = none. */
  readonly step: number | null;
}

/** What a script said of a run. */
export interface RunNotes {
  readonly metrics: readonly LoggedMetric[];
  readonly tags: Readonly<Record<string, string>>;
}

/** What an attempt took from the machine, over all its processes as far as the target sees them. */
export interface ResourceUse {
  readonly cpuSeconds: number;
  /** Highest memory; null where the platform does not tell. */
  readonly peakMemoryBytes: number | null;
}

export type AttemptState =
  /** Never submitted here, or forgotten. */
  | { readonly status: "unknown" }
  | { readonly status: "preparing" }
  | { readonly status: "running"; readonly startedAt: string }
  | {
      readonly status: "exited";
      readonly exitCode: number;
      readonly startedAt: string;
      readonly finishedAt: string;
      /** Set when the target ended the process itself. */
      readonly endedBy: "timeout" | "cancel" | null;
    }
  /** The process is gone and left no exit record (power loss, kill -9). */
  | { readonly status: "lost"; readonly reason: string }
  /** The target ended it because the app was stopped; no fault of the step, so it may simply run anew. */
  | { readonly status: "interrupted"; readonly reason: string }
  /** It could not be started, for example because an input does not exist. */
  | { readonly status: "rejected"; readonly reason: string };

/** What an exited attempt left behind, stored durably before `collect` answers. Idempotent. */
export interface Collected extends RunNotes {
  /** What the script said of the pipeline run that it belongs to. */
  readonly parent: RunNotes;
  /** Null when the target cannot tell, as of a process that was ended by force. */
  readonly usage: ResourceUse | null;
  /** For people: what was asked for and not done, although the script ran. */
  readonly warnings: readonly string[];
  /** Last lines of stderr, at most 4 KiB, for people. */
  readonly stderrTail: string;
  /** Last line of either stream, for live views. */
  readonly lastLogLine: string;
}

export interface ComputeTarget {
  readonly name: string;
  /** Type word of v1 that the target answers to, such as `AmlCompute`; `Local` for this machine. */
  readonly kind: string;
  submit(attempt: StepAttempt): Promise<void>;
  find(attemptId: string): Promise<AttemptState>;
  /** Asks the attempt's whole process tree to end, harder after a grace period. Harmless when nothing runs. */
  cancel(attemptId: string): Promise<void>;
  /** Uploads outputs, `./outputs`, `./logs` and console logs, and reads the metrics, of an attempt that exited or was lost. */
  collect(attempt: StepAttempt): Promise<Collected>;
  /** The newest console line of a running attempt, for live views; empty when there is none. */
  lastLogLine(attemptId: string): Promise<string>;
  /** What a running attempt has logged so far, in order; empty when the target cannot tell before its end. */
  liveMetrics(attemptId: string): Promise<readonly LoggedMetric[]>;
  /**
   * The app ends. Attempts that must not outlive it are ended and will be found `interrupted`; nothing is
   * started any more. A target whose attempts run elsewhere has nothing to do.
   */
  stop(): Promise<void>;
  /**
   * Calls back soon after an attempt ends, also for attempts that an earlier process submitted, and after one
   * that had to wait for others was started. A hint: it may be lost or repeated.
   */
  onChanged(listener: (attemptId: string) => void): void;
}

export interface ComputeTargets {
  find(name: string): ComputeTarget | undefined;
  list(): readonly ComputeTarget[];
}
