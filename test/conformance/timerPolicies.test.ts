import { describe, expect, test } from "@jest/globals";
import { refusal } from "./conformanceHost";
import { timerHosts } from "./timerHost";

const timers = timerHosts();

test("T02 A failing timer runs again after its delay until it succeeds, as a new invocation that knows its attempt", async () => {
  const host = timers("retried");
  await host.runOnce(3, async () => host.start());
  const attempts = host.runs<{ readonly id: string }>();
  expect(attempts).toEqual([
    expect.objectContaining({ attempt: 0 }),
    expect.objectContaining({ attempt: 1, maxRetryCount: 5, after: "failed on attempt 0" }),
    expect.objectContaining({ attempt: 2, maxRetryCount: 5, after: "failed on attempt 1" }),
  ]);
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(3);
});

test("T02 A timer that never succeeds is given up after its last retry", async () => {
  const host = timers("hopeless");
  await host.runOnce(2, async () => host.start());
  expect(host.runs()).toHaveLength(2);
});

describe("T08 under WEBSITE_TIME_ZONE", () => {
  test.each([
    ["0 30 9 * * *", "2031-05-05T00:00:00Z", "2031-05-05T13:30:00.000Z", "the zone's own hours"],
    [
      "0 30 2 * * *",
      "2031-03-09T06:00:00Z",
      "2031-03-09T07:30:00.000Z",
      "an hour later where its hour is skipped",
    ],
    ["0 30 * * * *", "2031-03-09T06:45:00Z", "2031-03-09T07:30:00.000Z", "each hour that there is"],
    ["0 30 1 * * *", "2031-11-02T04:00:00Z", "2031-11-02T05:30:00.000Z", "the first of two like hours"],
    [
      "0 30 1 * * *",
      "2031-11-02T05:45:00Z",
      "2031-11-03T06:30:00.000Z",
      "not in the second of two like hours",
    ],
    ["0 30 * * * *", "2031-11-02T05:45:00Z", "2031-11-02T06:30:00.000Z", "in both of two like hours"],
  ])("T08 %s after %s fires at %s: %s", async (schedule, after, expected) => {
    expect(await timers("given").nextOf(schedule, after, "America/New_York")).toBe(expected);
  });

  test("T08 a zone that does not exist stops the start and is named", async () => {
    const environment = { TEST_SCHEDULE: "0 0 * * * *", WEBSITE_TIME_ZONE: "Mars/Olympus" };
    expect(await refusal("badSchedule", environment)).toContain("Mars/Olympus");
  });
});
