/** The slots that a schedule has after an instant, for people. Pure. */
import { previewSlots, type PreviewedSlot } from "../model/slotPreview";
import type { Schedule } from "./schedules";

export function previewSchedule(schedule: Schedule, after: Date, count: number): readonly PreviewedSlot[] {
  const { trigger, anchoredAt, policy } = schedule;
  if (trigger.kind !== "recurrence") return [];
  return previewSlots(trigger.recurrence, Date.parse(anchoredAt), after.getTime(), count, policy.clock);
}
