import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSlots } from "../../../src/compute/local/slots";

/** Takes a slot for each name, and tells in which order what became of them. */
function takeAll(slots: ReturnType<typeof createSlots>, names: readonly string[]): string[] {
  const heard: string[] = [];
  for (const name of names) void slots.take(name).then((answer) => heard.push(`${name} ${answer}`));
  return heard;
}

const settled = () => new Promise<void>((next) => setImmediate(next));

describe("slots", () => {
  test("let in as many as the limit, and the next one that came when one is over", async () => {
    const slots = createSlots(2);
    const heard = takeAll(slots, ["a", "b", "c", "d"]);
    await settled();
    expect(heard).toEqual(["a taken", "b taken"]);
    slots.release("a");
    await settled();
    expect(heard).toEqual(["a taken", "b taken", "c taken"]);
    expect([slots.isWaiting("d"), slots.held()]).toEqual([true, ["b", "c"]]);
  });

  test("never let in what was withdrawn while it waited", async () => {
    const slots = createSlots(1);
    const heard = takeAll(slots, ["a", "b", "c"]);
    slots.withdraw("b");
    slots.release("a");
    await settled();
    expect(heard).toEqual(["a taken", "b withdrawn", "c taken"]);
  });

  test("count what an earlier process started, even beyond the limit", async () => {
    const slots = createSlots(1);
    slots.hold("old");
    slots.hold("older");
    const heard = takeAll(slots, ["new"]);
    slots.release("old");
    await settled();
    expect(heard).toEqual([]);
    slots.release("older");
    await settled();
    expect(heard).toEqual(["new taken"]);
  });

  test("release of one that holds nothing lets nobody in", async () => {
    const slots = createSlots(1);
    const heard = takeAll(slots, ["a", "b"]);
    slots.release("stranger");
    slots.release("b");
    await settled();
    expect(heard).toEqual(["a taken"]);
  });

  test("whatever comes and goes, the limit holds and everyone who stays is let in in order", async () => {
    const moves = fc.array(
      fc.record({ kind: fc.constantFrom("take", "release", "withdraw"), at: fc.nat(9) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), moves, async (limit, script) => {
        const slots = createSlots(limit);
        const letIn: number[] = [];
        const withdrawn = new Set<number>();
        let next = 0;
        for (const { kind, at } of script) {
          if (kind === "take") {
            const name = next++;
            void slots.take(String(name)).then((answer) => {
              if (answer === "taken") letIn.push(name);
              else withdrawn.add(name);
            });
          } else if (kind === "release") slots.release(slots.held()[at % limit] ?? "none");
          else slots.withdraw(String(at));
          expect(slots.held().length).toBeLessThanOrEqual(limit);
        }
        while (slots.held().length > 0) slots.release(slots.held()[0] ?? "");
        await settled();
        expect(letIn).toEqual([...letIn].sort((a, b) => a - b));
        expect(letIn.length + withdrawn.size).toBe(next);
      }),
    );
  });
});
