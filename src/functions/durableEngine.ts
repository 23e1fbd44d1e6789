/** The engine that runs and schedules need, over the durable client. Every call may be repeated. */
import type { InvocationContext } from "@azure/functions";
import { getClient, input, OrchestrationRuntimeStatus, type DurableClient } from "durable-functions";
import { pipelineRunName, stepRunName, wakeEvent, type PipelineRunInput } from "../runs/orchestrations";
import { tickAtId, tickAtName, type TickAtInput } from "../schedules/tickAtOrchestrator";
import type { ScheduleEngine } from "../schedules/schedules";

/** The binding that every door names which needs the engine. */
export const durableClient = input.durableClient();

let newest: { readonly binding: string; readonly engine: ScheduleEngine } | undefined;

/**
 * The engine of an invocation. A client looks through all addresses that it is given, which costs more than a call of
 * it, so invocations that are given the same ones share it.
 */
export function engineOf(context: InvocationContext): ScheduleEngine {
  const binding = JSON.stringify(context.extraInputs.get(durableClient));
  if (newest?.binding !== binding) newest = { binding, engine: createDurableEngine(getClient(context)) };
  return newest.engine;
}

function createDurableEngine(client: DurableClient): ScheduleEngine {
  return {
    startRun(runId, token) {
      const input: PipelineRunInput = { runId, token };
      return start(client, pipelineRunName, { instanceId: runId, input });
    },
    startStep: (attemptId) => start(client, stepRunName, { instanceId: attemptId }),
    wake: (instanceId) => wake(client, instanceId),
    isUnderWay: (instanceId) => isUnderWay(client, instanceId),
    startTick(dueAt) {
      const input: TickAtInput = { dueAt: dueAt.getTime() };
      return start(client, tickAtName, { instanceId: tickAtId(dueAt), input });
    },
  };
}

/** An instance that is under way already is what the caller wants; whatever else was refused is not. */
async function start(
  client: DurableClient,
  orchestration: string,
  options: { readonly instanceId: string; readonly input?: PipelineRunInput | TickAtInput },
): Promise<void> {
  try {
    await client.startNew(orchestration, options);
  } catch (error) {
    if (!(await isUnderWay(client, options.instanceId))) throw error;
  }
}

async function isUnderWay(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return (
      runtimeStatus === OrchestrationRuntimeStatus.Running ||
      runtimeStatus === OrchestrationRuntimeStatus.Pending ||
      runtimeStatus === OrchestrationRuntimeStatus.ContinuedAsNew ||
      runtimeStatus === OrchestrationRuntimeStatus.Suspended
    );
  } catch {
    return false;
  }
}

/** An instance that is not there, or over, needs no waking; the client tells the first by its message only. */
async function wake(client: DurableClient, instanceId: string): Promise<void> {
  try {
    await client.raiseEvent(instanceId, wakeEvent, null);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("No instance with ID")) throw error;
  }
}
