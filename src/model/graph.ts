/** Which step waits for which: pure questions about the edges of a definition. */

/** Ids of the nodes and, for each, the ids that must come before it. Edges from unknown ids count as none. */
export type Predecessors = ReadonlyMap<string, readonly string[]>;

interface Edges {
  readonly id: string;
  readonly inputs: readonly { readonly source: { readonly kind: string; readonly stepId?: string } }[];
  readonly runAfter: readonly string[];
}

/** Each step's predecessors by data and by `runAfter`, each once, in the order in which they are named. */
export function predecessorsOf(steps: readonly Edges[]): Predecessors {
  return new Map(
    steps.map((step) => {
      const byData = step.inputs.flatMap(({ source }) =>
        source.stepId === undefined ? [] : [source.stepId],
      );
      return [step.id, [...new Set([...byData, ...step.runAfter])]];
    }),
  );
}

/**
 * One cycle as the ids along it, the first repeated at the end (`a → b → a` is ["a", "b", "a"], each the
 * predecessor of the one before), or undefined. Does not recurse, so a chain may be as long as it likes.
 */
export function findCycle(graph: Predecessors): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const cycle = done.has(start) ? undefined : cycleFrom(graph, start, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function cycleFrom(graph: Predecessors, start: string, done: Set<string>): readonly string[] | undefined {
  const path: string[] = [];
  const onPath = new Set<string>();
  const enter = (id: string): { id: string; pending: string[] } => {
    path.push(id);
    onPath.add(id);
    return { id, pending: [...(graph.get(id) ?? [])] };
  };
  const stack = [enter(start)];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.pending.pop();
    if (next === undefined) {
      done.add(top.id);
      onPath.delete(top.id);
      path.pop();
      stack.pop();
    } else if (onPath.has(next)) {
      return [...path.slice(path.indexOf(next)), next];
    } else if (!done.has(next) && graph.has(next)) {
      stack.push(enter(next));
    }
  }
  return undefined;
}
