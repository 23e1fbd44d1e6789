/** The rows of steps: written with the run, moved by ETag, never moved out of a terminal status. */
import { odata, TableTransaction, type TableClient, type TableEntity } from "@azure/data-tables";
import { isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { isTerminalStep } from "../model/runStatus";
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
  /**
   * Several steps of one run that are over, for others come after them: read once per process, for such rows never
   * change. Those that are not there are left out.
   */
  findEnded(runId: string, token: string, stepRunIds: readonly string[]): Promise<readonly StoredStep[]>;
  /** Writes one row anew; undefined when another writer came first. Throws on a move that is not allowed. */
  move(move: StepMove): Promise<StoredStep | undefined>;
  /**
   * Writes rows of one run anew, in batches where no other writer interferes and one by one where one does.
   * False when at least one row had changed meanwhile and was left alone.
   */
  moveAll(moves: readonly StepMove[]): Promise<boolean>;
}

/** Steps that are over which one process keeps in memory. */
const mostEnded = 2_000;

/** Beyond this many, one query for all steps of the run is cheaper. */
const mostSingleReads = 8;

const endedKey = (...names: readonly [runId: string, token: string, stepRunId: string]): string =>
  names.join(".");

export function createStepStore(workspace: Workspace): StepStore {
  const table = (): Promise<TableClient> => workspace.table(stepTable);
  const ended = new Map<string, StoredStep>();
  const rememberEnd = (step: StoredStep): StoredStep => {
    const { runId, stepRunId, status } = step.record;
    if (!isTerminalStep(status)) return step;
    ended.set(endedKey(runId, step.token, stepRunId), step);
    const oldest = ended.keys().next();
    if (ended.size > mostEnded && oldest.done !== true) ended.delete(oldest.value);
    return step;
  };
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
    async findEnded(runId, token, stepRunIds) {
      const known = stepRunIds.flatMap((id) => ended.get(endedKey(runId, token, id)) ?? []);
      const have = new Set(known.map(({ record }) => record.stepRunId));
      const missing = new Set(stepRunIds.filter((id) => !have.has(id)));
      const read =
        missing.size > mostSingleReads
          ? (await store.list(runId, token)).filter(({ record }) => missing.has(record.stepRunId))
          : await Promise.all([...missing].map((id) => store.find(runId, token, id)));
      return [...known, ...read.filter((step) => step !== undefined).map(rememberEnd)];
    },
    async move(move) {
      assertAllowed(move);
      try {
        const { etag } = await (
          await table()
        ).updateEntity(encodeStep(move.to), "Replace", { etag: move.from.etag });
        return rememberEnd({ ...move.to, etag: etag ?? "" });
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
  const stays = status === to.record.status && !isTerminalStep(status);
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
