/** What a schedule did, what it will do, and what it would do: additions of Sluice to v1's schedules. */
import { schedulePolicy, scheduleProblem } from "./schedulePolicy";
import { recurrence } from "./recurrenceWire";
import {
  anything,
  flag,
  instant,
  integer,
  listOf,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

/** One firing or event and what became of it. What does not belong to its kind is null. */
export const scheduleEvent = wireObject({
  /** `fired`, `refused`, `missed`, `dropped` or `ignored`. */
  kind: ["Kind", text],
  /** Nominal time of a slot, arrival of an event. */
  at: ["At", instant],
  /** `slot`, `creation` or `blob`; null for a span of slots. */
  cause: ["Cause", orNull(text)],
  blobPath: ["BlobPath", orNull(text)],
  etag: ["ETag", orNull(text)],
  runId: ["RunId", orNull(text)],
  reason: ["Reason", orNull(text)],
  problems: ["Problems", listOf(scheduleProblem)],
  /** End of a span of slots, exclusive. */
  until: ["Until", orNull(instant)],
  /** Slots in the span; at least so many where `isMore`. */
  count: ["Count", orNull(integer)],
  isMore: ["IsMore", orElse(flag, false)],
});

export type ScheduleEventWire = ValueOf<typeof scheduleEvent>;

export const scheduleEventPage = wireObject({
  value: ["value", listOf(scheduleEvent)],
  /** Opaque; null on the last page. */
  continuationToken: ["continuationToken", orNull(text)],
});

/** One slot that comes. */
const slotPreview = wireObject({
  at: ["At", instant],
  /** What the clock of the schedule's zone shows. */
  localTime: ["LocalTime", text],
  offset: ["Offset", text],
  /** `moved`, `firstPass`, `lastPass`, `offsetChanged` or null. */
  mark: ["Mark", orNull(text)],
  /** `excluded` or `gap`; null = it runs. */
  skipped: ["Skipped", orNull(text)],
});

export const slotPreviewList = wireObject({ value: ["value", listOf(slotPreview)] });
export type SlotPreviewWire = ValueOf<typeof slotPreview>;

/** A recurrence that is not saved; `after` and `createdAt` are now where nothing is said. */
export const previewRequest = wireObject({
  recurrence: ["Recurrence", recurrence],
  policy: ["Policy", orNull(schedulePolicy)],
  after: ["After", orNull(text)],
  createdAt: ["CreatedAt", orNull(text)],
  count: ["Count", orNull(anything)],
});

export type PreviewRequest = ValueOf<typeof previewRequest>;

/** Either a reading of the clock or a blob event, in the form in which Event Grid delivers it. */
export const simulationRequest = wireObject({ at: ["At", orNull(text)], event: ["Event", orNull(anything)] });

export type SimulationRequest = ValueOf<typeof simulationRequest>;

/** What would be recorded on the schedule, newest last; an empty list means that nothing would happen. */
export const simulation = wireObject({ value: ["value", listOf(scheduleEvent)] });
