/**
 * What a time schedule may choose where v1 leaves no choice, and what stands in its way; additions of Sluice to v1's
 * schedule. Values are as they came: what is a valid policy is not the wire's business.
 */
import { anything, instant, listOf, orNull, text, wireObject } from "./wireType";

const missed = wireObject({
  kind: ["Kind", anything],
  windowMinutes: ["WindowMinutes", anything],
  most: ["Most", anything],
});

export const schedulePolicy = wireObject({
  gap: ["Gap", anything],
  overlap: ["Overlap", anything],
  endTime: ["EndTime", anything],
  excludedDates: ["ExcludedDates", anything],
  missed: ["Missed", orNull(missed)],
  whileRunning: ["WhileRunning", anything],
});

/** Why the last firing started no run. */
export const scheduleTrouble = wireObject({
  at: ["At", instant],
  problems: [
    "Problems",
    listOf(
      wireObject({
        code: ["Code", text],
        field: ["Field", text],
        expected: ["Expected", text],
        received: ["Received", text],
      }),
    ),
  ],
});
