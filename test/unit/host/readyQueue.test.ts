import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ReadyQueue } from "../../../src/host/durable/readyQueue";

/** A disk that knows, in order, the names that have something to do. */
class Disk {
  readonly names = new Set<string>();
  longestPage = 0;

  readonly read = (after: string, limit: number): string[] => {
    const page = [...this.names]
      .sort()
      .filter((name) => name > after)
      .slice(0, limit);
    this.longestPage = Math.max(this.longestPage, page.length);
    return page;
  };
}

describe("the ready queue", () => {
  test("gives names first in, first out, each once (R1)", () => {
    const queue = new ReadyQueue(3, () => []);
    ["b", "a", "b"].forEach((name) => queue.add(name));
    expect([queue.take(), queue.take(), queue.take()]).toEqual(["b", "a", undefined]);
  });

  test("finds a name again that had no room while a page behind it was being worked off (R3)", () => {
    const disk = new Disk();
    const queue = new ReadyQueue(2, disk.read);
    const arrive = (name: string): void => {
      disk.names.add(name);
      queue.add(name);
    };
    ["k", "l", "m", "n", "o"].forEach(arrive);
    const taken: string[] = [];
    for (let name = queue.take(); name !== undefined; name = queue.take()) {
      taken.push(name);
      disk.names.delete(name);
      if (name === "m") ["p", "a", "b"].forEach(arrive);
    }
    expect(taken.sort()).toEqual(["a", "b", "k", "l", "m", "n", "o", "p"]);
  });

  test("forgets no name and never holds more than its limit, in any order of arrivals and turns (R2, R3)", () => {
    const steps = fc.array(fc.oneof(fc.constant(null), fc.stringMatching(/^[a-f]{1,2}$/)), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (limit, arrivals) => {
        const disk = new Disk();
        const queue = new ReadyQueue(limit, disk.read);
        for (const name of arrivals) {
          if (name === null) disk.names.delete(queue.take() ?? "");
          else {
            disk.names.add(name);
            queue.add(name);
          }
          expect(queue.size).toBeLessThanOrEqual(limit);
        }
        for (let name = queue.take(); name !== undefined; name = queue.take()) disk.names.delete(name);
        expect([...disk.names]).toEqual([]);
        expect(disk.longestPage).toBeLessThanOrEqual(limit);
      }),
    );
  });

  test("takes up what waits on disk when it is told to read again", () => {
    const disk = new Disk();
    ["a", "b", "c"].forEach((name) => disk.names.add(name));
    const queue = new ReadyQueue(2, disk.read);
    expect(queue.take()).toBeUndefined();
    queue.readAgain();
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(["a", "b", "c", undefined]);
  });
});
