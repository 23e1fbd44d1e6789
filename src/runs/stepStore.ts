/** The rows of steps: written with the run, moved by ETag, never moved out of a terminal status. */
import { odata, TableTransaction, type TableClient, type TableEntity } from "@azure/data-tables";
import { isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { batchesOf, largestBatch } from "./batches";
import { mayStepMove } from "./statusMoves";
import {
  decodeStep,
  encodeStep,
  planRowKey,
  stepPartition,
  stepTable,
  type NewStep,
  type StoredStep,
} from "./stepRow";

export interface StepMove {
  readonly from: StoredStep;
  readonly to: NewStep;
}

export interface StepStore {
  /** Rows of one claim's partition, in batches; `beside` are other rows of it. */
  insert(steps: readonly NewStep[], beside: readonly TableEntity[]): Promise<void>;
  /** All steps of a run in the order of the definition. */
  list(runId: string, token: string): Promise<readonly StoredStep[]>;
  find(runId: string, token: string, stepRunId: string): Promise<StoredStep | undefined>;
  /** Writes one row anew; undefined when another writer came first. Throws on a move that is not allowed. */
  move(move: StepMove): Promise<StoredStep | undefined>;
  /**
   * Writes rows of one run anew, in batches where no other writer interferes and one by one where one does.
   * False when at least one row had changed meanwhile and was left alone.
   */
  moveAll(moves: readonly StepMove[]): Promise<boolean>;
}

export function createStepStore(workspace: Workspace): StepStore {
  const table = (): Promise<TableClient> => workspace.table(stepTable);
  const store: StepStore = {
    async insert(steps, beside) {
      for (const batch of batchesOf([...beside, ...steps.map(encodeStep)], largestBatch)) {
        const transaction = new TableTransaction();
        for (const row of batch) transaction.createEntity(row);
        await (await table()).submitTransaction(transaction.actions);
      }
    },
    async list(runId, token) {
      const filter = odata`PartitionKey eq ${stepPartition(runId, token)} and RowKey lt ${planRowKey}`;
      const steps: StoredStep[] = [];
      for await (const entity of (await table()).listEntities({ queryOptions: { filter } })) {
        steps.push(decodeStep(entity));
      }
      return steps.sort((a, b) => a.order - b.order);
    },
    async find(runId, token, stepRunId) {
      try {
        return decodeStep(await (await table()).getEntity(stepPartition(runId, token), stepRunId));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async move(move) {
      assertAllowed(move);
      try {
        const { etag } = await (
          await table()
        ).updateEntity(encodeStep(move.to), "Replace", { etag: move.from.etag });
        return { ...move.to, etag: etag ?? "" };
      } catch (error) {
        if (isPreconditionFailed(error)) return undefined;
        throw error;
      }
    },
    async moveAll(moves) {
      moves.forEach(assertAllowed);
      let all = true;
      for (const batch of batchesOf(moves, largestBatch)) {
        if (await moveTogether(await table(), batch)) continue;
        const each = await Promise.all(batch.map((move) => store.move(move)));
        if (each.includes(undefined)) all = false;
      }
      return all;
    },
  };
  return store;
}

/** A row may also be written anew without moving, as long as it is not terminal. */
function assertAllowed({ from, to }: StepMove): void {
  const { stepId, status } = from.record;
  const stays = status === to.record.status && (status === "queued" || status === "running");
  if (stays || mayStepMove(status, to.record.status)) return;
  throw new Error(`step ${stepId} may not move from ${status} to ${to.record.status}`);
}

async function moveTogether(client: TableClient, moves: readonly StepMove[]): Promise<boolean> {
  const transaction = new TableTransaction();
  for (const { from, to } of moves) transaction.updateEntity(encodeStep(to), "Replace", { etag: from.etag });
  try {
    await client.submitTransaction(transaction.actions);
    return true;
  } catch (error) {
    if (isPreconditionFailed(error)) return false;
    throw error;
  }
}
