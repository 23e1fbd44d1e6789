/** An orchestrator or activity as the app registered it: its spelling, and its trigger's binding name. */
export interface DurableFunctionName {
  readonly name: string;
  readonly triggerName: string;
}
