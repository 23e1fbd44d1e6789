import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Runs } from "../../../src/runs/runs";
import type { RequestedPolicy, ScheduleRequest } from "../../../src/schedules/schedules";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import {
  blobCreated,
  changeSchedule,
  create,
  engine,
  openRoom,
  RememberingEngine,
  timeSchedule,
  type Room,
} from "./scheduleRoom";

let storage: StorageUnderTest;
let room: Room;
beforeEach(async () => {
  storage = await startStorage();
  room = openRoom(storage.connectionString, `${day}T10:20:30.500Z`);
});
afterEach(async () => storage.stop());

const day = "2026-05-17";
const at = (time: string): Date => room.setNow(`${day}T${time}Z`);
const every = (minutes: number, start: string): object => ({
  frequency: "Minute",
  interval: minutes,
  start_time: `${day}T${start}`,
});
const slotsOf = (): string[] =>
  room.runs.submissions.map(({ cause }) => (cause.kind === "slot" ? cause.slotAt.slice(11, 19) : cause.kind));

describe("a slot off the full minute", () => {
  test("gets a tick of its own from the minute before, once for all that are due then, and fires in it", async () => {
    await create(room, timeSchedule(every(10, "10:30:23")));
    await create(room, timeSchedule(every(20, "10:30:23")));
    await create(room, timeSchedule(every(10, "10:30:00")));
    const ticks = new RememberingEngine();
    expect(await room.schedules.tick(at("10:29:00"), ticks)).toEqual([]);
    expect(ticks.ticks).toEqual([]);
    expect(await room.schedules.tick(at("10:30:00.050"), ticks)).toHaveLength(1);
    expect(ticks.ticks).toEqual([`${day}T10:30:23.000Z`]);
    const due = new Date(`${day}T10:30:23Z`);
    at("10:30:22.990");
    expect(await room.schedules.tickAt(due, ticks)).toHaveLength(2);
    expect(await room.schedules.tickAt(due, ticks)).toEqual([]);
    expect(await room.schedules.tick(at("10:31:00"), ticks)).toEqual([]);
  });

  test("gets it from the creation, edit or firing that finds it so near that no tick would", async () => {
    const ticks = new RememberingEngine();
    const request = timeSchedule(every(1, "10:20:59"));
    const created = await room.schedules.create(request, ticks);
    if (created.status !== "saved") throw new Error(created.status);
    expect(ticks.ticks).toEqual([`${day}T10:20:59.000Z`]);
    await room.schedules.update(created.schedule.id, timeSchedule(every(1, "10:20:45")), ticks);
    expect(ticks.ticks).toEqual([`${day}T10:20:59.000Z`, `${day}T10:20:45.000Z`]);
    at("10:20:45");
    await room.schedules.tickAt(new Date(`${day}T10:20:45Z`), ticks);
    expect(ticks.ticks.at(-1)).toBe(`${day}T10:21:45.000Z`);
  });

  test("fires at the next minute when its own tick was lost", async () => {
    await create(room, timeSchedule(every(10, "10:30:23")));
    await room.schedules.tick(at("10:30:00"), engine);
    expect(await room.schedules.tick(at("10:31:00"), engine)).toHaveLength(1);
    expect(slotsOf()).toEqual(["10:30:23"]);
  });

  test("is not fired by its tick when it was moved or disabled meanwhile", async () => {
    const id = await create(room, timeSchedule(every(10, "10:30:23")));
    await room.schedules.tick(at("10:30:00"), engine);
    await room.schedules.update(id, timeSchedule(every(10, "10:30:23"), { status: "Disabled" }), engine);
    at("10:30:23");
    expect(await room.schedules.tickAt(new Date(`${day}T10:30:23Z`), engine)).toEqual([]);
  });

  test("does not keep the others from firing when its tick cannot be started", async () => {
    await create(room, timeSchedule(every(10, "10:30:00")));
    await create(room, timeSchedule(every(10, "10:30:23")));
    const broken = Object.assign(new RememberingEngine(), {
      startTick: () => Promise.reject(new Error("hub away")),
    });
    await expect(room.schedules.tick(at("10:30:00"), broken)).rejects.toThrow("could not be fired");
    expect(slotsOf()).toEqual(["10:30:00"]);
  });
});

describe("a clock that jumps", () => {
  test("back and forth fires no slot twice", async () => {
    await create(room, timeSchedule(every(1, "10:30:00")));
    await room.schedules.tick(at("10:30:00"), engine);
    await room.schedules.tick(at("10:32:00"), engine);
    await room.schedules.tick(at("10:29:00"), engine);
    await room.schedules.tick(at("10:31:00"), engine);
    await room.schedules.tick(at("10:33:00"), engine);
    expect(slotsOf()).toEqual(["10:30:00", "10:31:00", "10:32:00", "10:33:00"]);
  });
});

