import type { OrchestrationContext, Task } from "durable-functions";

declare const generators: Readonly<
  Record<string, ((context: OrchestrationContext) => Generator<Task, unknown, unknown>) | undefined>
>;
export = generators;
