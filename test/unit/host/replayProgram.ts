/** One run of an orchestrator in the real durable-functions library, in this process, as the worker would do it. */
import type { OrchestrationContext } from "durable-functions";
import { Orchestrator } from "durable-functions/lib/src/orchestrations/Orchestrator";
import type { TurnResult } from "../../../src/host/durable/turnResult";
import { readTurnResult, type HandlerEnd } from "../../../src/host/worker/readTurnResult";

export type Program = (context: OrchestrationContext) => Generator<unknown, unknown, unknown>;

export interface ReplayPayload {
  /** Parsed history events. */
  readonly history: unknown;
  readonly input: unknown;
  readonly instanceId: string;
}

export async function replayProgram(
  program: Program,
  payload: ReplayPayload,
  knownLeaves: number,
): Promise<TurnResult> {
  const context = { df: undefined as unknown };
  const orchestrator = new Orchestrator(program);
  const end = await settle(orchestrator.listen()(complete(payload), context));
  const { taskOrchestratorExecutor } = context.df as { taskOrchestratorExecutor: Record<string, unknown> };
  return readTurnResult(end, taskOrchestratorExecutor, knownLeaves);
}

async function settle(running: Promise<unknown>): Promise<HandlerEnd> {
  try {
    return { ok: true, value: await running };
  } catch (error) {
    return { ok: false, error };
  }
}

function complete({ history, input, instanceId }: ReplayPayload): unknown {
  return {
    history: reviveDates(history),
    input,
    instanceId,
    isReplaying: false,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: "36500.00:00:00",
    maximumShortTimerDuration: "36500.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
}

function reviveDates(history: unknown): unknown {
  return (history as Record<string, unknown>[]).map((event) => ({
    ...event,
    Timestamp: new Date(event["Timestamp"] as string),
  }));
}
