import { describe, expect, test } from "@jest/globals";
import { parseClockPolicy, v1ClockPolicy, type ClockPolicy } from "../../../src/model/clockPolicy";
import { textOfInstant, textOfLocal, textOfOffset } from "../../../src/model/instantText";
import { occurrences } from "../../../src/model/occurrences";
import { parseRecurrence } from "../../../src/model/recurrence";
import { previewSlots } from "../../../src/model/slotPreview";

const at = (iso: string): number => Date.parse(iso);

function rule(input: object) {
  const parsed = parseRecurrence({ frequency: "Day", interval: 1, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function slots(input: object, after: string, count: number, policy: Partial<ClockPolicy>): readonly string[] {
  const found = occurrences(rule(input), at(after), at(after), count, { ...v1ClockPolicy, ...policy });
  return found.map(textOfInstant);
}

const berlin = { time_zone: "Europe/Berlin" };
const inGap = { ...berlin, hours: [2], minutes: [30] };

describe("a time that the clock skips", () => {
  const around = "2024-03-30T12:00:00Z";
  test.each([
    ["forward", ["2024-03-31T01:30:00Z", "2024-04-01T00:30:00Z"]],
    ["skip", ["2024-04-01T00:30:00Z", "2024-04-02T00:30:00Z"]],
    ["firstValid", ["2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"]],
  ] as const)("goes by the gap policy %s", (gap, expected) => {
    expect(slots(inGap, around, 2, { gap })).toEqual(expected);
  });

  test("is left out also when it is the start itself", () => {
    const start = { ...berlin, start_time: "2024-03-31T02:30:00" };
    expect(slots(start, around, 1, { gap: "skip" })).toEqual(["2024-04-01T00:30:00Z"]);
  });

  test("becomes the first instant after a gap of half an hour on Lord Howe, or of a day in Apia", () => {
    const lordHowe = { time_zone: "Australia/Lord_Howe", hours: [2], minutes: [15] };
    expect(slots(lordHowe, "2024-10-05T12:00:00Z", 1, { gap: "firstValid" })).toEqual([
      "2024-10-05T15:30:00Z",
    ]);
    const apia = { time_zone: "Pacific/Apia", hours: [9], minutes: [0] };
    expect(slots(apia, "2011-12-30T00:00:00Z", 2, { gap: "firstValid" })).toEqual([
      "2011-12-30T10:00:00Z",
      "2011-12-30T19:00:00Z",
    ]);
  });
});

describe("a time that the clock shows twice", () => {
  test.each([
    ["first", ["2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"]],
    ["last", ["2024-10-27T01:30:00Z", "2024-10-28T01:30:00Z"]],
    ["both", ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"]],
  ] as const)("goes by the overlap policy %s", (overlap, expected) => {
    expect(slots(inGap, "2024-10-26T12:00:00Z", 2, { overlap })).toEqual(expected);
  });

  test("keeps the order of instants when both passes of several times run", () => {
    const grid = { ...berlin, hours: [2], minutes: [0, 30] };
    expect(slots(grid, "2024-10-26T12:00:00Z", 5, { overlap: "both" })).toEqual([
      "2024-10-27T00:00:00Z",
      "2024-10-27T00:30:00Z",
      "2024-10-27T01:00:00Z",
      "2024-10-27T01:30:00Z",
      "2024-10-28T01:00:00Z",
    ]);
  });
});

describe("an end", () => {
  test("is the last instant that may be a slot, in the zone's time or by its offset", () => {
    const noon = { ...berlin, hours: [12], minutes: [0] };
    const ended = (endTime: string): readonly string[] => slots(noon, "2024-07-01T00:00:00Z", 9, { endTime });
    expect(ended("2024-07-02T12:00:00")).toEqual(["2024-07-01T10:00:00Z", "2024-07-02T10:00:00Z"]);
    expect(ended("2024-07-02T11:59:59")).toEqual(["2024-07-01T10:00:00Z"]);
    expect(ended("2024-07-02T10:00:00Z")).toHaveLength(2);
    expect(ended("2024-01-01T00:00:00")).toEqual([]);
  });

  test("ends elapsed time as well", () => {
    const endTime = "2024-07-01T02:00:00";
    expect(slots({ frequency: "Hour" }, "2024-07-01T00:00:00Z", 9, { endTime })).toHaveLength(2);
  });
});

describe("an excluded date", () => {
  test("takes the slots written on it, and no other", () => {
    const late = { ...berlin, hours: [0, 23], minutes: [30] };
    expect(slots(late, "2024-07-01T00:00:00Z", 3, { excludedDates: ["2024-07-02"] })).toEqual([
      "2024-07-01T21:30:00Z",
      "2024-07-02T22:30:00Z",
      "2024-07-03T21:30:00Z",
    ]);
  });

  test("takes the hours of its local day from elapsed time, and keeps the phase", () => {
    const everySeven = { frequency: "Hour", interval: 7, ...berlin };
    const all = slots(everySeven, "2024-07-01T00:00:00Z", 12, {});
    const left = slots(everySeven, "2024-07-01T00:00:00Z", 8, { excludedDates: ["2024-07-02"] });
    const isOn = (slot: string): boolean => slot >= "2024-07-01T22" && slot < "2024-07-02T22";
    expect(left).toEqual(all.filter((slot) => !isOn(slot)).slice(0, 8));
  });

  test("may be followed by a thousand others without the slots being walked one by one", () => {
    const excludedDates = Array.from({ length: 1000 }, (_, index) =>
      textOfLocal(at("2024-01-01T00:00:00Z") + index * 86_400_000).slice(0, 10),
    );
    const everyMinute = { frequency: "Minute", ...berlin };
    expect(slots(everyMinute, "2024-01-01T12:00:00Z", 1, { excludedDates })).toEqual([
      "2026-09-26T22:00:00Z",
    ]);
  });
});

describe("a policy as it is written", () => {
  test("is v1's where nothing is said", () => {
    expect(parseClockPolicy({})).toEqual({ ok: true, value: v1ClockPolicy });
    expect(parseClockPolicy({ gap: null, endTime: null, excludedDates: null })).toEqual({
      ok: true,
      value: v1ClockPolicy,
    });
  });

  test("has its dates in order and once", () => {
    const excludedDates = ["2026-12-26", "2026-12-25", "2026-12-26"];
    expect(parseClockPolicy({ excludedDates })).toMatchObject({
      value: { excludedDates: ["2026-12-25", "2026-12-26"] },
    });
  });

  test("is refused with all that is wrong", () => {
    const refused = parseClockPolicy({
      gap: "jump",
      overlap: 2,
      endTime: "soon",
      excludedDates: ["2026-02-30"],
    });
    expect(refused.ok ? [] : refused.problems.map(({ field }) => field)).toEqual([
      "gap",
      "overlap",
      "end_time",
      "excluded_dates",
    ]);
  });
});

describe("a preview", () => {
  const preview = (input: object, after: string, count: number, policy: Partial<ClockPolicy> = {}) =>
    previewSlots(rule(input), at(after), at(after), count, { ...v1ClockPolicy, ...policy }).map(
      ({ local, offset, mark, skipped }) => [textOfLocal(local), textOfOffset(offset), mark, skipped],
    );

  test("shows the local time with its offset, and marks what the clock's change moves", () => {
    expect(preview(inGap, "2024-03-29T12:00:00Z", 3)).toEqual([
      ["2024-03-30T02:30:00", "+01:00", null, null],
      ["2024-03-31T03:30:00", "+02:00", "moved", null],
      ["2024-04-01T02:30:00", "+02:00", null, null],
    ]);
  });

  test("tells of each excluded date its first slot, and none that comes after those asked for", () => {
    const everyMinute = { frequency: "Minute", interval: 1, start_time: "2024-01-01T00:00:00" };
    const excludedDates = ["2024-07-02", "2024-07-03", "2024-08-01"];
    expect(preview(everyMinute, "2024-07-01T23:58:30Z", 2, { excludedDates })).toEqual([
      ["2024-07-01T23:59:00", "+00:00", null, null],
      ["2024-07-02T00:00:00", "+00:00", null, "excluded"],
      ["2024-07-03T00:00:00", "+00:00", null, "excluded"],
      ["2024-07-04T00:00:00", "+00:00", null, null],
    ]);
  });

  test("marks both passes of an hour that comes twice, and the first slot after a change", () => {
    expect(preview(inGap, "2024-10-26T12:00:00Z", 3, { overlap: "both" })).toEqual([
      ["2024-10-27T02:30:00", "+02:00", "firstPass", null],
      ["2024-10-27T02:30:00", "+01:00", "lastPass", null],
      ["2024-10-28T02:30:00", "+01:00", null, null],
    ]);
    const noon = { ...berlin, hours: [12], minutes: [0] };
    expect(preview(noon, "2024-10-26T00:00:00Z", 2)).toEqual([
      ["2024-10-26T12:00:00", "+02:00", null, null],
      ["2024-10-27T12:00:00", "+01:00", "offsetChanged", null],
    ]);
  });

  test("tells what is skipped, an excluded date once", () => {
    const policy = { gap: "skip", excludedDates: ["2024-04-01"] } as const;
    const twice = { ...inGap, hours: [2, 5] };
    expect(preview(twice, "2024-03-30T12:00:00Z", 2, policy)).toEqual([
      ["2024-03-31T03:30:00", "+02:00", "offsetChanged", "gap"],
      ["2024-03-31T05:30:00", "+02:00", null, null],
      ["2024-04-01T02:30:00", "+02:00", null, "excluded"],
      ["2024-04-02T02:30:00", "+02:00", null, null],
    ]);
  });
});
