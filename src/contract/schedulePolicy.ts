/**
 * What a time schedule may choose where v1 leaves no choice, and what stands in its way; additions of Sluice to v1's
 * schedule. Values are as they came: what is a valid policy is not the wire's business.
 */
import { anything, instant, listOf, orNull, text, wireObject } from "./wireType";

const missed = wireObject({
  kind: ["Kind", orNull(anything)],
  windowMinutes: ["WindowMinutes", orNull(anything)],
  most: ["Most", orNull(anything)],
});

export const schedulePolicy = wireObject({
  gap: ["Gap", orNull(anything)],
  overlap: ["Overlap", orNull(anything)],
  endTime: ["EndTime", orNull(anything)],
  excludedDates: ["ExcludedDates", orNull(anything)],
  missed: ["Missed", orNull(missed)],
  whileRunning: ["WhileRunning", orNull(anything)],
});

export const scheduleProblem = wireObject({
  code: ["Code", text],
  field: ["Field", text],
  expected: ["Expected", text],
  received: ["Received", text],
});

/** Why the last firing started no run. */
export const scheduleTrouble = wireObject({
  at: ["At", instant],
  problems: ["Problems", listOf(scheduleProblem)],
});
