import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseRecurrence, sameRecurrence, type Recurrence } from "../../../src/model/recurrence";

function accepted(input: unknown): Recurrence {
  const parsed = parseRecurrence(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function refusedFields(input: unknown): string[] {
  const parsed = parseRecurrence(input);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
}

const weekly = { frequency: "Week", interval: 2 };

describe("form", () => {
  test("reads v1's wire form, the spec's form and camel case as one recurrence", () => {
    const wire = {
      Frequency: "Week",
      Interval: 2,
      StartTime: "2099-01-05T08:00:00",
      TimeZone: "W. Europe Standard Time",
      Schedule: { Hours: [7], Minutes: [45], WeekDays: ["Monday", "Thursday"] },
    };
    const flat = {
      frequency: 1,
      interval: 2,
      start_time: "2099-01-05T08:00:00",
      timeZone: "w. europe standard time",
      time_of_day: "7:45",
      week_days: [3, "0"],
    };
    expect(accepted(wire)).toEqual({
      frequency: "Week",
      interval: 2,
      startTime: "2099-01-05T08:00:00",
      timeZone: "W. Europe Standard Time",
      schedule: { hours: [7], minutes: [45], weekDays: ["Monday", "Thursday"] },
      includeStart: false,
    });
    expect(accepted(flat)).toEqual(accepted(wire));
  });

  test("takes null and an empty list for not given", () => {
    const given = {
      ...weekly,
      start_time: null,
      hours: [],
      schedule: { Hours: null, WeekDays: [] },
      minutes: [5],
    };
    expect(accepted(given)).toMatchObject({
      startTime: null,
      schedule: { hours: null, minutes: [5], weekDays: null },
    });
  });

  test("survives its own JSON", () => {
    const value = accepted({
      ...weekly,
      week_days: ["sunday", "MONDAY"],
      time_of_day: "09:05",
      includeStart: true,
    });
    expect(accepted(JSON.parse(JSON.stringify(value)))).toEqual(value);
    expect(sameRecurrence(value, accepted({ ...value }))).toBe(true);
    expect(sameRecurrence(value, { ...value, schedule: null })).toBe(false);
  });

  test.each([null, undefined, 7, "Day", [], [weekly]])("refuses %j, which is no object", (input) => {
    expect(refusedFields(input)).toEqual(["recurrence"]);
  });

  test("refuses an unknown key, which ignored would run on wrong days", () => {
    expect(refusedFields({ ...weekly, monthDays: [1] })).toEqual(["monthDays"]);
    expect(refusedFields({ ...weekly, schedule: { monthDays: [1], time_of_day: "1:00" } })).toEqual([
      "monthDays",
      "time_of_day",
    ]);
    expect(
      refusedFields(JSON.parse('{"frequency":"Day","interval":1,"__proto__":1,"constructor":2}')),
    ).toEqual(["__proto__", "constructor"]);
  });

  test("refuses lists that are half inside schedule and half beside it", () => {
    expect(refusedFields({ ...weekly, hours: [1], schedule: { minutes: [2] } })).toEqual(["schedule"]);
  });

  test("refuses one field in two spellings", () => {
    expect(refusedFields({ ...weekly, time_zone: "UTC", TimeZone: "Asia/Tokyo" })).toEqual(["time_zone"]);
    expect(refusedFields({ ...weekly, time_zone: "UTC", TimeZone: null })).toEqual([]);
  });
});

describe("values", () => {
  test.each([
    [{ interval: 1 }, ["frequency"]],
    [{ frequency: "Day" }, ["interval"]],
    [{ frequency: "Year", interval: 1 }, ["frequency"]],
    [{ frequency: 5, interval: 1 }, ["frequency"]],
    [{ frequency: "12", interval: 1 }, ["frequency"]],
    [{ frequency: "Day", interval: "1" }, ["interval"]],
    [{ frequency: "Day", interval: 0 }, ["interval"]],
    [{ frequency: "Day", interval: 1.5 }, ["interval"]],
    [{ frequency: "Day", interval: 1, hours: [24] }, ["hours"]],
    [{ frequency: "Day", interval: 1, hours: ["6"] }, ["hours"]],
    [{ frequency: "Day", interval: 1, hours: 6 }, ["hours"]],
    [{ frequency: "Day", interval: 1, minutes: [-1] }, ["minutes"]],
    [{ frequency: "Day", interval: 1, minutes: [60] }, ["minutes"]],
    [{ frequency: "Day", interval: 1, week_days: ["Monday"] }, ["week_days"]],
    [{ frequency: "Week", interval: 1, week_days: ["Funday"] }, ["week_days"]],
    [{ frequency: "Week", interval: 1, week_days: "Monday" }, ["week_days"]],
    [{ frequency: "Week", interval: 1, week_days: [7] }, ["week_days"]],
    [{ frequency: "Hour", interval: 1, minutes: [5] }, ["minutes"]],
    [{ frequency: "Month", interval: 1, time_of_day: "9:00" }, ["time_of_day"]],
    [{ frequency: "Day", interval: 1, time_of_day: "24:00" }, ["time_of_day"]],
    [{ frequency: "Day", interval: 1, time_of_day: "9:5" }, ["time_of_day"]],
    [{ frequency: "Day", interval: 1, time_of_day: "9:00", hours: [9] }, ["time_of_day"]],
    [{ frequency: "Day", interval: 1, includeStart: "yes" }, ["includeStart"]],
    [{ frequency: "Day", interval: 1, schedule: "daily" }, ["schedule"]],
  ])("refuses %j because of %j", (input, fields) => {
    expect(refusedFields(input)).toEqual(fields);
  });

  test("reports all problems at once", () => {
    const input = {
      frequency: "Minute",
      interval: 0,
      start_time: "soon",
      time_zone: "Mars",
      hours: [25],
      week_days: ["x"],
      extra: 1,
    };
    expect(new Set(refusedFields(input))).toEqual(
      new Set(["extra", "interval", "hours", "week_days", "start_time", "time_zone"]),
    );
  });

  test("says what was expected and what came, shortened", () => {
    const parsed = parseRecurrence({ frequency: "Day", interval: "x".repeat(500) });
    expect(parsed).toMatchObject({
      ok: false,
      problems: [{ code: "InvalidRecurrence", field: "interval", expected: "a whole number from 1" }],
    });
    if (!parsed.ok) expect(parsed.problems[0]!.received.length).toBeLessThan(120);
  });

  test.each([
    "2024-02-29T00:00",
    "2024-05-17T09:00:00",
    "2024-05-17T09:00:00Z",
    "2024-05-17T09:00:00.1234567",
    "2024-05-17T09:00:00.5+05:45",
    "9999-12-31T23:59:59-12:00",
  ])("accepts the start time %s", (start_time) => {
    expect(accepted({ ...weekly, start_time }).startTime).toBe(start_time);
  });

  test.each([
    "2023-02-29T00:00:00",
    "1900-02-29T00:00:00",
    "2024-04-31T00:00:00",
    "2024-13-01T00:00:00",
    "2024-00-01T00:00:00",
    "2024-01-00T00:00:00",
    "2024-01-01T24:00:00",
    "2024-01-01T00:60:00",
    "2024-01-01T00:00:60",
    "2024-01-01T00:00.5",
    "2024-01-01 00:00:00",
    "2024-01-01",
    "2024-1-1T00:00",
    "2024-01-01T00:00:00+1:00",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00 Z",
    "",
    1_700_000_000,
  ])("refuses the start time %j", (start_time) => {
    expect(refusedFields({ ...weekly, start_time })).toEqual(["start_time"]);
  });

  test("never throws, whatever comes", () => {
    fc.assert(fc.property(fc.anything(), (input) => typeof parseRecurrence(input).ok === "boolean"));
    const keys = fc.constantFrom(
      "frequency",
      "interval",
      "hours",
      "minutes",
      "week_days",
      "time_of_day",
      "start_time",
      "time_zone",
      "schedule",
    );
    fc.assert(
      fc.property(
        fc.dictionary(keys, fc.anything()),
        (input) => typeof parseRecurrence(input).ok === "boolean",
      ),
    );
  });
});