describe("after an outage", () => {
  const missing = (missed: RequestedPolicy["missed"]): ScheduleRequest =>
    timeSchedule(every(10, "10:30:00"), { policy: { missed } });

  test("only the newest slot runs, however old, when the policy says so", async () => {
    const id = await create(room, missing({ kind: "newest" }));
    expect(await room.schedules.tick(at("12:39:59"), engine)).toHaveLength(1);
    expect(slotsOf()).toEqual(["12:30:00"]);
    expect(await room.eventsOf(id)).toMatchObject([
      { kind: "fired" },
      { kind: "missed", at: `${day}T10:30:00.000Z`, until: `${day}T12:30:00.000Z`, count: 12, isMore: false },
    ]);
    expect(await room.schedules.tick(at("12:40:00"), engine)).toHaveLength(1);
  });

  test("all within the window run, up to the cap, the newest ones", async () => {
    await create(room, missing({ kind: "all", windowMinutes: 60, most: 100 }));
    await room.schedules.tick(at("12:30:00"), engine);
    expect(slotsOf()).toEqual([
      "11:30:00",
      "11:40:00",
      "11:50:00",
      "12:00:00",
      "12:10:00",
      "12:20:00",
      "12:30:00",
    ]);
  });

  test("of all within the window no more than the cap run", async () => {
    const id = await create(room, missing({ kind: "all", windowMinutes: 600, most: 2 }));
    await room.schedules.tick(at("12:35:00"), engine);
    expect(slotsOf()).toEqual(["12:20:00", "12:30:00"]);
    expect((await room.eventsOf(id)).at(-1)).toMatchObject({ kind: "missed", count: 11 });
  });

  test("none run when all are older than the window", async () => {
    const daily = { frequency: "Day", interval: 1, start_time: `${day}T10:30:00` };
    await create(
      room,
      timeSchedule(daily, { policy: { missed: { kind: "all", windowMinutes: 5, most: 9 } } }),
    );
    expect(await room.schedules.tick(at("11:00:00"), engine)).toEqual([]);
  });
});

describe("while the run before is not over", () => {
  const during = (whileRunning: string): ScheduleRequest =>
    timeSchedule(every(10, "10:30:00"), { policy: { whileRunning } });

  test("the next slot starts another run unless something else is said", async () => {
    await create(room, timeSchedule(every(10, "10:30:00")));
    await room.schedules.tick(at("10:30:00"), engine);
    expect(await room.schedules.tick(at("10:40:00"), engine)).toHaveLength(1);
  });

  test("skip leaves the slot out and names the run", async () => {
    const id = await create(room, during("skip"));
    const [runId] = await room.schedules.tick(at("10:30:00"), engine);
    expect(await room.schedules.tick(at("10:40:00"), engine)).toEqual([]);
    expect((await room.eventsOf(id))[0]).toMatchObject({
      kind: "ignored",
      at: `${day}T10:40:00.000Z`,
      reason: `run ${runId} is not over`,
    });
    room.runs.over.add(runId!);
    expect(await room.schedules.tick(at("10:50:00"), engine)).toHaveLength(1);
  });

  test("queueOne lets one slot wait beyond the five minutes, drops those after it, and goes on", async () => {
    const id = await create(room, during("queueOne"));
    const [runId] = await room.schedules.tick(at("10:30:00"), engine);
    for (const time of ["10:40:00", "10:41:00", "10:50:00", "11:05:00"]) {
      expect(await room.schedules.tick(at(time), engine)).toEqual([]);
    }
    room.runs.over.add(runId!);
    expect(await room.schedules.tick(at("11:06:00"), engine)).toHaveLength(1);
    expect(slotsOf()).toEqual(["10:30:00", "10:40:00"]);
    expect(await room.eventsOf(id)).toMatchObject([
      { kind: "dropped", at: `${day}T10:50:00.000Z`, until: `${day}T11:06:00.000Z` },
      { kind: "fired", at: `${day}T10:40:00.000Z` },
      { kind: "fired", at: `${day}T10:30:00.000Z` },
    ]);
    [...room.runs.claimed.keys()].forEach((run) => room.runs.over.add(run));
    expect(await room.schedules.tick(at("11:10:00"), engine)).toHaveLength(1);
  });

  test("cancelPrevious cancels it and starts", async () => {
    await create(room, during("cancelPrevious"));
    const [runId] = await room.schedules.tick(at("10:30:00"), engine);
    expect(await room.schedules.tick(at("10:40:00"), engine)).toHaveLength(1);
    expect([...room.runs.over]).toEqual([runId]);
  });

  test("a run that another host starts for the same slot meanwhile is not taken for an earlier one", async () => {
    await create(room, during("cancelPrevious"));
    const runs = room.runs.asRuns();
    const list: Runs["list"] = async (...asked) => {
      await room.schedules.tick(new Date(`${day}T10:30:00Z`), engine);
      return runs.list(...asked);
    };
    await room.secondHost({ runs: { ...runs, list } }).tick(at("10:30:00"), engine);
    expect(room.runs.claimed.size).toBe(1);
    expect(room.runs.over.size).toBe(0);
  });

  test("a slot whose own run exists is not taken for one that has to wait", async () => {
    const id = await create(room, during("skip"));
    const stored = await Promise.all([1, 2].map(() => room.secondHost().tick(at("10:30:00"), engine)));
    expect(stored.flat()).toHaveLength(1);
    expect((await room.eventsOf(id)).map(({ kind }) => kind)).toEqual(["fired"]);
  });
});

