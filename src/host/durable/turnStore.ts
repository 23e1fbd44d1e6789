/** Writes turns and activity completions: each is one transaction of the hub. */
import type { Arrival } from "./arrivals";
import type { ChildStart, TurnCommit } from "./finishTurn";
import type { HubDatabase } from "./hubDatabase";
import type { TaskRow } from "./hubTables";
import { isTerminal, type Instance } from "./instance";
import { checkInstanceId } from "./instanceId";
import { emptyLedger } from "./ledger";
import type { Failure } from "./message";

export type TurnWritten =
  | { readonly kind: "lost" }
  | { readonly kind: "committed"; readonly tasks: readonly TaskRow[]; readonly wake: readonly string[] };

/**
 * Commits a turn if the instance is still where the turn started: same execution, same position. "lost" means that a
 * terminate, suspend, purge or new start came between, or that one of the messages it took did not reach the inbox
 * (`arriving`, their places); nothing was written and the inbox is untouched.
 */
export async function commitTurn(
  hub: HubDatabase,
  turn: TurnCommit,
  arriving: readonly number[],
  now: number,
): Promise<TurnWritten> {
  return hub.commit(() => {
    const { instanceId } = turn.instance;
    const stored = hub.findInstance(instanceId);
    const { executionId, turns } = turn.expected;
    if (stored?.executionId !== executionId || stored.turns !== turns) return { kind: "lost" };
    if (arriving.some((seq) => hub.inbox.get([instanceId, seq]) === undefined)) return { kind: "lost" };
    writeInstance(hub, turn, stored);
    turn.timersRemoved.forEach(({ id, fireAt }) => void hub.timers.remove([fireAt, instanceId, id]));
    turn.timersAdded.forEach(({ id, fireAt }) => void hub.timers.put([fireAt, instanceId, id], executionId));
    turn.consumed.forEach((seq) => void hub.inbox.remove([instanceId, seq]));
    for (const message of turn.toSelf) hub.putMessage(instanceId, turn.instance.executionId, message, now);
    const tasks = turn.tasks.map((task) => {
      const row = { seq: hub.nextSeq(), instanceId, executionId, ...task, attempt: 1 };
      void hub.tasks.put(row.seq, row);
      return row;
    });
    const wake = turn.children.map((child) => startChild(hub, child, now));
    if (turn.toParent !== null) wake.push(...tellParent(hub, turn.toParent, now));
    return { kind: "committed", tasks, wake };
  });
}

function writeInstance(hub: HubDatabase, turn: TurnCommit, stored: Instance): void {
  const { instance, expected } = turn;
  hub.putInstance(instance, stored);
  if (turn.chunk !== null) void hub.history.put([instance.instanceId, expected.turns], turn.chunk);
  else hub.removeHistory(instance.instanceId);
  if (turn.nextInput !== null) putInput(hub, instance.instanceId, turn.nextInput.input);
}

/** Starts a child, or tells the parent why it cannot start; answers whom to wake. */
function startChild(hub: HubDatabase, child: ChildStart, now: number): string {
  const { parent, instanceId } = child;
  const existing = hub.findInstance(instanceId);
  const problem = checkInstanceId(instanceId);
  if (problem !== null || (existing !== undefined && !isTerminal(existing.status))) {
    const reason =
      problem ?? `An orchestration instance '${instanceId}' is already ${existing?.status ?? ""}.`;
    const failure: Failure = { reason, details: reason, failureDetails: null };
    hub.putMessage(
      parent.instanceId,
      parent.executionId,
      { kind: "childFailed", taskId: parent.taskId, failure },
      now,
    );
    return parent.instanceId;
  }
  createInstance(hub, { ...child, at: now });
  return instanceId;
}

export function tellParent(
  hub: HubDatabase,
  told: NonNullable<TurnCommit["toParent"]>,
  now: number,
): string[] {
  const { instanceId, executionId } = told.parent;
  const parent = hub.findInstance(instanceId);
  if (parent?.executionId !== executionId || isTerminal(parent.status)) return [];
  hub.putMessage(instanceId, executionId, told.message, now);
  return [instanceId];
}

export interface NewInstance {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly parent: Instance["parent"];
  readonly at: number;
}

/** Writes a Pending instance and its start, replacing an ended one of the same id. Inside a commit. */
export function createInstance(hub: HubDatabase, start: NewInstance): void {
  const { instanceId, executionId, name, version, parent, at } = start;
  removeInstance(hub, instanceId);
  const row: Instance = {
    instanceId,
    executionId,
    name,
    version,
    status: "Pending",
    parent,
    createdAt: at,
    updatedAt: at,
    lastEventAt: at,
    output: null,
    customStatus: null,
    turns: 0,
    isStarted: false,
    ledger: emptyLedger,
  };
  hub.putInstance(row, null);
  putInput(hub, instanceId, start.input);
  hub.putMessage(instanceId, executionId, { kind: "start" }, at);
}

/** Removes everything of an instance but its waiting activities, which find no owner and go. Inside a commit. */
export function removeInstance(hub: HubDatabase, instanceId: string): void {
  const existing = hub.findInstance(instanceId);
  if (existing === undefined) return;
  for (const task of existing.ledger.open) {
    if (task.kind !== "call") void hub.timers.remove([task.fireAt, instanceId, task.id]);
  }
  hub.removeHistory(instanceId);
  hub.removeInbox(instanceId);
  void hub.inputs.remove(instanceId);
  hub.removeInstance(existing);
}

function putInput(hub: HubDatabase, instanceId: string, input: string | null): void {
  if (input === null) void hub.inputs.remove(instanceId);
  else void hub.inputs.put(instanceId, input);
}

/**
 * Ends an activity: its row goes and its completion enters the inbox, in one transaction. Answers whether the owner
 * still waits for it; a completion for an ended or replaced execution is discarded.
 */
export async function completeTask(hub: HubDatabase, task: TaskRow, arrival: Arrival): Promise<boolean> {
  return hub.commit(() => {
    if (hub.tasks.get(task.seq) === undefined) return false;
    void hub.tasks.remove(task.seq);
    if (!hasOwner(hub, task)) return false;
    hub.putReserved(task.instanceId, arrival);
    return true;
  });
}

/** Whether the execution that scheduled the activity still runs. */
export function hasOwner(hub: HubDatabase, task: TaskRow): boolean {
  const owner = hub.findInstance(task.instanceId);
  return owner?.executionId === task.executionId && !isTerminal(owner.status);
}
