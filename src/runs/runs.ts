/** What happens: the boundary of the runs room, as schedules, api and the doors see it. */
import type { LoggedMetric, ResourceUse } from "../compute/computeTarget";
import type { DataPath, DatasetReference, LiteralValue } from "../model/definition";
import type { Problem } from "../model/problem";
import type { RunStatus, StepStatus } from "../model/runStatus";
import type { PipelineTarget } from "../pipelines/publishedPipelines";
import type { UnknownParameters } from "../workspace/runsConfig";

/** Why a run exists. */
export type RunCause =
  | { readonly kind: "call"; readonly source: string }
  | { readonly kind: "slot"; readonly scheduleId: string; readonly slotAt: string }
  | { readonly kind: "creation"; readonly scheduleId: string; readonly createdAt: string }
  | { readonly kind: "blob"; readonly scheduleId: string; readonly blobPath: string; readonly etag: string };

export interface RunSubmission {
  /** The claim: chosen by the caller, random for a call, name-based for a schedule. */
  readonly runId: string;
  readonly target: PipelineTarget;
  readonly experimentName: string;
  readonly description: string;
  /** null = the description stands in. */
  readonly displayName: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  /** Tags that every step run gets. */
  readonly stepTags: Readonly<Record<string, string>>;
  /** Values as the caller sent them; they are typed by the parameter's definition. */
  readonly parameterAssignments: Readonly<Record<string, LiteralValue>>;
  readonly dataPathAssignments: Readonly<Record<string, DataPath>>;
  /** Absent = none. */
  readonly datasetAssignments?: Readonly<Record<string, DatasetReference>>;
  /** What becomes of assignments to parameters that the pipeline does not have; null = what the settings say. */
  readonly unknownParameters: UnknownParameters | null;
  /** null = what the published pipeline says. */
  readonly continueOnStepFailure: boolean | null;
  /** True makes every step run anew, whatever could be reused. */
  readonly regenerateOutputs: boolean;
  /** Longest time from the run's start to its end, in milliseconds; null = what the published pipeline says. */
  readonly timeoutMs: number | null;
  /** A run of the same experiment, or a step run of one; null = none. */
  readonly parentRunId: string | null;
  readonly cause: RunCause;
}

export type SubmitOutcome =
  | { readonly status: "accepted"; readonly runId: string; readonly run: RunRecord }
  /** The run row was there already: the same cause came twice. */
  | { readonly status: "already-claimed"; readonly runId: string }
  | { readonly status: "not-found"; readonly problem: Problem }
  | { readonly status: "disabled"; readonly problem: Problem }
  | { readonly status: "refused"; readonly problems: readonly Problem[] };

export interface RunRecord {
  readonly runId: string;
  readonly runNumber: number;
  readonly status: RunStatus;
  readonly experimentName: string;
  readonly description: string;
  readonly displayName: string | null;
  readonly pipelineId: string;
  readonly endpointId: string | null;
  readonly graphId: string;
  readonly scheduleId: string | null;
  readonly cause: RunCause;
  readonly parentRunId: string | null;
  /** The run at the top of the parents; its own id where there is none. */
  readonly rootRunId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly stepTags: Readonly<Record<string, string>>;
  /** Every parameter of the pipeline with the value of this run, defaults included. */
  readonly parameters: Readonly<Record<string, LiteralValue>>;
  readonly dataPaths: Readonly<Record<string, DataPath>>;
  /** Names of assigned parameters that the pipeline does not have, where the submission let them be ignored. */
  readonly ignoredParameters: readonly string[];
  readonly continueOnStepFailure: boolean;
  readonly regenerateOutputs: boolean;
  /** Longest time from start to end; null = no limit. */
  readonly timeoutMs: number | null;
  /** How many runs of its pipeline may be at work at once; it waits its turn. null = no limit. */
  readonly runsAtOnce: number | null;
  readonly stepCount: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why it failed, was cancelled, or has to wait; null otherwise. */
  readonly reason: string | null;
}

/** The step run that truly computed a result, however often it was reused since. */
export interface StepOrigin {
  readonly runId: string;
  readonly stepId: string;
  readonly stepRunId: string;
}

/** Why a step ran, or what stands in for it; reasons are for people. */
export type StepReuse =
  | { readonly decision: "reused"; readonly reason: string; readonly from: StepOrigin }
  | {
      readonly decision: "ran";
      readonly reason: string;
      /** Id of the run that the differences in `reason` are told against; null when there is none. */
      readonly comparedWith: string | null;
    };

