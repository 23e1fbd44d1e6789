import { describe, expect, test } from "@jest/globals";
import { parseSchedule } from "../../../src/host/triggers/ncrontab";
import { findTimeZone } from "../../../src/host/triggers/timeZone";

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

describe("a schedule on a wall clock that jumps (3)", () => {
  /** Berlin goes forward at 01:00Z on 29 March 2026 and back at 01:00Z on 25 October 2026. */
  const occurrences = (schedule: string, zone: string, from: string, count: number): string[] => {
    const rule = parseSchedule(schedule, findTimeZone(zone));
    const found: number[] = [];
    for (let last = at(from); found.length < count; found.push(last)) last = rule.next(last);
    return found.map((instant) => new Date(instant).toISOString().slice(0, 19));
  };

  test("follows the wall clock over the seasons", () => {
    expect(occurrences("0 0 9 1 1,7 *", "Europe/Berlin", "2026-01-01T08:00:00Z", 2)).toEqual([
      "2026-07-01T07:00:00",
      "2027-01-01T08:00:00",
    ]);
  });

  test("fires once and later at a time that is skipped", () => {
    expect(occurrences("0 30 2 * * *", "Europe/Berlin", "2026-03-27T23:00:00Z", 3)).toEqual([
      "2026-03-28T01:30:00",
      "2026-03-29T01:30:00",
      "2026-03-30T00:30:00",
    ]);
  });

  test("keeps its beat through a time that is skipped when it repeats", () => {
    expect(occurrences("0 */30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 4)).toEqual([
      "2026-03-29T00:30:00",
      "2026-03-29T01:00:00",
      "2026-03-29T01:30:00",
      "2026-03-29T02:00:00",
    ]);
  });

  test("fires once at a point in time that comes twice", () => {
    expect(occurrences("0 30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00",
      "2026-10-26T01:30:00",
    ]);
    expect(occurrences("0 30 2 * * *", "Europe/Berlin", "2026-10-25T01:00:00Z", 1)).toEqual([
      "2026-10-26T01:30:00",
    ]);
  });

  test("fires in both passes of an hour that comes twice when it repeats", () => {
    expect(occurrences("0 30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 4)).toEqual([
      "2026-10-25T00:30:00",
      "2026-10-25T01:30:00",
      "2026-10-25T02:30:00",
      "2026-10-25T03:30:00",
    ]);
  });

  test("holds where clocks jump by half an hour", () => {
    expect(occurrences("0 15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2)).toEqual([
      "2026-10-03T15:45:00",
      "2026-10-04T15:15:00",
    ]);
    expect(occurrences("0 45 1 * * *", "Australia/Lord_Howe", "2026-04-03T16:00:00Z", 2)).toEqual([
      "2026-04-04T14:45:00",
      "2026-04-05T15:15:00",
    ]);
  });
});
