/** What an instance's inbox holds. Texts named `result` and `input` are JSON. */
export type Message =
  | { readonly kind: "start" }
  | { readonly kind: "taskCompleted"; readonly taskId: number; readonly result: string | null }
  | { readonly kind: "taskFailed"; readonly taskId: number; readonly failure: Failure }
  | { readonly kind: "childCompleted"; readonly taskId: number; readonly result: string | null }
  | { readonly kind: "childFailed"; readonly taskId: number; readonly failure: Failure }
  | { readonly kind: "timerFired"; readonly timerId: number; readonly fireAt: number }
  | { readonly kind: "eventRaised"; readonly name: string; readonly input: string | null };

/** Why a task failed. `details` is never null: the replaying library needs both texts. */
export interface Failure {
  readonly reason: string;
  readonly details: string;
  readonly failureDetails: Readonly<Record<string, unknown>> | null;
}

/**
 * A message on its way to an instance. `seq` orders the inbox; a due timer has none (`null`), since it is
 * not a row but an open timer of the ledger. `executionId` null means "whichever generation is running".
 */
export interface InboxEntry {
  readonly seq: number | null;
  readonly at: number;
  readonly executionId: string | null;
  readonly message: Message;
}
