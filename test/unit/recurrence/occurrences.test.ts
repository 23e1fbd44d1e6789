import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { occurrences } from "../../../src/model/occurrences";
import { parseRecurrence, type Recurrence } from "../../../src/model/recurrence";
import { examples } from "./examples";
import { slowOccurrences, type PlainRecurrence } from "./slowOccurrences";

const at = (iso: string): number => Date.parse(iso);
const iso = (instants: readonly number[]): string[] =>
  instants.map((instant) => new Date(instant).toISOString().replace(".000Z", "Z"));

function recurrence(input: unknown): Recurrence {
  const parsed = parseRecurrence(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function slots(input: unknown, after: string, count: number, createdAt = after): string[] {
  return iso(occurrences(recurrence(input), at(createdAt), at(after), count));
}

describe("worked examples", () => {
  test.each(examples)(
    "$rule: $recurrence after $after",
    ({ recurrence: input, after, createdAt, expected }) => {
      expect(slots(input, after, expected.length, createdAt ?? after)).toEqual(expected);
    },
  );
});

describe("hand-checked cases", () => {
  const daily = (time_zone: string, start_time: string): object => ({
    frequency: "Day",
    interval: 1,
    start_time,
    time_zone,
  });
  test.each([
    // 2026-03-08 02:00 EST is 03:00 EDT: 02:30 moves to 03:30 EDT.
    [
      "America/New_York",
      "2026-03-07T02:30:00",
      ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
    ],
    // 2026-11-01 02:00 EDT is 01:00 EST: 01:30 is its first pass.
    [
      "America/New_York",
      "2026-10-31T01:30:00",
      ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    ],
    // 2026-04-05 02:00 +11:00 is 01:30 +10:30: 01:45 is its first pass.
    [
      "Australia/Lord_Howe",
      "2026-04-04T01:45:00",
      ["2026-04-03T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
    ],
    ["Asia/Kathmandu", "2026-03-29T02:30:00", ["2026-03-28T20:45:00Z", "2026-03-29T20:45:00Z"]],
    // Morocco is at +00:00 in Ramadan: 2026-02-15 03:00 is 02:00, and 2026-03-22 02:00 is 03:00.
    [
      "Africa/Casablanca",
      "2026-02-14T02:30:00",
      ["2026-02-14T01:30:00Z", "2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z"],
    ],
  ])("in %s from %s", (zone, start, expected) => {
    expect(slots(daily(zone, start), expected[0]!.replace(/T.*/, "T00:00:00Z"), expected.length)).toEqual(
      expected,
    );
  });

  test("end of month and leap day come from the anchor each time", () => {
    const monthly = { frequency: "Month", interval: 1, start_time: "2028-01-30T00:00:00" };
    expect(slots(monthly, "2028-02-01T00:00:00Z", 2)).toEqual([
      "2028-02-29T00:00:00Z",
      "2028-03-30T00:00:00Z",
    ]);
    const yearly = { frequency: "Month", interval: 12, start_time: "2096-02-29T00:00:00" };
    expect(slots(yearly, "2097-01-01T00:00:00Z", 8).at(-1)).toBe("2104-02-29T00:00:00Z");
  });
});

describe("clock changes", () => {
  test("moves a skipped time by half an hour on Lord Howe, and only that slot", () => {
    const rule = {
      frequency: "Day",
      interval: 1,
      start_time: "2024-10-05T02:15:00",
      time_zone: "Lord Howe Standard Time",
    };
    expect(slots(rule, "2024-10-05T00:00:00Z", 2)).toEqual(["2024-10-05T15:45:00Z", "2024-10-06T15:15:00Z"]);
  });

  test("runs once when Apia drops a whole day and two local times meet on one instant", () => {
    const rule = {
      frequency: "Day",
      interval: 1,
      start_time: "2011-12-28T10:00:00",
      time_zone: "Pacific/Apia",
    };
    expect(slots(rule, "2011-12-28T00:00:00Z", 4)).toEqual([
      "2011-12-28T20:00:00Z",
      "2011-12-29T20:00:00Z",
      "2011-12-30T20:00:00Z",
      "2011-12-31T20:00:00Z",
    ]);
  });

  test("neither drops nor doubles the slots of Apia's skipped day when the next day has the same", () => {
    const rule = { frequency: "Day", interval: 1, time_zone: "Pacific/Apia", hours: [8, 23], minutes: [0] };
    expect(slots(rule, "2011-12-30T00:00:00Z", 5)).toEqual([
      "2011-12-30T09:00:00Z",
      "2011-12-30T18:00:00Z",
      "2011-12-31T09:00:00Z",
      "2011-12-31T18:00:00Z",
      "2012-01-01T09:00:00Z",
    ]);
  });

  test("does not run a second time when the hour comes again in Berlin", () => {
    const rule = { frequency: "Day", interval: 1, time_zone: "Europe/Berlin", hours: [2], minutes: [0, 30] };
    expect(slots(rule, "2024-10-26T12:00:00Z", 3)).toEqual([
      "2024-10-27T00:00:00Z",
      "2024-10-27T00:30:00Z",
      "2024-10-28T01:00:00Z",
    ]);
  });

  test("starts in the second pass when the offset says so, and goes on with the first", () => {
    const rule = {
      frequency: "Day",
      interval: 1,
      start_time: "2024-10-27T02:30:00+01:00",
      time_zone: "Europe/Berlin",
    };
    expect(slots(rule, "2024-10-26T00:00:00Z", 2)).toEqual(["2024-10-27T01:30:00Z", "2024-10-28T01:30:00Z"]);
  });

  test("follows the rules of a zone beyond 2037", () => {
    const rule = { frequency: "Day", interval: 1, hours: [12], minutes: [0], time_zone: "Europe/Berlin" };
    expect(slots(rule, "2045-01-10T00:00:00Z", 1)).toEqual(["2045-01-10T11:00:00Z"]);
    expect(slots(rule, "2045-07-10T00:00:00Z", 1)).toEqual(["2045-07-10T10:00:00Z"]);
  });
});

describe("limits", () => {
  test("ends with the year 9999 instead of counting on", () => {
    const monthly = { frequency: "Month", interval: 1, start_time: "2020-01-31T00:00:00" };
    expect(slots(monthly, "9999-11-01T00:00:00Z", 5)).toEqual([
      "9999-11-30T00:00:00Z",
      "9999-12-31T00:00:00Z",
    ]);
  });

  test.each(["Minute", "Hour", "Day", "Week", "Month"])(
    "answers an absurd interval of %s with the start alone",
    (frequency) => {
      const rule = { frequency, interval: 1e300, start_time: "2026-01-01T00:00:00" };
      expect(slots(rule, "2025-01-01T00:00:00Z", 3)).toEqual(["2026-01-01T00:00:00Z"]);
    },
  );

  test("gives nothing when nothing is asked for", () => {
    expect(slots({ frequency: "Day", interval: 1 }, "2026-01-01T00:00:00Z", 0)).toEqual([]);
  });

  test("reaches far from a start two thousand years ago without walking there", () => {
    const rule = { frequency: "Week", interval: 3, start_time: "0024-01-01T09:00:00", week_days: ["Friday"] };
    const [first, second] = occurrences(
      recurrence(rule),
      at("2026-01-01T00:00:00Z"),
      at("2026-01-01T00:00:00Z"),
      2,
    );
    expect(second! - first!).toBe(21 * 86_400_000);
    expect(new Date(first!).getUTCDay()).toBe(5);
  });
});

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "Africa/Casablanca",
];
const subset = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...items], { minLength: 1 });
const lists = {
  hours: fc.option(subset([0, 1, 2, 3, 12, 23]), { nil: null }),
  minutes: fc.option(subset([0, 15, 30, 59]), { nil: null }),
};
const shapes = fc.oneof(
  fc.record({
    frequency: fc.constantFrom("Minute", "Hour", "Month"),
    interval: fc.integer({ min: 1, max: 50 }),
  }),
  fc.record({ frequency: fc.constant("Day"), interval: fc.integer({ min: 1, max: 9 }), ...lists }),
  fc.record({
    frequency: fc.constant("Week"),
    interval: fc.integer({ min: 1, max: 5 }),
    ...lists,
    week_days: fc.option(subset(["Monday", "Wednesday", "Sunday"]), { nil: null }),
  }),
);
const instants = fc.integer({
  min: at("2010-01-01T00:00:00Z") / 1000,
  max: at("2030-01-01T00:00:00Z") / 1000,
});
const starts = fc.option(
  instants.chain((second) =>
    fc
      .constantFrom("", "Z", "+05:30")
      .map((offset) => new Date(second * 1000).toISOString().slice(0, 19) + offset),
  ),
  { nil: null },
);
const recurrences = fc
  .tuple(shapes, starts, fc.constantFrom(...zones), fc.boolean())
  .map(([shape, start_time, time_zone, includeStart]) =>
    recurrence({ ...shape, start_time, time_zone, includeStart }),
  );
