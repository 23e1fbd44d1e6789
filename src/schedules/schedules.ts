/** When: the boundary of the schedules room, as api and the doors see it. */
import { v1ClockPolicy, type ClockPolicy, type GivenClockPolicy } from "../model/clockPolicy";
import type { DataPath, LiteralValue } from "../model/definition";
import type { PreviewedSlot } from "../model/slotPreview";
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
  /** Folder that is watched, without leading or trailing slash; empty = the container's root. */
  readonly path: string;
  /** DataPath parameter that receives the changed blob; null = runs get their defaults. */
  readonly dataPathParameter: string | null;
  readonly pollingIntervalMinutes: number;
  /** Absent = v1's. */
  readonly filter?: ChangeFilter;
}

/** A rule as a caller sends it: what is absent in its filter is as in v1. */
export interface RequestedRule extends Omit<ChangeRule, "filter"> {
  readonly filter?: { readonly [Key in keyof ChangeFilter]?: unknown };
}

/** What a change schedule reacts to beyond v1, or less than v1. */
export interface ChangeFilter {
  /** Levels of sub-folders that are watched as well; 0 is v1's. */
  readonly depth: number | "all";
  /** Globs on the blob's path below the folder; empty = all. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly minimumBytes: number;
  readonly ignoreEmpty: boolean;
  /** How long a blob must stay as it is before its run starts; null = 0, and 60 for append blobs. */
  readonly settleSeconds: number | null;
  /** Whether blobs that the schedule's own runs write start runs. */
  readonly ownWrites: boolean;
}

export const v1ChangeFilter: ChangeFilter = {
  depth: 0,
  include: [],
  exclude: [],
  minimumBytes: 0,
  ignoreEmpty: false,
  settleSeconds: null,
  ownWrites: false,
};

export type Trigger =
  | { readonly kind: "recurrence"; readonly recurrence: Recurrence }
  | { readonly kind: "change"; readonly rule: ChangeRule };

/** A trigger as a caller sends it: `recurrence` is parsed here, and the rule's path may have outer slashes. */
export type RequestedTrigger =
  | { readonly kind: "recurrence"; readonly recurrence: unknown }
  | { readonly kind: "change"; readonly rule: RequestedRule };

/** What becomes of slots that passed while no tick ran. */
export type MissedPolicy =
  /** Those at most five minutes old run (R15). v1's default. */
  | { readonly kind: "recent" }
  /** The newest one runs, however old it is. */
  | { readonly kind: "newest" }
  /** The newest ones run, at most so many and so old. */
  | { readonly kind: "all"; readonly windowMinutes: number; readonly most: number };

/** What a slot does while an earlier run of the schedule is not over. */
export const whileRunningPolicies = ["allow", "skip", "queueOne", "cancelPrevious"] as const;
export type WhileRunning = (typeof whileRunningPolicies)[number];

/** What v1 leaves open about a time schedule; its default is v1's behaviour. */
export interface SchedulePolicy {
  readonly clock: ClockPolicy;
  readonly missed: MissedPolicy;
  /** `queueOne` lets one slot wait for the end, and drops what comes meanwhile. */
  readonly whileRunning: WhileRunning;
}

export const v1SchedulePolicy: SchedulePolicy = {
  clock: v1ClockPolicy,
  missed: { kind: "recent" },
  whileRunning: "allow",
};

/** Why the last firing started no run; an accepted run or an edit ends it. */
export interface Trouble {
  readonly at: string;
  readonly problems: readonly Problem[];
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly target: ScheduleTarget;
  readonly submission: ScheduledSubmission;
  readonly trigger: Trigger;
  /** Of a time schedule; without effect on a change schedule. */
  readonly policy: SchedulePolicy;
  readonly status: EntityStatus;
  /** Anchor of a recurrence without `start_time`: creation, or the edit that replaced the recurrence. */
  readonly anchoredAt: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  /** Changes with every create and update, not with firing. */
  readonly etag: string;
  /** null = nothing is known to stand in the way of its next run. */
  readonly trouble: Trouble | null;
}

/** A policy as a caller sends it; what is absent is as in v1. */
export interface RequestedPolicy extends GivenClockPolicy {
  readonly missed?: unknown;
  readonly whileRunning?: unknown;
}

export interface ScheduleRequest {
  readonly name: string;
  readonly target: ScheduleTarget;
  readonly submission: ScheduledSubmission;
  readonly trigger: RequestedTrigger;
  readonly policy?: RequestedPolicy;
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
  /** Slots from `at` until `until` (exclusive) that came while another one waited for its turn. */
  | { readonly kind: "dropped"; readonly at: string; readonly until: string; readonly reason: string }
  | { readonly kind: "ignored"; readonly at: string; readonly firing: Firing; readonly reason: string };

/** What a simulation puts through: a reading of the clock, or an event of a blob as delivered. */
export type Stimulus =
  { readonly kind: "clock"; readonly at: Date } | { readonly kind: "blob"; readonly event: BlobEvent };

export type ScheduleFilter =
  | { readonly kind: "all"; readonly activeOnly: boolean }
  | { readonly kind: "pipeline"; readonly pipelineId: string }
  | { readonly kind: "endpoint"; readonly endpointId: string };

/** The durable engine of an invocation, as schedules need it. */
export interface ScheduleEngine extends RunEngine {
  /** Has `tickAt` called at an instant, and is told no later than that instant. Repeating it is harmless. */
  startTick(dueAt: Date): Promise<void>;
}

export interface Schedules {
  /** Reports all problems at once. An active recurrence without start time has run once when this returns. */
  create(request: ScheduleRequest, engine: ScheduleEngine): Promise<ScheduleOutcome>;
  /**
   * Replaces what may change; target, experiment and kind of trigger may not. A replaced recurrence is counted from now;
   * enabling never fires for the past. With `ifMatch` only the version with that etag is replaced.
   */
  update(
    id: string,
    request: ScheduleRequest,
    engine: ScheduleEngine,
    ifMatch?: string,
  ): Promise<ScheduleOutcome>;
  find(id: string): Promise<Schedule | undefined>;
  /** Newest first; at most the newest 1,000 of a filter are looked at. */
  list(filter: ScheduleFilter): Promise<readonly Schedule[]>;
  /** Newest first, one page; its cost does not grow with history. `top` is 1–500. */
  events(id: string, top: number, continuationToken: string | null): Promise<Page<ScheduleEvent>>;
  /**
   * Fires every slot that is due at `now`, and takes up blob events that a broken world left unfinished; repeated or
   * concurrent ticks start no second run. Returns the runs it started. One schedule that fails does not stop the
   * others; then the tick rejects at its end, and the next tick tries again. For slots of the next minute that are off
   * the full minute it starts ticks of their own.
   */
  tick(now: Date, engine: ScheduleEngine): Promise<readonly string[]>;
  /** Fires what is due at an instant that a tick saw coming. */
  tickAt(dueAt: Date, engine: ScheduleEngine): Promise<readonly string[]>;
  /** The slots after an instant with what the clock does to them, whether or not it is active; none of a change schedule. */
  preview(id: string, after: Date, count: number): Promise<readonly PreviewedSlot[] | undefined>;
  /**
   * What would be recorded on the schedule if this happened now, by the path that it would really take; nothing is
   * started or written. Undefined when there is no such schedule.
   */
  simulate(id: string, stimulus: Stimulus): Promise<readonly ScheduleEvent[] | undefined>;
  /** Journals the event first, then starts the runs that it causes. Throws only when the journal cannot be written. */
  blobChanged(event: BlobEvent, engine: ScheduleEngine): Promise<readonly string[]>;
}
