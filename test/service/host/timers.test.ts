import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { TimerFunction } from "../../../src/host/app/functionTable";
import { HubDatabase } from "../../../src/host/durable/hubDatabase";
import { HostLog } from "../../../src/host/log/hostLog";
import { parseSchedule } from "../../../src/host/triggers/ncrontab";
import { Timers } from "../../../src/host/triggers/timers";
import { HandClock } from "../../clock/handClock";
import { Scratch, untilTrue } from "./hostProcess";

interface Run {
  readonly at: string;
  readonly IsPastDue: boolean;
  readonly ScheduleStatus: { readonly Last: string; readonly Next: string } | null;
}

let scratch: Scratch;
let hub: HubDatabase;
let clock: HandClock;
let runs: Run[];
let timers: Timers;
/** What a run waits for. */
let gate: Promise<void>;

beforeEach(() => {
  scratch = new Scratch();
  hub = new HubDatabase(scratch.file("hub"));
  clock = new HandClock(Date.parse("2026-03-01T10:00:30Z"));
  runs = [];
  gate = Promise.resolve();
});

afterEach(async () => {
  timers.stop();
  await hub.close();
  scratch.remove();
});

function timer(schedule: string, settings: Partial<TimerFunction> = {}): TimerFunction {
  const rule = parseSchedule(schedule);
  return {
    ...{ kind: "timer", name: "tick", triggerName: "timer", clientInputs: [], retry: null },
    ...{ rule, useMonitor: true, runOnStartup: false },
    ...settings,
  };
}

/** Starts as a host does, and waits until the timer has run at once or is set. */
async function start(fn: TimerFunction): Promise<void> {
  timers = new Timers({
    hub,
    clock,
    log: new HostLog(() => undefined),
    run: async (_, input) => {
      const given = JSON.parse(input) as Omit<Run, "at">;
      runs.push({ ...given, at: new Date(clock.now()).toISOString().slice(11, 19) });
      await gate;
    },
  });
  await timers.start([fn]);
  await settled();
}

async function settled(): Promise<void> {
  await untilTrue(() => clock.waiting > 0);
}

async function moveTo(time: string): Promise<void> {
  clock.moveTo(Date.parse(`2026-03-01T${time}Z`));
  await settled();
}

const times = (): string[] => runs.map(({ at }) => at);

describe("a timer trigger", () => {
  test("fires at each of its times, with the times before and after", async () => {
    await start(timer("0 */5 * * * *"));
    await moveTo("10:05:00");
    await moveTo("10:10:00");
    expect(times()).toEqual(["10:05:00", "10:10:00"]);
    expect(runs.map(({ ScheduleStatus }) => [ScheduleStatus?.Last, ScheduleStatus?.Next])).toEqual([
      ["0001-01-01T00:00:00+00:00", "2026-03-01T10:05:00.000+00:00"],
      ["2026-03-01T10:05:00.000+00:00", "2026-03-01T10:10:00.000+00:00"],
    ]);
  });

  test("runs once, past due, after a restart that missed many occurrences", async () => {
    await start(timer("0 */5 * * * *"));
    await moveTo("10:05:00");
    timers.stop();
    clock.moveTo(Date.parse("2026-03-01T11:02:00Z"));
    await start(timer("0 */5 * * * *"));
    await moveTo("11:05:00");
    expect(runs.map(({ at, IsPastDue }) => [at, IsPastDue])).toEqual([
      ["10:05:00", false],
      ["11:02:00", true],
      ["11:05:00", false],
    ]);
  });

  test("does not run for the past when its schedule changed while the host was down", async () => {
    await start(timer("0 */5 * * * *"));
    timers.stop();
    clock.moveTo(Date.parse("2026-03-01T11:02:00Z"));
    await start(timer("0 */7 * * * *"));
    expect(runs).toEqual([]);
  });

  test("coalesces what it misses while a run takes long, and never overlaps itself (1)", async () => {
    let finish = (): void => undefined;
    gate = new Promise((resolve) => (finish = resolve));
    await start(timer("0 * * * * *"));
    clock.moveTo(Date.parse("2026-03-01T10:01:00Z"));
    clock.moveTo(Date.parse("2026-03-01T10:04:30Z"));
    expect(times()).toEqual(["10:01:00"]);
    finish();
    await untilTrue(() => runs.length === 2);
    await settled();
    await moveTo("10:05:00");
    expect(times()).toEqual(["10:01:00", "10:04:30", "10:05:00"]);
  });

  test("runs at once when asked to on start-up, not past due, and then by its schedule", async () => {
    await start(timer("0 */5 * * * *", { runOnStartup: true }));
    await moveTo("10:05:00");
    expect(runs.map(({ at, IsPastDue }) => [at, IsPastDue])).toEqual([
      ["10:00:30", false],
      ["10:05:00", false],
    ]);
  });

  test("keeps no status without a monitor, and never catches up", async () => {
    await start(timer("0 */5 * * * *", { useMonitor: false }));
    timers.stop();
    clock.moveTo(Date.parse("2026-03-01T11:02:00Z"));
    await start(timer("0 */5 * * * *", { useMonitor: false }));
    await moveTo("11:05:00");
    expect(runs).toEqual([expect.objectContaining({ at: "11:05:00", ScheduleStatus: null })]);
  });

  test("is past due after a crash in the middle of its run, since its status comes after the run (2)", async () => {
    gate = new Promise(() => undefined);
    await start(timer("0 */5 * * * *"));
    clock.moveTo(Date.parse("2026-03-01T10:05:00Z"));
    timers.stop();
    gate = Promise.resolve();
    clock.moveTo(Date.parse("2026-03-01T10:06:00Z"));
    await start(timer("0 */5 * * * *"));
    expect(runs.map(({ at, IsPastDue }) => [at, IsPastDue])).toEqual([
      ["10:05:00", false],
      ["10:06:00", true],
    ]);
  });

  test("fires within two seconds of the machine's own count when its instant came while the machine slept (3)", async () => {
    await start(timer("0 */5 * * * *"));
    clock.sleepTo(Date.parse("2026-03-01T10:32:10Z"));
    clock.moveTo(Date.parse("2026-03-01T10:32:12Z"));
    expect(times()).toHaveLength(1);
    await settled();
    await moveTo("10:35:00");
    expect(times()[1]).toBe("10:35:00");
  });

  test("waits for a date further off than a timer of Node can wait", async () => {
    await start(timer("0 0 0 1 4 *"));
    clock.moveTo(Date.parse("2026-03-31T23:59:59Z"));
    expect(runs).toEqual([]);
    clock.moveTo(Date.parse("2026-04-01T00:00:00Z"));
    expect(runs).toHaveLength(1);
    await settled();
  });
});
