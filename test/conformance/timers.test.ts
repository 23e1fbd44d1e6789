import { describe, expect, test } from "@jest/globals";
import { untilTrue } from "../service/host/hostProcess";
import { refusal } from "./conformanceHost";
import { timerHosts } from "./timerHost";

const timers = timerHosts();

describe("T01 a schedule with seconds", () => {
  test("T01 fires on time, in a second of its own each time", async () => {
    const host = timers("everySecond");
    await host.start();
    await untilTrue(() => host.runs().length >= 3);
    await host.host.stop();
    const seconds = host.runs().map(({ at }) => Math.floor(at / 1000));
    expect(new Set(seconds).size).toBe(seconds.length);
  });

  test("T01 never overlaps itself, though each run takes longer than a second", async () => {
    const host = timers("slow");
    await host.start();
    await untilTrue(() => host.runs().length >= 6);
    await host.host.stop();
    const states = host.runs<{ readonly is: string }>().map(({ is }) => is);
    expect(states).toEqual(states.map((_, i) => (i % 2 === 0 ? "begun" : "ended")));
  });
});

test("T03 runOnStartup fires once at each start; a start that is past due fires once, with isPastDue", async () => {
  const host = timers("yearlyAtStart", "hourlyAtStart");
  await host.runOnce(2, async () => host.startAt("2031-05-05T10:30:00Z"));
  await host.runOnce(2, async () => host.startAt("2031-05-05T11:10:00Z"));
  expect(
    host
      .runs()
      .map(({ name, timer }) => `${name} ${timer.isPastDue}`)
      .sort(),
  ).toEqual(["hourlyAtStart false", "hourlyAtStart true", "yearlyAtStart false", "yearlyAtStart false"]);
});

test("T04 A timer that missed fifty hours catches up with exactly one run", async () => {
  const host = timers("hourly");
  await host.startAt("2031-05-05T10:30:00Z");
  await host.host.stop();
  await host.runOnce(1, async () => host.startAt("2031-05-07T12:40:00Z"));
  expect(host.runs().map(({ timer }) => timer.isPastDue)).toEqual([true]);
});

test("T05 A schedule that changed while the host was down causes no past-due run", async () => {
  const host = timers("changing", "hourly");
  await host.startAt("2031-05-05T10:30:00Z", { TEST_SCHEDULE: "0 0 * * * *" });
  await host.host.stop();
  await host.runOnce(1, async () => host.startAt("2031-05-05T15:10:00Z", { TEST_SCHEDULE: "0 45 * * * *" }));
  expect(host.runs().map(({ name }) => name)).toEqual(["hourly"]);
});

test("T06 The timer object has its documented shape", async () => {
  const host = timers("hourlyAtStart", "unwatched");
  await host.runOnce(2, async () => host.startAt("2031-05-05T10:30:00Z"));
  const [watched, unwatched] = ["hourlyAtStart", "unwatched"].map(
    (name) => host.runs().find((run) => run.name === name)?.timer,
  );
  expect(watched).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: {
      last: "0001-01-01T00:00:00+00:00",
      next: expect.stringMatching(/^2031-05-05T11:00:00(\.000)?\+00:00$/),
      lastUpdated: expect.stringMatching(/^2031-05-05T10:30:.*\+00:00$/),
    },
    isPastDue: false,
  });
  expect(unwatched).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
});

describe("T07 the text of a schedule", () => {
  test("T07 may be an interval", async () => {
    const host = timers("interval");
    await host.runOnce(2, async () => host.start());
    expect(host.runs()[0]?.timer).toMatchObject({ schedule: { adjustForDST: false }, scheduleStatus: null });
  });

  test("T07 may have five fields, the seconds being zero, and come from a setting", async () => {
    expect(await timers("given").nextOf("*/5 * * * *", "2031-05-05T10:31:00Z")).toBe(
      "2031-05-05T10:35:00.000Z",
    );
  });

  test.each(["tomorrow", "0 0 24 * * *", "%NO_SUCH_SETTING%", "* * * *"])(
    "T07 stops the start when it is '%s'",
    async (schedule) => {
      expect(await refusal("badSchedule", { TEST_SCHEDULE: schedule })).toMatch(/'bad'.*(schedule|setting)/);
    },
  );
});
