/** When: the boundary of the schedules room, as api and the doors see it. */
import type { DataPath, LiteralValue } from "../model/definition";
import type { Problem } from "../model/problem";
import type { EntityStatus } from "../pipelines/publishedPipelines";
import type { RunEngine } from "../runs/runs";

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
  /** `recurrence` is the accepted wire form (camelCase), already validated; see model/recurrence. */
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
  readonly etag: string;
}

export interface ScheduleRequest {
  readonly name: string;
  readonly target: ScheduleTarget;
  readonly submission: ScheduledSubmission;
  readonly trigger: Trigger;
  readonly status: EntityStatus;
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
  readonly data: unknown;
}

export interface Schedules {
  create(request: ScheduleRequest, engine: RunEngine): Promise<ScheduleOutcome>;
  /** Replaces what may change; target and kind of trigger may not. */
  update(id: string, request: ScheduleRequest): Promise<ScheduleOutcome>;
  find(id: string): Promise<Schedule | undefined>;
  list(
    filter:
      | { readonly kind: "all"; readonly activeOnly: boolean }
      | { readonly kind: "pipeline"; readonly pipelineId: string }
      | { readonly kind: "endpoint"; readonly endpointId: string },
  ): Promise<readonly Schedule[]>;
  /** Fires every slot that is due at `now`; repeated or concurrent ticks start no second run. Returns the runs it started. */
  tick(now: Date, engine: RunEngine): Promise<readonly string[]>;
  /** Journals the event first, then starts the runs that it causes. Throws only when the journal cannot be written. */
  blobChanged(event: BlobEvent, engine: RunEngine): Promise<readonly string[]>;
}
