/** When: the boundary of the schedules room, as api and the doors see it. */
import type { DataPath, LiteralValue } from "../model/definition";
import type { Problem } from "../model/problem";
import type { Recurrence } from "../model/recurrence";
import type { EntityStatus } from "../pipelines/publishedPipelines";
import type { Page, RunEngine } from "../runs/runs";

export type ScheduleTarget =
  | { readonly kind: "pipeline"; readonly pipelineId: string }
  | { readonly kind: "endpoint"; readonly endpointId: string };

/** What every run of the schedule is submitted with. */
export interface ScheduledSubmission {
  readonly experimentName: string;
  readonly description: string;
  readonly parameterAssignments: Readonly<Record<string, LiteralValue>>;
  readonly dataPathAssignments: Readonly<Record<string, DataPath>>;
  readonly continueOnStepFailure: boolean | null;
  readonly properties: Readonly<Record<string, string>>;
}

export interface ChangeRule {
  readonly datastore: string;
  /** Folder that is watched, without leading or trailing slash; empty = the container's root. Never recursive. */
  readonly path: string;
  /** DataPath parameter that receives the changed blob; null = runs get their defaults. */
  readonly dataPathParameter: string | null;
  readonly pollingIntervalMinutes: number;
}

export type Trigger =
  | { readonly kind: "recurrence"; readonly recurrence: Recurrence }
  | { readonly kind: "change"; readonly rule: ChangeRule };

/** A trigger as a caller sends it: `recurrence` is parsed here, and the rule's path may have outer slashes. */
export type RequestedTrigger =
  | { readonly kind: "recurrence"; readonly recurrence: unknown }
  | { readonly kind: "change"; readonly rule: ChangeRule };

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly target: ScheduleTarget;
  readonly submission: ScheduledSubmission;
  readonly trigger: Trigger;
  readonly status: EntityStatus;
  /** Anchor of a recurrence without `start_time`: creation, or the edit that replaced the recurrence. */
  readonly anchoredAt: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  /** Changes with every create and update, not with firing. */
  readonly etag: string;
}

export interface ScheduleRequest {
  readonly name: string;
  readonly target: ScheduleTarget;
  readonly submission: ScheduledSubmission;
  readonly trigger: RequestedTrigger;
  /** Active or Disabled. */
  readonly status: EntityStatus;
  /** Whether an active recurrence without start time runs once at creation; default true. Without effect on an update. */
  readonly runOnCreate?: boolean;
}

export type ScheduleOutcome =
  | { readonly status: "saved"; readonly schedule: Schedule }
  | { readonly status: "not-found" }
  | { readonly status: "changed-meanwhile" }
  | { readonly status: "refused"; readonly problems: readonly Problem[] };

/** An Event Grid event of a blob, as delivered. */
export interface BlobEvent {
  readonly id: string;
  readonly eventType: string;
  readonly subject: string;
  /** When the blob changed; not given, the event counts as new. */
  readonly eventTime?: string;
  readonly data: unknown;
}

/** What a schedule reacted to. */
export type Firing =
  | { readonly kind: "slot"; readonly slotAt: string }
  | { readonly kind: "creation"; readonly createdAt: string }
  | { readonly kind: "blob"; readonly path: string; readonly etag: string };

/** Why something did or did not run. `at` is the nominal time of a slot, the arrival of an event. */
export type ScheduleEvent =
  | { readonly kind: "fired"; readonly at: string; readonly firing: Firing; readonly runId: string }
  /** The run was refused, for instance since the pipeline is disabled; it is not tried again. */
  | {
      readonly kind: "refused";
      readonly at: string;
      readonly firing: Firing;
      readonly problems: readonly Problem[];
    }
  /** Slots from `at` until `until` (exclusive) that no tick saw in time; `count` is a lower bound when `isMore`. */
  | {
      readonly kind: "missed";
      readonly at: string;
      readonly until: string;
      readonly count: number;
      readonly isMore: boolean;
    }
  | { readonly kind: "ignored"; readonly at: string; readonly firing: Firing; readonly reason: string };

export type ScheduleFilter =
  | { readonly kind: "all"; readonly activeOnly: boolean }
  | { readonly kind: "pipeline"; readonly pipelineId: string }
  | { readonly kind: "endpoint"; readonly endpointId: string };

export interface Schedules {
  /** Reports all problems at once. An active recurrence without start time has run once when this returns. */
  create(request: ScheduleRequest, engine: RunEngine): Promise<ScheduleOutcome>;
  /**
   * Replaces what may change; target, experiment and kind of trigger may not. A replaced recurrence is counted from now;
   * enabling never fires for the past. With `ifMatch` only the version with that etag is replaced.
   */
  update(id: string, request: ScheduleRequest, ifMatch?: string): Promise<ScheduleOutcome>;
  find(id: string): Promise<Schedule | undefined>;
  /** Newest first; at most the newest 1,000 of a filter are looked at. */
  list(filter: ScheduleFilter): Promise<readonly Schedule[]>;
  /** Newest first, one page; its cost does not grow with history. `top` is 1–500. */
  events(id: string, top: number, continuationToken: string | null): Promise<Page<ScheduleEvent>>;
  /**
   * Fires every slot that is due at `now`, and takes up blob events that a broken world left unfinished; repeated or
   * concurrent ticks start no second run. Returns the runs it started. One schedule that fails does not stop the
   * others; then the tick rejects at its end, and the next tick tries again.
   */
  tick(now: Date, engine: RunEngine): Promise<readonly string[]>;
  /** Journals the event first, then starts the runs that it causes. Throws only when the journal cannot be written. */
  blobChanged(event: BlobEvent, engine: RunEngine): Promise<readonly string[]>;
}
