import { describe, expect, test } from "@jest/globals";
import * as df from "durable-functions";
import fc from "fast-check";
import { retryDelayMs } from "../../../src/host/durable/ledger";
import { SimulatedHub, startOfTime, type Program } from "./simulatedHub";

const retry = (attempts: number): df.RetryOptions => new df.RetryOptions(1000, attempts);

/** Names of what each commit started, with its number. */
function scheduled(hub: SimulatedHub): string[] {
  return hub.commits.flatMap(({ chunk }) =>
    (JSON.parse(`[${chunk ?? ""}]`) as Record<string, unknown>[])
      .filter((event) => (event["EventId"] as number) >= 0)
      .map((event) => `${(event["Name"] as string | undefined) ?? "timer"}=${event["EventId"] as number}`),
  );
}

describe("the ledger of sequence numbers", () => {
  test("numbers a retried activity, its timers and what follows as the library does, the last timer included (L2)", async () => {
    const hub = new SimulatedHub(function* (context) {
      try {
        yield context.df.callActivityWithRetry("R", retry(2));
      } catch {
        return yield context.df.callActivity("B");
      }
      return null;
    });
    await hub.settle();
    hub.fail(0);
    await hub.settle();
    expect(hub.open).toEqual({ calls: [], timers: [1] });
    hub.now += 1000;
    await hub.settle();
    hub.fail(2);
    await hub.settle();
    expect(scheduled(hub)).toEqual(["R=0", "timer=1", "R=2", "timer=3", "B=4"]);
    hub.complete(4, "done");
    await hub.settle();
    expect(hub.instance).toMatchObject({ status: "Completed", output: '"done"' });
  });

  const race: Program = function* (context) {
    const retried = context.df.callActivityWithRetry("R", retry(2));
    yield context.df.Task.any([context.df.callActivity("S"), retried]);
    yield context.df.callActivity("D");
    return yield retried;
  };

  test("numbers the task after a race before the retry's timer when the race was won first (L2)", async () => {
    const hub = new SimulatedHub(race);
    await hub.settle();
    hub.complete(0);
    hub.fail(1);
    await hub.settle();
    expect(scheduled(hub)).toEqual(["S=0", "R=1", "D=2", "timer=3"]);
  });

  test("numbers the retry's timer before the task after a race when the failure came first (L2)", async () => {
    const hub = new SimulatedHub(race);
    await hub.settle();
    hub.fail(1);
    hub.complete(0);
    await hub.settle();
    expect(scheduled(hub)).toEqual(["S=0", "R=1", "timer=2", "D=3"]);
  });

  test("schedules a task once that is yielded in a race and then alone (L1)", async () => {
    const hub = new SimulatedHub(function* (context) {
      const timer = context.df.createTimer(new Date(startOfTime + 5000));
      for (let i = 0; i < 2; i++) yield context.df.Task.any([timer, context.df.waitForExternalEvent("go")]);
      yield timer;
      return "late";
    });
    await hub.settle();
    hub.send({ kind: "eventRaised", name: "go", input: null });
    hub.send({ kind: "eventRaised", name: "go", input: null });
    await hub.settle();
    expect(scheduled(hub)).toEqual(["timer=0"]);
    hub.now += 5000;
    await hub.settle();
    expect(hub.instance).toMatchObject({ status: "Completed", output: '"late"' });
  });

  test("never fires a timer that was cancelled, and does not wait for it", async () => {
    const hub = new SimulatedHub(function* (context) {
      const timer = context.df.createTimer(new Date(startOfTime + 60_000));
      yield context.df.Task.any([timer, context.df.callActivity("A")]);
      timer.cancel();
      return "ended";
    });
    await hub.settle();
    hub.complete(1);
    await hub.settle();
    expect(hub.instance.status).toBe("Completed");
    expect(hub.commits.at(-1)?.timersRemoved).toEqual([{ id: 0, fireAt: startOfTime + 60_000 }]);
  });

  test("fails an instance whose code schedules something else than its history recorded, instead of hanging (L3)", async () => {
    const hub = new SimulatedHub(function* (context) {
      yield context.df.callActivity("A");
      return yield context.df.callActivity("B");
    });
    await hub.settle();
    hub.redeploy(function* (context) {
      yield context.df.callActivity("X");
    });
    hub.complete(0);
    await hub.settle();
    expect(hub.instance.status).toBe("Failed");
    expect(hub.instance.output).toContain(
      "A previous execution of this orchestration scheduled the activity 'A'",
    );
  });

  test("grows the pause between attempts by the coefficient, up to the longest pause", () => {
    const options = {
      firstIntervalMs: 100,
      maxAttempts: 9,
      backoffCoefficient: 2,
      maxIntervalMs: 300,
      timeoutMs: null,
    };
    expect([1, 2, 3].map((attempt) => retryDelayMs(options, attempt))).toEqual([100, 200, 300]);
  });

  test("stops real work when the retry timeout is over, yet lets the library count to the end", async () => {
    const options = retry(3);
    options.retryTimeoutInMilliseconds = 500;
    const hub = new SimulatedHub(function* (context) {
      yield context.df.callActivityWithRetry("R", options);
      return null;
    });
    await hub.settle();
    hub.now += 1000;
    hub.fail(0);
    await hub.settle();
    expect(hub.commits.flatMap((commit) => commit.tasks.map((task) => task.taskId))).toEqual([0]);
    expect(hub.instance.status).toBe("Failed");
  });

  test("agrees with the library's own counter after every turn of any program, in any order of answers (L1, L2)", async () => {
    const shapes = fc.array(fc.constantFrom("one", "any", "all", "retry", "timer", "retryAll"), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(shapes, fc.infiniteStream(fc.nat(1000)), async (steps, choices) => {
        const hub = new SimulatedHub(programOf(steps));
        for (let i = 0; i < 200 && !["Completed", "Failed"].includes(hub.instance.status); i++) {
          await hub.settle();
          answerSomething(hub, () => choices.next().value as number);
        }
        expect(hub.instance).toMatchObject({ status: "Completed", output: '"ended"' });
      }),
      { numRuns: 150 },
    );
  });
});

/** Builds an orchestrator from shape names; every failure is caught, so that it always ends the same way. */
function programOf(steps: readonly string[]): Program {
  return function* (context) {
    const { df: durable } = context;
    const make: Record<string, () => df.Task> = {
      one: () => durable.callActivity("A"),
      any: () => durable.Task.any([durable.callActivity("A"), durable.callActivityWithRetry("R", retry(2))]),
      all: () => durable.Task.all([durable.callActivity("A"), durable.callActivity("B")]),
      retry: () => durable.callActivityWithRetry("R", retry(3)),
      timer: () => durable.createTimer(new Date(startOfTime + 10)),
      retryAll: () =>
        durable.Task.all([
          durable.callActivityWithRetry("R", retry(2)),
          durable.callActivityWithRetry("Q", retry(2)),
        ]),
    };
    for (const step of steps) {
      try {
        yield make[step]!();
      } catch {
        continue;
      }
    }
    return "ended";
  };
}

/** Answers one or more open tasks, chosen and ordered by `next`. */
function answerSomething(hub: SimulatedHub, next: () => number): void {
  const { calls, timers } = hub.open;
  const answers = 1 + (next() % 3);
  const left = [...calls];
  for (let i = 0; i < answers && left.length > 0; i++) {
    const [id] = left.splice(next() % left.length, 1);
    if (next() % 3 === 0) hub.fail(id!);
    else hub.complete(id!);
  }
  if (timers.length > 0 && (calls.length === 0 || next() % 2 === 0)) hub.now += 5000;
}
