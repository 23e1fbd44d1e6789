import { describe, expect, test } from "@jest/globals";
import { parseSchedule } from "../../../src/host/triggers/ncrontab";

const at = (text: string): number => Date.parse(text);
const next = (schedule: string, after: string): string =>
  new Date(parseSchedule(schedule).next(at(after))).toISOString();

describe("a timer schedule", () => {
  test.each([
    ["0 */5 * * * *", "2026-03-01T10:03:20Z", "2026-03-01T10:05:00.000Z"],
    ["*/5 * * * *", "2026-03-01T10:05:00Z", "2026-03-01T10:10:00.000Z"],
    ["30 0 9-17/2 * * MON-FRI", "2026-03-06T17:00:30Z", "2026-03-09T09:00:30.000Z"],
    ["0 0 0 29 FEB *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["59 59 23 31 12 *", "2026-12-31T23:59:58Z", "2026-12-31T23:59:59.000Z"],
    ["* * * * * *", "2026-03-01T10:00:00.500Z", "2026-03-01T10:00:01.000Z"],
    ["0 0 0 1,15 * sun", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00.000Z"],
  ])("%s after %s fires at %s", (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  test("needs both the day of month and the day of week, unlike cron", () => {
    expect(next("0 0 0 13 * FRI", "2026-03-14T00:00:00Z")).toBe("2026-11-13T00:00:00.000Z");
  });

  test("may be a constant interval", () => {
    expect(next("01:30:00", "2026-03-01T10:00:00Z")).toBe("2026-03-01T11:30:00.000Z");
  });

  test.each([
    "",
    "* * * *",
    "0 0 0 * * 7",
    "0 0 24 * * *",
    "61 * * * * *",
    "0 0 0 L * *",
    "0 */0 * * * *",
    "0 5-1 * * * *",
    "00:00:00",
  ])("refuses '%s' instead of never firing", (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow(/schedule/);
  });

  test("refuses a date that never comes when it is first asked, instead of searching for ever", () => {
    expect(() => parseSchedule("0 0 0 31 FEB *").next(0)).toThrow(/never fires/);
  });

  test("says which schedules are too frequent to be monitored", () => {
    expect([parseSchedule("*/10 * * * * *").isSubMinute, parseSchedule("0 * * * * *").isSubMinute]).toEqual([
      true,
      false,
    ]);
  });
});
