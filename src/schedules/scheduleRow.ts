/**
 * The rows of a schedule: its own and, while it waits for a slot, its due row in the same partition.
 *
 * | row | partition | key |
 * | --- | --- | --- |
 * | schedule | `b<0–f>`, by hash of the id | `s_<id>` |
 * | due | the same | `d_<dueAt>_<id>`: a range query finds what is due |
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { StandingWatch } from "./changeRule";
import type { DueEntry } from "./dueSlot";
import {
  v1SchedulePolicy,
  type Schedule,
  type ScheduledSubmission,
  type SchedulePolicy,
  type ScheduleTarget,
  type Trigger,
  type Trouble,
} from "./schedules";

/** A schedule with what the room keeps beside it. */
export interface ScheduleState {
  readonly schedule: Schedule;
  /** What it waits for; null while disabled, and when no slot is left. */
  readonly due: DueEntry | null;
  /** Where its watch row is; null for time schedules and while disabled. */
  readonly watch: StandingWatch | null;
}

export interface ScheduleRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly id: string;
  readonly name: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly submission: string;
  readonly trigger: string;
  readonly status: string;
  readonly anchoredAt: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly revision: string;
  /** Empty = waits for nothing. */
  readonly dueAt: string;
  readonly dueKind: string;
  /** Of a held slot; absent or empty otherwise. */
  readonly heldSlotAt?: string;
  readonly watch: string;
  /** Absent or empty = v1's. */
  readonly policy?: string;
  /** Absent or empty = none. */
  readonly trouble?: string;
}

export interface DueRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly id: string;
  /** Absent in rows of an earlier version, none of which is a poll. */
  readonly kind?: string;
}

/** Every partition that schedules are spread over. */
export const buckets: readonly string[] = Array.from(
  { length: 16 },
  (_, number) => `b${number.toString(16)}`,
);

export function bucketOf(id: string): string {
  return `b${createHash("sha256").update(id).digest("hex").slice(0, 1)}`;
}

export const scheduleRowKey = (id: string): string => `s_${id}`;

/** Row keys of what is due at an instant lie from the first to the second of these, both excluded. */
export function dueRange(now: number): readonly [from: string, to: string] {
  return ["d_", `d_${isoOf(now)}_~`];
}

/** `d_<instant>_<id>` */
export const dueAtOf = ({ rowKey }: { readonly rowKey: string }): number =>
  Date.parse(rowKey.slice(2, rowKey.indexOf("_", 2)));

export const isoOf = (instant: number): string => new Date(instant).toISOString();

export function encodeDue(id: string, due: DueEntry): DueRow {
  return { partitionKey: bucketOf(id), rowKey: `d_${isoOf(due.dueAt)}_${id}`, id, kind: due.kind };
}

export function encodeSchedule(state: ScheduleState): ScheduleRow {
  const { schedule, due, watch } = state;
  const { target } = schedule;
  return {
    partitionKey: bucketOf(schedule.id),
    rowKey: scheduleRowKey(schedule.id),
    id: schedule.id,
    name: schedule.name,
    targetKind: target.kind,
    targetId: target.kind === "pipeline" ? target.pipelineId : target.endpointId,
    submission: JSON.stringify(schedule.submission),
    trigger: JSON.stringify(schedule.trigger),
    status: schedule.status,
    anchoredAt: schedule.anchoredAt,
    createdAt: schedule.createdAt,
    modifiedAt: schedule.modifiedAt,
    revision: schedule.etag,
    dueAt: due === null ? "" : isoOf(due.dueAt),
    dueKind: due?.kind ?? "",
    heldSlotAt: due?.kind === "held" ? isoOf(due.slotAt) : "",
    watch: watch === null ? "" : JSON.stringify(watch),
    policy: isDeepStrictEqual(schedule.policy, v1SchedulePolicy) ? "" : JSON.stringify(schedule.policy),
    trouble: schedule.trouble === null ? "" : JSON.stringify(shortTrouble(schedule.trouble)),
  };
}

export function decodeSchedule(row: ScheduleRow): ScheduleState {
  return {
    schedule: {
      id: row.id,
      name: row.name,
      target: decodeTarget(row),
      submission: JSON.parse(row.submission) as ScheduledSubmission,
      trigger: JSON.parse(row.trigger) as Trigger,
      status: row.status === "Active" ? "Active" : "Disabled",
      anchoredAt: row.anchoredAt,
      createdAt: row.createdAt,
      modifiedAt: row.modifiedAt,
      etag: row.revision,
      policy: (parseText(row.policy) as SchedulePolicy | undefined) ?? v1SchedulePolicy,
      trouble: (parseText(row.trouble) as Trouble | undefined) ?? null,
    },
    due: decodeDue(row),
    watch: row.watch === "" ? null : (JSON.parse(row.watch) as StandingWatch),
  };
}

function decodeTarget(row: ScheduleRow): ScheduleTarget {
  return row.targetKind === "endpoint"
    ? { kind: "endpoint", endpointId: row.targetId }
    : { kind: "pipeline", pipelineId: row.targetId };
}

function decodeDue(row: ScheduleRow): DueEntry | null {
  if (row.dueAt === "") return null;
  const dueAt = Date.parse(row.dueAt);
  if (row.dueKind === "held") return { kind: "held", dueAt, slotAt: Date.parse(row.heldSlotAt ?? row.dueAt) };
  return { kind: row.dueKind === "creation" || row.dueKind === "poll" ? row.dueKind : "slot", dueAt };
}

const parseText = (text = ""): unknown => (text === "" ? undefined : JSON.parse(text));

/** A row holds 32 KB; of very many problems the first ones say enough. */
const mostProblems = 5;

const shortTrouble = ({ at, problems }: Trouble): Trouble => ({
  at,
  problems: problems.slice(0, mostProblems),
});