export interface StepRecord {
  readonly runId: string;
  readonly stepId: string;
  /** Id of the step run in run history and artifacts: name-based from run id and step id. */
  readonly stepRunId: string;
  readonly name: string;
  readonly computeTarget: string;
  readonly snapshotId: string;
  readonly status: StepStatus;
  /** Number of the current or last attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly exitCode: number | null;
  /** Why it failed, was skipped or was cancelled, naming the step or rule; null otherwise. */
  readonly reason: string | null;
  readonly lastLogLine: string;
  /** What its last attempt took; null while it runs and where the compute target cannot tell. */
  readonly usage: ResourceUse | null;
  /** What was asked for and not done, in words. */
  readonly warnings: readonly string[];
  /** Tags that the script set. */
  readonly tags: Readonly<Record<string, string>>;
  /** Where its outputs are; those of a reused step are where the step that computed them left them. */
  readonly outputs: readonly { readonly name: string; readonly dataPath: DataPath }[];
  /** null until it is decided. */
  readonly reuse: StepReuse | null;
}

export interface MetricRecord {
  readonly stepRunId: string;
  readonly index: number;
  readonly name: string;
  readonly type: LoggedMetric["type"];
  readonly value: unknown;
  readonly loggedAt: string;
  /** Position that the script gave it; null = none. */
  readonly step: number | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly continuationToken: string | null;
}

export type RunFilter =
  | { readonly kind: "all" }
  | { readonly kind: "experiment"; readonly experimentName: string }
  | { readonly kind: "pipeline"; readonly pipelineId: string }
  | { readonly kind: "schedule"; readonly scheduleId: string }
  | { readonly kind: "parent"; readonly parentRunId: string };

/** An output of a step of a run. */
export interface RunOutput {
  readonly stepId: string;
  readonly port: string;
  readonly dataPath: DataPath;
  /** Name under which the pipeline run exposes it, or null. */
  readonly pipelineOutputName: string | null;
}

/** A file of a step run: console logs, `outputs/`, `logs/`. */
export interface Artifact {
  readonly path: string;
  readonly size: number;
}

export interface Runs {
  /**
   * Validates everything, writes step rows, index rows and last the run row, insert-only, then starts the
   * orchestration. Safe to repeat with the same run id.
   */
  submit(submission: RunSubmission, engine: RunEngine): Promise<SubmitOutcome>;
  find(runId: string): Promise<RunRecord | undefined>;
  /** Newest first, one page; its cost does not grow with history. `top` is 1–500. */
  list(
    filter: RunFilter,
    top: number,
    continuationToken: string | null,
    /**
     * What a run must fulfil besides. With it a call looks at 1,000 runs at most and answers what it found, possibly
     * nothing, and where to go on.
     */
    isWanted?: ((run: RunRecord) => boolean) | null,
  ): Promise<Page<RunRecord>>;
  /** In the order of the definition; the last log line of running steps is live. */
  steps(runId: string): Promise<readonly StepRecord[]>;
  findStepRun(stepRunId: string): Promise<StepRecord | undefined>;
  /**
   * Where the outputs of all steps are, in the order of the definition; of a step that has not finished, where they
   * will be unless it is reused. undefined = there is no such run.
   */
  outputs(runId: string): Promise<readonly RunOutput[] | undefined>;
  /** Every metric of a run or step run in the order of logging; of a running step those logged so far. */
  metrics(runId: string): Promise<readonly MetricRecord[]>;
  /** The values of one metric, one page; the token is opaque, and a page may be empty. */
  metricPage(runId: string, name: string, continuationToken: string | null): Promise<Page<MetricRecord>>;
  artifacts(stepRunId: string): Promise<readonly Artifact[]>;
  /** Short-lived URL to read one artifact, or undefined when there is none of that path. */
  artifactUrl(stepRunId: string, path: string): Promise<string | undefined>;
  /** Final once accepted. */
  cancel(runId: string, engine: RunEngine): Promise<"accepted" | "already-terminal" | "not-found">;
}

/** The part of the durable engine that runs need; the doors make it from the durable client of an invocation. */
export interface RunEngine {
  /** Starts the orchestration of a run; an instance that is running already is left alone. */
  startRun(runId: string, token: string): Promise<void>;
  /** Tells an orchestration that something changed. Carries no facts: lost or repeated is harmless. */
  wake(instanceId: string): Promise<void>;
  startStep(attemptId: string): Promise<void>;
  /** Whether an orchestration of that id is there and has not ended. */
  isUnderWay(instanceId: string): Promise<boolean>;
}
