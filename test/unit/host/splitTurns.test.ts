import { describe, expect, test } from "@jest/globals";
import * as df from "durable-functions";
import fc from "fast-check";
import { SimulatedHub, type Program } from "./simulatedHub";

const steps = [
  "one",
  "any",
  "all",
  "retry",
  "lost",
  "impatient",
  "timer",
  "race",
  "child",
  "childRetry",
  "event",
] as const;
type Step = (typeof steps)[number];

/** An orchestrator that notes what each step gave it, then starts anew once, then ends with its notes. */
function programOf(shape: readonly Step[], continues: boolean): Program {
  return function* (context) {
    const { df: durable } = context;
    const input = durable.getInput<{ notes: unknown[] } | null>();
    const notes: unknown[] = [...(input?.notes ?? [])];
    const retry = new df.RetryOptions(1000, 2);
    const impatient = new df.RetryOptions(1000, 3);
    impatient.retryTimeoutInMilliseconds = 500;
    const make = (step: Step, n: number): df.Task => {
      const call = (name: string): df.Task => durable.callActivity(`${name}${n}`);
      switch (step) {
        case "one":
          return call("A");
        case "any":
          return durable.Task.any([call("A"), call("B")]);
        case "all":
          return durable.Task.all([call("A"), durable.callActivityWithRetry(`Flaky${n}`, retry), call("B")]);
        case "retry":
          return durable.callActivityWithRetry(`Flaky${n}`, retry);
        case "lost":
          return durable.callActivityWithRetry(`Lost${n}`, retry);
        case "impatient":
          return durable.callActivityWithRetry(`Lost${n}`, impatient);
        case "timer":
          return durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + 10));
        case "race":
          return durable.Task.any([durable.callActivityWithRetry(`Flaky${n}`, retry), call("A")]);
        case "child":
          return durable.callSubOrchestrator(`Child${n}`, null);
        case "childRetry":
          return durable.callSubOrchestratorWithRetry(`Flaky${n}`, retry, null);
        case "event":
          return durable.waitForExternalEvent("told");
      }
    };
    for (const [n, step] of shape.entries()) {
      try {
        const value: unknown = yield make(step, n);
        notes.push(value instanceof Object && "result" in value ? value.result : value);
      } catch (error) {
        notes.push((error as Error).message);
      }
    }
    if (continues && input === null) durable.continueAsNew({ notes });
    else return notes;
  };
}

interface Outcome {
  readonly status: string;
  readonly output: string | null;
  /** How often each activity and child was started, in the generations together. */
  readonly started: readonly string[];
}

/**
 * Runs a program to its end: every wave of answers is one inbox, taken in turns of the given sizes. A program that waits for
 * an event gets it with `surplus` more behind it, which may be behind its continue-as-new.
 */
async function outcomeOf(
  shape: readonly Step[],
  continues: boolean,
  surplus: number,
  sizes: Iterator<number>,
): Promise<Outcome> {
  const hub = new SimulatedHub(programOf(shape, continues));
  const runs = new Map<string, number>();
  let raised = 0;
  let answered = 0;
  for (let wave = 0; wave < 60 && !["Completed", "Failed"].includes(hub.instance.status); wave++) {
    while (await hub.turn(sizes.next().value as number));
    if (hub.instance.ledger.open.length === 0) {
      for (let n = 0; n <= surplus; n++) {
        hub.send({ kind: "eventRaised", name: "told", input: String(raised++) });
      }
    }
    for (; answered < hub.commits.length; answered++) {
      const { tasks, children } = hub.commits[answered]!;
      const calls = [
        ...tasks.map(({ taskId, name }) => ({ id: taskId, name })),
        ...children.map(({ parent, name }) => ({ id: parent.taskId, name })),
      ];
      for (const { id, name } of calls.sort((a, b) => a.id - b.id)) answer(hub, runs, id, name);
    }
    hub.now += 5000;
  }
  const started = [...runs].map(([name, count]) => `${name.replace(/^\S+ /, "")} ${count}`).sort();
  return { status: hub.instance.status, output: hub.instance.output, started };
}

function answer(hub: SimulatedHub, runs: Map<string, number>, id: number, name: string): void {
  const key = `${hub.instance.executionId} ${name}`;
  const run = (runs.get(key) ?? 0) + 1;
  runs.set(key, run);
  if (name.startsWith("Lost") || (name.startsWith("Flaky") && run === 1)) hub.fail(id);
  else hub.complete(id, `${name} run ${run}`);
  if (name.startsWith("B")) hub.complete(id, "a second time");
}

function* always(size: number): Generator<number> {
  for (;;) yield size;
}

describe("the turn function", () => {
  test("gives the same outcome however the same inbox is split into turns, for every kind of action (T2)", async () => {
    const shapes = fc.array(fc.constantFrom<Step>(...steps, "event", "event", "event"), {
      minLength: 1,
      maxLength: 7,
    });
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 4 }));
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), fc.nat(3), sizes, async (shape, continues, surplus, split) => {
        const whole = await outcomeOf(shape, continues, surplus, always(200));
        expect(whole.status).toBe("Completed");
        expect(await outcomeOf(shape, continues, surplus, split[Symbol.iterator]())).toEqual(whole);
        expect(await outcomeOf(shape, continues, surplus, always(1))).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });
});
