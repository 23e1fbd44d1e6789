/** What the store keeps: every table of a task hub, its key and its row. Rows of earlier versions lack what is optional. */
import type { Instance } from "./instance";
import type { Message } from "./message";

/** An instance's place in its inbox: the lower number is delivered first, and a start has 0. */
export interface InboxRow {
  readonly at: number;
  /** The execution that it is for; null = whichever runs. */
  readonly executionId: string | null;
  readonly message: Message;
}

/**
 * An activity that waits to run or is running. `attempt` counts runs that a lost worker cut short, `hostLosses` those that the
 * end of a host may have.
 */
export interface TaskRow {
  readonly seq: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string | null;
  readonly attempt: number;
  readonly hostLosses?: number;
}

/** Due index of the open timers: [due, instance id, timer id]. */
export type TimerKey = [number, string, number];

/** Keys and rows by table. JSON is kept as text. */
export interface HubTables {
  readonly instances: { readonly key: string; readonly row: Instance };
  /** Input of the running execution, by instance. */
  readonly inputs: { readonly key: string; readonly row: string };
  /** The events of one turn, joined by commas, by instance and number of the turn. */
  readonly history: { readonly key: [string, number]; readonly row: string };
  /** By instance and place. */
  readonly inbox: { readonly key: [string, number]; readonly row: InboxRow };
  /** By `seq`. */
  readonly tasks: { readonly key: number; readonly row: TaskRow };
  /** The row is the execution id. */
  readonly timers: { readonly key: TimerKey; readonly row: string };
  /** The status of a timer trigger, by function. */
  readonly schedules: { readonly key: string; readonly row: unknown };
  /** The last number given, the layout, and a probe of a disk that was full. */
  readonly meta: { readonly key: string; readonly row: unknown };
}
