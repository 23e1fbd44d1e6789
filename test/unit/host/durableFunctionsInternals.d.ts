declare module "durable-functions/lib/src/orchestrations/Orchestrator" {
  export class Orchestrator {
    constructor(program: unknown);
    listen(): (payload: unknown, context: unknown) => Promise<unknown>;
  }
}