describe("an end and excluded dates", () => {
  test("end the schedule and leave its dates out", async () => {
    const daily = { frequency: "Day", interval: 1, start_time: `${day}T11:00:00` };
    const policy = { endTime: "2026-05-19T11:00:00", excludedDates: ["2026-05-18"] };
    await create(room, timeSchedule(daily, { policy }));
    for (const date of [17, 18, 19, 20]) {
      await room.schedules.tick(room.setNow(`2026-05-${date}T11:00:00Z`), engine);
    }
    expect(room.runs.submissions.map(({ cause }) => (cause.kind === "slot" ? cause.slotAt : ""))).toEqual([
      `${day}T11:00:00.000Z`,
      "2026-05-19T11:00:00.000Z",
    ]);
  });

  test("given later take the slot away that was waited for, and given back do not fire for the past", async () => {
    const daily = { frequency: "Day", interval: 1, start_time: `${day}T11:00:00` };
    const id = await create(room, timeSchedule(daily));
    await room.schedules.update(id, timeSchedule(daily, { policy: { excludedDates: [day] } }), engine);
    expect(await room.schedules.tick(at("11:00:00"), engine)).toEqual([]);
    at("11:02:00");
    await room.schedules.update(id, timeSchedule(daily), engine);
    expect(await room.schedules.tick(at("11:03:00"), engine)).toEqual([]);
    expect(await room.schedules.tick(room.setNow("2026-05-18T11:00:00Z"), engine)).toHaveLength(1);
  });

  test("are refused with all that is wrong", async () => {
    const policy = { gap: "x", endTime: "x", missed: { kind: "all", windowMinutes: 0 }, whileRunning: "x" };
    const outcome = await room.schedules.create(timeSchedule(every(1, "10:30:00"), { policy }), engine);
    const problems = outcome.status === "refused" ? outcome.problems : [];
    expect(problems.map(({ field }) => field)).toEqual(["gap", "end_time", "missed", "while_running"]);
  });
});

describe("a schedule that cannot fire", () => {
  const problem = {
    code: "UnknownDatastore",
    field: "DataPathAssignments.input_data",
    expected: "a datastore",
    received: "gone",
  };

  test("says so on itself until a run is accepted, and tries no slot twice", async () => {
    const id = await create(room, timeSchedule(every(10, "10:30:00")));
    room.runs.refusal = { status: "refused", problems: [problem] };
    await room.schedules.tick(at("10:30:00"), engine);
    const trouble = { at: `${day}T10:30:00.000Z`, problems: [problem] };
    expect((await room.schedules.find(id))?.trouble).toEqual(trouble);
    room.runs.refusal = undefined;
    expect(await room.schedules.tick(at("10:31:00"), engine)).toEqual([]);
    expect((await room.schedules.find(id))?.trouble).toEqual(trouble);
    await room.schedules.tick(at("10:40:00"), engine);
    expect((await room.schedules.find(id))?.trouble).toBeNull();
  });

  test("on a change says so as well, and an edit ends it", async () => {
    const id = await create(room, changeSchedule("inbox"));
    room.runs.refusal = { status: "refused", problems: [problem] };
    await room.schedules.blobChanged(blobCreated("inbox/a.csv", "0x1"), engine);
    expect((await room.schedules.find(id))?.trouble).toMatchObject({ problems: [problem] });
    await room.schedules.update(id, changeSchedule("inbox", { name: "mended" }), engine);
    expect((await room.schedules.find(id))?.trouble).toBeNull();
  });
});
