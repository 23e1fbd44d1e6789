import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { v1ClockPolicy } from "../../../src/model/clockPolicy";
import { parseRecurrence } from "../../../src/model/recurrence";
import type { MissedPolicy } from "../../../src/schedules/schedules";
import { decideDue, oldestSlotMs, slotAfter, type Rhythm } from "../../../src/schedules/dueSlot";

const at = (iso: string): number => Date.parse(iso);

function rhythm(input: unknown, anchoredAt: string, missed: MissedPolicy = { kind: "recent" }): Rhythm {
  const parsed = parseRecurrence(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { recurrence: parsed.value, anchoredAt: at(anchoredAt), clock: v1ClockPolicy, missed };
}

const everyMinute = rhythm({ frequency: "Minute", interval: 1 }, "2026-05-17T10:00:00Z");
const slot = (iso: string): { kind: "slot"; dueAt: number } => ({ kind: "slot", dueAt: at(iso) });

describe("a due entry", () => {
  test("waits for its time", () => {
    expect(decideDue(slot("2026-05-17T10:01:00Z"), everyMinute, at("2026-05-17T10:00:59.999Z"))).toEqual({
      kind: "wait",
    });
  });

  test("runs up to five minutes late and leaves the next slot", () => {
    const next = slot("2026-05-17T10:02:00Z");
    expect(decideDue(slot("2026-05-17T10:01:00Z"), everyMinute, at("2026-05-17T10:06:00Z"))).toEqual({
      kind: "run",
      next,
    });
  });

  test("that is older is missed with all older ones, and the first that still runs is next", () => {
    expect(decideDue(slot("2026-05-17T10:01:00Z"), everyMinute, at("2026-05-17T10:06:00.001Z"))).toEqual({
      kind: "missed",
      until: at("2026-05-17T10:01:00.001Z"),
      count: 1,
      isMore: false,
      next: slot("2026-05-17T10:02:00Z"),
      afterThis: slot("2026-05-17T10:02:00Z"),
    });
  });

  test("that was missed for years does not cost a count of every slot", () => {
    expect(decideDue(slot("2026-05-17T10:01:00Z"), everyMinute, at("2036-05-17T10:06:00Z"))).toMatchObject({
      kind: "missed",
      count: 1001,
      isMore: true,
      next: slot("2036-05-17T10:01:00Z"),
    });
  });

  test("that was the last one leaves nothing", () => {
    const once = rhythm(
      { frequency: "Month", interval: 1e9, start_time: "2026-06-01T00:00:00" },
      "2026-05-17T10:00:00Z",
    );
    const due = slotAfter(once, once.anchoredAt)!;
    expect(due).toEqual(slot("2026-06-01T00:00:00Z"));
    expect(decideDue(due, once, due.dueAt)).toEqual({ kind: "run", next: null });
  });

  test("always leaves a later one, and never one that is missed already", () => {
    const shapes = fc.oneof(
      fc.record({
        frequency: fc.constantFrom("Minute", "Hour", "Day", "Week", "Month"),
        interval: fc.integer({ min: 1, max: 40 }),
      }),
    );
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 3 * 86_400_000 }), (shape, late) => {
        const any = rhythm(shape, "2026-03-28T10:00:07Z");
        const due = slotAfter(any, any.anchoredAt)!;
        const now = due.dueAt + late;
        const decision = decideDue(due, any, now);
        if (decision.kind === "wait") throw new Error("it is due");
        expect(decision.next!.dueAt).toBeGreaterThan(due.dueAt);
        if (decision.kind === "missed") expect(now - decision.next!.dueAt).toBeLessThanOrEqual(oldestSlotMs);
      }),
    );
  });
});
