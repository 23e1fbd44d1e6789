/** One run of an orchestrator in the real durable-functions library, in this process, as the worker would do it. */
import type { OrchestrationContext } from "durable-functions";
import { Orchestrator } from "durable-functions/lib/src/orchestrations/Orchestrator";
import type { TurnResult } from "../../../src/host/durable/turnResult";
import { readTurnResult, type HandlerEnd } from "../../../src/host/worker/readTurnResult";

export type Program = (context: OrchestrationContext) => Generator<unknown, unknown, unknown>;

/** `payload`: the text that the host gives to an orchestrator's trigger. */
export async function replayProgram(
  program: Program,
  payload: string,
  knownLeaves: number,
): Promise<TurnResult> {
  const context = { df: undefined as unknown };
  const orchestrator = new Orchestrator(program);
  const end = await settle(orchestrator.listen()(parse(payload), context));
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

/** As the library reads it: instants are dates. */
function parse(payload: string): unknown {
  return JSON.parse(payload, (key, value: unknown) =>
    key === "Timestamp" && typeof value === "string" ? new Date(value) : value,
  );
}
