import { describe, expect, test } from "@jest/globals";
import { parseSchedule } from "../../../src/host/triggers/ncrontab";
import { afterRun, startTimer, timerInput } from "../../../src/host/triggers/timerState";

const minute = 60_000;
const rule = parseSchedule("0 * * * * *");
const timer = { rule, useMonitor: true, runOnStartup: false };

describe("a timer trigger at start", () => {
  test("does not run for the past when it is new", () => {
    expect(startTimer(timer, null, 90_000)).toEqual({
      status: { last: null, next: 2 * minute, updatedAt: 90_000 },
      runNow: null,
    });
  });

  test("catches up once, however many occurrences were missed", () => {
    const stored = { last: minute, next: 2 * minute, updatedAt: minute };
    expect(startTimer(timer, stored, 50 * minute + 1).runNow).toBe("past due");
  });

  test("is not past due because its schedule changed", () => {
    const stored = { last: minute, next: 30 * minute, updatedAt: minute };
    expect(startTimer(timer, stored, 40 * minute + 1)).toEqual({
      status: { last: null, next: 41 * minute, updatedAt: 40 * minute + 1 },
      runNow: null,
    });
  });

  test("runs once, not twice, when it is past due and asked to run on start-up", () => {
    const stored = { last: minute, next: 2 * minute, updatedAt: minute };
    expect(startTimer({ ...timer, runOnStartup: true }, stored, 9 * minute).runNow).toBe("past due");
    expect(startTimer({ ...timer, runOnStartup: true }, null, 0).runNow).toBe("on start-up");
  });

  test("keeps nothing without a monitor", () => {
    expect(startTimer({ ...timer, useMonitor: false }, null, 0)).toEqual({ status: null, runNow: null });
  });

  test("counts the next occurrence from the run, never from before it was due", () => {
    expect(afterRun(rule, 2 * minute, 2 * minute + 5).next).toBe(3 * minute);
    expect(afterRun(rule, 2 * minute, 2 * minute - 5).next).toBe(3 * minute);
  });

  test("tells the app of its schedule, with no status when it is not monitored", () => {
    expect(JSON.parse(timerInput(timer, null, false))).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: null,
      IsPastDue: false,
    });
    const status = { last: null, next: minute, updatedAt: 0 };
    expect(JSON.parse(timerInput(timer, status, true))).toMatchObject({
      ScheduleStatus: { Last: "0001-01-01T00:00:00+00:00", Next: "1970-01-01T00:01:00.000+00:00" },
      IsPastDue: true,
    });
  });
});
