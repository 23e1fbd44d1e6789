import { describe, expect, test } from "@jest/globals";
import type { OrchestrationContext, Task } from "durable-functions";
import { pipelineRunOrchestrator } from "../../../src/runs/pipelineRunOrchestrator";
import { stepRunOrchestrator } from "../../../src/runs/stepRunOrchestrator";

interface Made extends Task {
  readonly what: string;
  isCanceled: boolean;
  cancel(): void;
}

/** Records what a generator asks for; the test completes tasks by hand. */
function byHand(instanceId: string, input: unknown) {
  const asked: string[] = [];
  const tasks: Made[] = [];
  let next: unknown = "none";
  const now = new Date("2026-01-02T03:04:05.000Z");
  const make = (what: string): Made => {
    const task: Made = {
      what,
      isCompleted: false,
      isFaulted: false,
      isCanceled: false,
      cancel: () => {
        task.isCanceled = true;
      },
    };
    asked.push(what);
    tasks.push(task);
    return task;
  };
  const df = {
    instanceId,
    currentUtcDateTime: now,
    getInput: () => input,
    callActivity: (name: string, value: unknown) => make(`${name} ${JSON.stringify(value)}`),
    createTimer: (at: Date) => make(`timer ${at.getTime() - now.getTime()}`),
    waitForExternalEvent: (name: string) => make(`event ${name}`),
    continueAsNew: (value: unknown) => (next = value),
    Task: { any: (of: Made[]) => make(`any ${of.length}`) },
  };
  const context = { df } as unknown as OrchestrationContext;
  const task = (what: string): Made => tasks.find((one) => one.what.startsWith(what))!;
  const complete = (what: string): Made => {
    const made = task(what);
    made.isCompleted = true;
    return made;
  };
  return { context, asked, task, complete, next: () => next };
}

describe("pipelineRun", () => {
  const input = { runId: "r", token: "t" };

  test("looks before it waits, so a wake-up before its first turn is not needed", () => {
    const hand = byHand("r", input);
    pipelineRunOrchestrator(hand.context).next();
    expect(hand.asked).toEqual(['advanceRun {"runId":"r","token":"t","started":[]}']);
  });

  test("ends without waiting once the run is over", () => {
    const hand = byHand("r", input);
    const loop = pipelineRunOrchestrator(hand.context);
    loop.next();
    expect(loop.next({ over: true, started: [] }).done).toBe(true);
    expect(hand.next()).toBe("none");
  });

  test("leaves no timer open when it is woken, and does not start anew what was started", () => {
    const hand = byHand("r", input);
    const loop = pipelineRunOrchestrator(hand.context);
    loop.next();
    loop.next({ over: false, started: [3] });
    expect(hand.asked.slice(1)).toEqual(["timer 30000", "event wake", "any 2"]);
    expect(loop.next(hand.complete("event")).done).toBe(true);
    expect(hand.task("timer").isCanceled).toBe(true);
    expect(hand.next()).toEqual({ runId: "r", token: "t", started: [3], failures: 0 });
  });

  test("starts everything that is due again when only its safety timer woke it", () => {
    const hand = byHand("r", { ...input, started: [3] });
    const loop = pipelineRunOrchestrator(hand.context);
    loop.next();
    loop.next({ over: false, started: [3] });
    loop.next(hand.complete("timer"));
    expect(hand.task("timer").isCanceled).toBe(false);
    expect(hand.next()).toMatchObject({ started: [] });
  });

  test("looks again when the run's time limit is reached, if that comes before the safety timer", () => {
    for (const [dueInMs, waits] of [
      [1_500, "timer 1500"],
      [90_000, "timer 30000"],
    ] as const) {
      const hand = byHand("r", input);
      const loop = pipelineRunOrchestrator(hand.context);
      loop.next();
      loop.next({ over: false, started: [], dueInMs });
      expect(hand.asked).toContain(waits);
    }
  });

  test("tells its activity how often it has failed, so that it can give up", () => {
    const hand = byHand("r", { ...input, failures: 2 });
    pipelineRunOrchestrator(hand.context).next();
    expect(hand.asked).toEqual(['advanceRun {"runId":"r","token":"t","started":[],"failures":2}']);
  });

  test("outlives a failing activity, looking again ever later", () => {
    for (const [failures, waits] of [
      [0, "timer 500"],
      [3, "timer 4000"],
      [40, "timer 15000"],
    ] as const) {
      const hand = byHand("r", { ...input, failures });
      const loop = pipelineRunOrchestrator(hand.context);
      loop.next();
      expect(loop.throw(new Error("storage is away")).done).toBe(false);
      expect(hand.asked).toContain(waits);
      loop.next(hand.complete("timer"));
      expect(hand.next()).toMatchObject({ failures: failures + 1 });
    }
  });
});

describe("stepRun", () => {
  test("polls ever more rarely, up to a quarter of a minute", () => {
    const waits = [0, 1, 2, 5, 100].map((looks) => {
      const hand = byHand("r.a.1", { looks, failures: 0 });
      const loop = stepRunOrchestrator(hand.context);
      loop.next();
      loop.next({ over: false, ending: false });
      loop.next(hand.complete("timer"));
      expect(hand.next()).toEqual({ looks: looks + 1, failures: 0 });
      return hand.asked.find((what) => what.startsWith("timer"));
    });
    expect(waits).toEqual(["timer 500", "timer 1000", "timer 2000", "timer 15000", "timer 15000"]);
  });

  test("waits as long as a retry has to, and then polls from the beginning", () => {
    const hand = byHand("r.a.2", { looks: 4, failures: 0 });
    const loop = stepRunOrchestrator(hand.context);
    loop.next();
    loop.next({ over: false, ending: false, waitMs: 90_000 });
    expect(hand.asked).toContain("timer 90000");
    loop.next(hand.complete("timer"));
    expect(hand.next()).toEqual({ looks: 0, failures: 0 });
  });

  test("looks again soon after it told an attempt to end", () => {
    const hand = byHand("r.a.1", { looks: 9, failures: 0 });
    const loop = stepRunOrchestrator(hand.context);
    loop.next();
    loop.next({ over: false, ending: true });
    loop.next(hand.complete("event"));
    expect(hand.next()).toEqual({ looks: 0, failures: 0 });
  });

  test("begins without input, names its attempt by its instance id and ends when nothing is left to do", () => {
    const hand = byHand("r.a.1", "");
    const loop = stepRunOrchestrator(hand.context);
    loop.next();
    expect(hand.asked).toEqual(['advanceStep {"attemptId":"r.a.1","failures":0}']);
    expect(loop.next({ over: true, ending: false }).done).toBe(true);
  });

  test("waits a real time after a start without input, which the engine delivers as the empty text", () => {
    const hand = byHand("r.a.1", "");
    const loop = stepRunOrchestrator(hand.context);
    loop.next();
    loop.next({ over: false, ending: false });
    expect(hand.asked).toContain("timer 500");
  });

  test("counts failures in a row, so that the activity can give up", () => {
    const hand = byHand("r.a.1", { looks: 2, failures: 4 });
    const loop = stepRunOrchestrator(hand.context);
    loop.next();
    loop.throw(new Error("boom"));
    loop.next(hand.complete("event"));
    expect(hand.next()).toEqual({ looks: 3, failures: 5 });
  });
});
