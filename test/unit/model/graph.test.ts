import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { findCycle } from "../../../src/model/graph";

const ids = Array.from({ length: 8 }, (_, i) => `s${i}`);
const graphs = fc
  .array(fc.subarray(ids), { minLength: ids.length, maxLength: ids.length })
  .map((edges) => new Map(ids.map((id, index) => [id, edges[index]!])));

/** Whether repeatedly taking away nodes without predecessors leaves any: the textbook test for a cycle. */
function hasCycleByRemoval(graph: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Set(graph.keys());
  for (;;) {
    const free = [...left].filter((id) => graph.get(id)!.every((before) => !left.has(before)));
    if (free.length === 0) return left.size > 0;
    for (const id of free) left.delete(id);
  }
}

test("finds a cycle exactly when there is one", () => {
  fc.assert(fc.property(graphs, (graph) => (findCycle(graph) !== undefined) === hasCycleByRemoval(graph)));
});

test("what it shows is a cycle: every step of it is an edge, and it ends where it began", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const cycle = findCycle(graph);
      if (cycle === undefined) return;
      expect(cycle[0]).toBe(cycle.at(-1));
      cycle.slice(1).forEach((id, index) => expect(graph.get(cycle[index]!)).toContain(id));
    }),
  );
});
