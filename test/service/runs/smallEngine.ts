/**
 * A durable engine in miniature, in memory: drives the real orchestrator generators, runs activities at once,
 * buffers external events and drops those that a generation leaves unconsumed, as the real one does.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import type { RunEngine } from "../../../src/runs/runs";

export type Orchestrator = (context: OrchestrationContext) => Generator<Task, void, unknown>;
export type Activities = Readonly<Record<string, (input: never, engine: RunEngine) => Promise<unknown>>>;

interface Instance {
  readonly ended: Promise<void>;
  events: number;
  hear: () => void;
}

type WorkTask = Task & {
  kind: "activity" | "event" | "timer" | "any";
  wait(): Promise<unknown>;
  cancel(): void;
};

export interface SmallEngine extends RunEngine {
  /** Resolves when the instance and everything that it started have ended. */
  ended(instanceId: string): Promise<void>;
  readonly started: readonly string[];
  /** The most that any generation of any instance needed, of what Azure limits. */
  readonly most: { readonly tasks: number; readonly inputLength: number };
}

export function createSmallEngine(
  orchestrators: { readonly pipelineRun: Orchestrator; readonly stepRun: Orchestrator },
  activities: () => Activities,
): SmallEngine {
  const instances = new Map<string, Instance>();
  const running = new Set<string>();
  const started: string[] = [];
  const most = { tasks: 0, inputLength: 0 };

  async function generation(
    orchestrator: Orchestrator,
    instanceId: string,
    input: unknown,
  ): Promise<unknown> {
    const instance = instances.get(instanceId)!;
    most.inputLength = Math.max(most.inputLength, JSON.stringify(input ?? null).length);
    let next: unknown;
    let tasks = 0;
    const context = contextOf(instance, instanceId, input, (value) => (next = value));
    const steps = orchestrator(context);
    for (let turn = steps.next(); turn.done !== true;) {
      most.tasks = Math.max(most.tasks, ++tasks);
      try {
        const value = await (turn.value as WorkTask).wait();
        turn = steps.next(value);
      } catch (error) {
        turn = steps.throw(error);
      }
    }
    if (next !== undefined) instance.events = 0;
    return next;
  }

  function contextOf(
    instance: Instance,
    instanceId: string,
    input: unknown,
    continueAsNew: (next: unknown) => void,
  ): OrchestrationContext {
    const task = (
      kind: WorkTask["kind"],
      wait: () => Promise<unknown>,
      cancel = () => undefined,
    ): WorkTask => {
      const made: WorkTask = {
        kind,
        isCompleted: false,
        isFaulted: false,
        cancel,
        wait: async () => {
          const value = await wait();
          made.isCompleted = true;
          return value;
        },
      };
      return made;
    };
    const timerTask = (at: Date): WorkTask => {
      let timer: NodeJS.Timeout | undefined;
      return task(
        "timer",
        () =>
          new Promise((fire) => (timer = setTimeout(fire, Math.max(0, at.getTime() - Date.now())).unref())),
        () => {
          clearTimeout(timer);
          return undefined;
        },
      );
    };
    const eventTask = (): WorkTask =>
      task("event", async () => {
        if (instance.events === 0) await new Promise<void>((heard) => (instance.hear = heard));
        instance.events--;
      });
    const df = {
      instanceId,
      currentUtcDateTime: new Date(),
      getInput: () => input,
      continueAsNew,
      callActivity: (name: string, activityInput: unknown) =>
        task("activity", () => activities()[name]!(structuredClone(activityInput) as never, engine)),
      createTimer: timerTask,
      waitForExternalEvent: eventTask,
      Task: {
        any: (tasks: WorkTask[]) =>
          task("any", () => Promise.race(tasks.map((one) => one.wait().then(() => one)))),
      },
    };
    return { df } as unknown as OrchestrationContext;
  }

  function start(orchestrator: Orchestrator, instanceId: string, firstInput: unknown): Promise<void> {
    if (running.has(instanceId)) return Promise.resolve();
    running.add(instanceId);
    started.push(instanceId);
    const loop = async (): Promise<void> => {
      await Promise.resolve();
      for (let input = firstInput, first = true; first || input !== undefined; first = false) {
        input = await generation(orchestrator, instanceId, input);
      }
    };
    let begin: () => void = () => undefined;
    const ended = new Promise<void>((go) => (begin = go))
      .then(loop)
      .finally(() => running.delete(instanceId));
    ended.catch(() => undefined);
    instances.set(instanceId, { ended, events: 0, hear: () => undefined });
    begin();
    return Promise.resolve();
  }

  const engine: SmallEngine = {
    started,
    most,
    startRun: (runId, token) => start(orchestrators.pipelineRun, runId, { runId, token }),
    startStep: (attemptId) => start(orchestrators.stepRun, attemptId, undefined),
    wake(instanceId) {
      const instance = instances.get(instanceId);
      if (instance !== undefined && running.has(instanceId)) {
        instance.events++;
        instance.hear();
      }
      return Promise.resolve();
    },
    isUnderWay: (instanceId) => Promise.resolve(running.has(instanceId)),
    async ended(instanceId) {
      await instances.get(instanceId)!.ended;
      for (const [id, { ended }] of instances) if (id.startsWith(`${instanceId}.`)) await ended;
    },
  };
  return engine;
}
