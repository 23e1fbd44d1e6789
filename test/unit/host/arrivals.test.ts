import { describe, expect, test } from "@jest/globals";
import { Arrivals, type Arrival } from "../../../src/host/durable/arrivals";

const arrival = (seq: number): Arrival => ({
  seq,
  at: 0,
  executionId: "e",
  message: { kind: "taskCompleted", taskId: seq, result: null },
});

describe("completions on their way to the disk", () => {
  test("are offered to their own instance only, in the order in which they came", () => {
    const arrivals = new Arrivals();
    [3, 4].forEach((seq) => arrivals.add("a", arrival(seq)));
    arrivals.add("b", arrival(5));
    expect(arrivals.of("a").map(({ seq }) => seq)).toEqual([3, 4]);
    expect(arrivals.of("c")).toEqual([]);
  });

  test("are not offered again after a turn lost its commit with them, and still tell that nobody took them", () => {
    const arrivals = new Arrivals();
    arrivals.add("a", arrival(3));
    arrivals.withhold("a", [3, 99]);
    expect(arrivals.of("a")).toEqual([]);
    expect(arrivals.remove("a", 3)).toBe(true);
  });

  test("tell by being gone that a committed turn took them", () => {
    const arrivals = new Arrivals();
    arrivals.add("a", arrival(3));
    expect(arrivals.remove("a", 3)).toBe(true);
    expect(arrivals.remove("a", 3)).toBe(false);
  });
});
