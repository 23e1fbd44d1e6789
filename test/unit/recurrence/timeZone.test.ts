import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { dateOfDay, dayOfDate, instantOf, lengthOfMonth, weekDayOf } from "../../../src/model/localTime";
import { findTimeZone, type TimeZone } from "../../../src/model/timeZone";
import { windowsZones } from "../../../src/model/windowsZones";
import { v1TimeZones } from "./v1TimeZones";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function zone(id: string): TimeZone {
  const found = findTimeZone(id);
  if (found === undefined) throw new Error(`no zone ${id}`);
  return found;
}

describe("ids", () => {
  test("knows all 131 zones of v1, by the official spelling", () => {
    expect(v1TimeZones).toHaveLength(131);
    for (const id of v1TimeZones) expect(zone(id.toUpperCase()).id).toBe(id);
  });

  test("maps every Windows id to a zone that this Node has", () => {
    for (const [id, iana] of windowsZones) {
      const instant = Date.parse("2026-07-01T00:00:00Z");
      expect({ id, offset: zone(id).offsetAt(instant) }).toEqual({
        id,
        offset: zone(iana).offsetAt(instant),
      });
    }
  });

  test.each([
    ["UTC-11", -11],
    ["UTC+12", 12],
    ["Mid-Atlantic Standard Time", -2],
    ["Central Asia Standard Time", 6],
    ["India Standard Time", 5.5],
    ["Kamchatka Standard Time", 12],
  ])("reads the offset of %s with the right sign", (id, hours) => {
    expect(zone(id).offsetAt(Date.parse("2026-01-15T00:00:00Z"))).toBe(hours * hourMs);
  });

  test("takes IANA names in any case and keeps the spelling that came", () => {
    expect(zone("europe/BERLIN").id).toBe("europe/BERLIN");
    expect(zone("europe/BERLIN").offsetAt(0)).toBe(zone("Europe/Berlin").offsetAt(0));
  });

  test.each([
    "",
    "Mars/Olympus",
    "+01:00",
    "BST",
    "pst",
    "AET",
    "SystemV/PST8",
    "W. Europe",
    "Europe/Berlin ",
    "constructor",
    "__proto__",
  ])("does not take %j for a zone", (id) => {
    expect(findTimeZone(id)).toBeUndefined();
  });
});

describe("offsets", () => {
  test("agrees with Intl at any instant", () => {
    const ids = [
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "Pacific/Apia",
      "Africa/Casablanca",
      "America/Anchorage",
      "Asia/Kathmandu",
    ];
    const instants = fc.integer({
      min: Date.parse("1850-01-01T00:00:00Z"),
      max: Date.parse("2060-01-01T00:00:00Z"),
    });
    fc.assert(
      fc.property(fc.constantFrom(...ids), instants, (id, instant) => {
        const parts = new Intl.DateTimeFormat("en-US", {
          timeZone: id,
          hourCycle: "h23",
          year: "numeric",
          month: "numeric",
          day: "numeric",
          hour: "numeric",
          minute: "numeric",
          second: "numeric",
        }).formatToParts(instant);
        const part = (type: string): number => Number(parts.find((item) => item.type === type)!.value);
        const shown = Date.UTC(
          part("year"),
          part("month") - 1,
          part("day"),
          part("hour"),
          part("minute"),
          part("second"),
        );
        expect(zone(id).offsetAt(instant)).toBe(shown - Math.floor(instant / 1000) * 1000);
      }),
      { numRuns: 300 },
    );
  });

  test("changes at the very second, not at the day", () => {
    const change = Date.parse("2024-03-31T01:00:00Z");
    expect(zone("Europe/Berlin").offsetAt(change - 1)).toBe(hourMs);
    expect(zone("Europe/Berlin").offsetAt(change)).toBe(2 * hourMs);
    expect(zone("Europe/Berlin").constantOffset(change - dayMs, change + dayMs)).toBeUndefined();
    expect(zone("Europe/Berlin").constantOffset(change + dayMs, change + 9 * dayMs)).toBe(2 * hourMs);
  });

  test("keeps local mean time before the first change, however early", () => {
    expect(zone("Europe/Berlin").offsetAt(-8_000_000_000_000_000)).toBe((53 * 60 + 28) * 1000);
  });
});

describe("local times", () => {
  test("name the instant whose clock shows them, the first one if there are two", () => {
    const ids = [
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "America/New_York",
      "Africa/Casablanca",
      "Pacific/Apia",
    ];
    const instants = fc.integer({
      min: Date.parse("1990-01-01T00:00:00Z"),
      max: Date.parse("2035-01-01T00:00:00Z"),
    });
    fc.assert(
      fc.property(fc.constantFrom(...ids), instants, (id, instant) => {
        const local = instant + zone(id).offsetAt(instant);
        const found = instantOf(zone(id), local);
        expect(found).toBeLessThanOrEqual(instant);
        expect(found + zone(id).offsetAt(found)).toBe(local);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("calendar", () => {
  test("agrees with the platform's over 8,000 years", () => {
    fc.assert(
      fc.property(fc.integer({ min: -730_000, max: 2_900_000 }), (day) => {
        const date = new Date(day * dayMs);
        const { month, dayOfMonth } = dateOfDay(day);
        expect([month, dayOfMonth]).toEqual([
          date.getUTCFullYear() * 12 + date.getUTCMonth(),
          date.getUTCDate(),
        ]);
        expect(weekDayOf(day)).toBe((date.getUTCDay() + 6) % 7);
        expect(dayOfDate({ month, dayOfMonth })).toBe(day);
        expect(dayOfMonth).toBeLessThanOrEqual(lengthOfMonth(month));
      }),
      { numRuns: 3000 },
    );
  });
});