const edges = fc.oneof(
  instants,
  fc
    .constantFrom(
      "2024-03-31T01:00:00Z",
      "2024-10-27T01:00:00Z",
      "2011-12-30T10:00:00Z",
      "2024-10-05T15:30:00Z",
    )
    .chain((edge) => fc.integer({ min: -200_000, max: 200_000 }).map((shift) => at(edge) / 1000 + shift)),
);

/** What the slow walk can reach: starts within two years of the mark. */
const walkable = fc
  .tuple(shapes, fc.constantFrom(...zones), fc.boolean(), edges, fc.integer({ min: -400, max: 20 }))
  .chain(([shape, time_zone, includeStart, after, startDays]) =>
    fc
      .tuple(fc.constantFrom(null, "", "Z", "+05:30"), fc.integer({ min: -300, max: 2 }))
      .map(([offset, createdDays]) => {
        const start = new Date((Math.floor(after / 60) * 60 + startDays * 86_400) * 1000);
        const start_time = offset === null ? null : start.toISOString().slice(0, 19) + offset;
        const rule = { ...shape, time_zone, includeStart, start_time } as PlainRecurrence;
        return { rule, after: after * 1000, created: (after + createdDays * 86_400) * 1000 };
      }),
  );

describe("any recurrence", () => {
  test("has the slots that a slow walk over days and clock readings finds", () => {
    fc.assert(
      fc.property(walkable, ({ rule, created, after }) => {
        expect(iso(occurrences(recurrence(rule), created, after, 6))).toEqual(
          iso(slowOccurrences(rule, created, after, 6)),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("ascends strictly after the mark and after its creation, on whole seconds", () => {
    fc.assert(
      fc.property(recurrences, instants, edges, (rule, created, after) => {
        const found = occurrences(rule, created * 1000 + 500, after * 1000, 12);
        let last = Math.max(after * 1000, created * 1000 + 500);
        for (const slot of found) {
          expect(slot).toBeGreaterThan(last);
          expect(slot % 1000).toBe(0);
          last = slot;
        }
        expect(found).toHaveLength(12);
      }),
      { numRuns: 500 },
    );
  });

  test("gives the same slots one by one as all at once", () => {
    fc.assert(
      fc.property(recurrences, instants, edges, (rule, created, after) => {
        const all = occurrences(rule, created * 1000, after * 1000, 8);
        let mark = after * 1000;
        const stepped = all.map(() => (mark = occurrences(rule, created * 1000, mark, 1)[0]!));
        expect(stepped).toEqual(all);
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on where between two slots the mark lies", () => {
    fc.assert(
      fc.property(
        recurrences,
        instants,
        edges,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rule, created, after, part) => {
          const [first, second] = occurrences(rule, created * 1000, after * 1000, 2);
          const mark = first! + Math.floor((second! - 1 - first!) * part);
          expect(occurrences(rule, created * 1000, mark, 1)).toEqual([second]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("shows the written local time at each slot of a grid, except where the clock skipped it", () => {
    fc.assert(
      fc.property(recurrences, instants, edges, (rule, created, after) => {
        const { hours = null, minutes = null } = rule.schedule ?? {};
        fc.pre(hours !== null && minutes !== null);
        const clock = new Intl.DateTimeFormat("en-GB", {
          timeZone: rule.timeZone!,
          hourCycle: "h23",
          hour: "numeric",
          minute: "numeric",
        });
        for (const slot of occurrences(rule, created * 1000, after * 1000, 12)) {
          const [hour, minute] = clock.format(slot).split(":").map(Number);
          const isWritten = hours.includes(hour!) && minutes.includes(minute!);
          const changedSince = clockChanged(rule.timeZone!, slot - 25 * 3_600_000, slot);
          expect(isWritten || changedSince).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function clockChanged(timeZone: string, from: number, to: number): boolean {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const offset = (instant: number): string => format.format(instant).split("GMT")[1]!;
  return offset(from) !== offset(to);
}

describe("read backwards", () => {
  /** Every minute of the span whose local reading the rule admits: slow, and built on nothing of the module. */
  function admittedMinutes(
    hours: number[],
    minutes: number[],
    timeZone: string,
    from: number,
    to: number,
  ): number[] {
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hourCycle: "h23",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    const seen = new Set<string>();
    const found: number[] = [];
    for (let instant = from + 60_000; instant <= to; instant += 60_000) {
      const reading = clock.format(instant);
      const [hour, minute] = reading.split(", ")[1]!.split(":").map(Number);
      if (!hours.includes(hour!) || !minutes.includes(minute!) || seen.has(reading)) continue;
      seen.add(reading);
      found.push(instant);
    }
    return found;
  }

  test.each(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])(
    "finds every admitted minute of three weeks around a change in %s, once",
    (timeZone) => {
      const from = at("2024-10-20T00:00:00Z");
      const to = at("2024-11-10T00:00:00Z");
      const rule = recurrence({
        frequency: "Day",
        interval: 1,
        hours: [0, 1, 2, 3, 14],
        minutes: [0, 30],
        time_zone: timeZone,
      });
      const expected = admittedMinutes([0, 1, 2, 3, 14], [0, 30], timeZone, from, to);
      expect(iso(occurrences(rule, from, from, expected.length))).toEqual(iso(expected));
    },
  );
});
