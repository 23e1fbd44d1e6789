import type { OrchestrationContext, Task } from "durable-functions";

/** The library's answer to the history; what was recorded stays as it is. */
export declare function replayHistory(
  generator: (context: OrchestrationContext) => Generator<Task, unknown, unknown>,
  recorded: { readonly instanceId: string; readonly input: unknown; readonly history: readonly unknown[] },
): Promise<unknown>;
