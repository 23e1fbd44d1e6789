/** What a schedule did, will do and would do: its journal, its next slots, and simulations. */
import {
  scheduleEventPage,
  simulation,
  slotPreviewList,
  type PreviewRequest,
  type ScheduleEventWire,
  type SimulationRequest,
  type SlotPreviewWire,
} from "../../contract/scheduleEvents";
import { parseClockPolicy } from "../../model/clockPolicy";
import { textOfInstant, textOfLocal, textOfOffset } from "../../model/instantText";
import type { Problem } from "../../model/problem";
import { parseRecurrence } from "../../model/recurrence";
import { previewSlots, type PreviewedSlot } from "../../model/slotPreview";
import { parseInstant } from "../../model/startTime";
import { readBlobEvent } from "../../schedules/blobEventForm";
import type { ScheduleEvent } from "../../schedules/schedules";
import { json, type Answer } from "../answer";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";
import { noSchedule } from "./scheduleHandlers";

const defaultTop = 100;
const mostEvents = 500;
const defaultCount = 10;
const mostSlots = 1_000;

/** Every firing and every event of a schedule, newest first, one page. */
export async function listScheduleEvents({ rooms, param, query }: Call): Promise<Answer> {
  const asked = new Asked();
  const top = asked.count("top", query("top"), defaultTop, mostEvents);
  const token = query("continuationToken");
  if (token !== null && !/^[0-9a-f_]{1,100}$/.test(token))
    asked.report("continuationToken", "a token as a page gave it", token);
  if (asked.problems.length > 0) return refuseProblems(asked.problems);
  const schedule = await rooms.schedules.find(param("id"));
  if (schedule === undefined) return noSchedule(param("id"));
  const { items, continuationToken } = await rooms.schedules.events(schedule.id, top, token);
  return json(scheduleEventPage.encode({ value: items.map(encodeEvent), continuationToken }));
}

/** The next slots of a saved schedule. */
export async function previewSchedule({ rooms, param, query }: Call): Promise<Answer> {
  const asked = new Asked();
  const now = rooms.workspace.clock.now();
  const after = asked.instant("after", query("after"), now);
  const count = asked.count("count", query("count"), defaultCount, mostSlots);
  if (asked.problems.length > 0) return refuseProblems(asked.problems);
  const slots = await rooms.schedules.preview(param("id"), after, count);
  return slots === undefined ? noSchedule(param("id")) : answerSlots(slots);
}

/** The next slots of a recurrence that is not saved. */
export function previewRecurrence({ rooms, body }: Call<PreviewRequest>): Answer {
  const asked = new Asked();
  const after = asked.instant("After", body.after, rooms.workspace.clock.now());
  const createdAt = asked.instant("CreatedAt", body.createdAt, after);
  const count = asked.count("Count", body.count, defaultCount, mostSlots);
  const recurrence = parseRecurrence(body.recurrence);
  const policy = parseClockPolicy(body.policy ?? {});
  const problems = [recurrence, policy].flatMap((parsed) => (parsed.ok ? [] : parsed.problems));
  if (!recurrence.ok || !policy.ok || asked.problems.length > 0)
    return refuseProblems([...problems, ...asked.problems]);
  const [created, mark] = [createdAt.getTime(), after.getTime()];
  return answerSlots(previewSlots(recurrence.value, created, mark, count, policy.value));
}

/** Nothing is started; the answer says what would be recorded. */
export async function simulateSchedule({ rooms, param, body }: Call<SimulationRequest>): Promise<Answer> {
  const asked = new Asked();
  const at = asked.instant("At", body.at, rooms.workspace.clock.now());
  if ((body.at === null) === (body.event === null))
    asked.report("At", "either At or Event", body.at === null ? "neither" : "both");
  if (asked.problems.length > 0) return refuseProblems(asked.problems);
  const stimulus =
    body.event === null
      ? ({ kind: "clock", at } as const)
      : ({ kind: "blob", event: readBlobEvent(body.event) } as const);
  const recorded = await rooms.schedules.simulate(param("id"), stimulus);
  if (recorded === undefined) return noSchedule(param("id"));
  return json(simulation.encode({ value: recorded.map(encodeEvent) }));
}

/** Reads what a caller asks for, and collects what is wrong with it. */
class Asked {
  readonly problems: Problem[] = [];

  report(field: string, expected: string, received: string): void {
    this.problems.push({ code: "InvalidField", field, expected, received: received.slice(0, 100) });
  }

  instant(field: string, text: string | null, fallback: Date): Date {
    const instant = text === null ? fallback.getTime() : parseInstant(text);
    if (instant === undefined) this.report(field, "an instant such as 2026-05-17T10:00:00Z", text ?? "");
    return new Date(instant ?? 0);
  }

  count(field: string, value: unknown, fallback: number, most: number): number {
    const count = value === null ? fallback : typeof value === "string" ? Number(value) : value;
    if (typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= most) return count;
    this.report(field, `a whole number from 1 to ${most}`, String(value));
    return fallback;
  }
}

function answerSlots(slots: readonly PreviewedSlot[]): Answer {
  const encode = ({ at, local, offset, mark, skipped }: PreviewedSlot): SlotPreviewWire => ({
    at: textOfInstant(at),
    localTime: textOfLocal(local),
    offset: textOfOffset(offset),
    mark,
    skipped,
  });
  return json(slotPreviewList.encode({ value: slots.map(encode) }));
}

function encodeEvent(event: ScheduleEvent): ScheduleEventWire {
  const firing = "firing" in event ? event.firing : null;
  const blob = firing?.kind === "blob" ? firing : null;
  return {
    kind: event.kind,
    at: event.at,
    cause: firing?.kind ?? null,
    blobPath: blob?.path ?? null,
    etag: blob?.etag ?? null,
    runId: "runId" in event ? event.runId : null,
    reason: "reason" in event ? event.reason : null,
    problems: "problems" in event ? event.problems : [],
    until: "until" in event ? event.until : null,
    count: "count" in event ? event.count : null,
    isMore: "isMore" in event && event.isMore,
  };
}
