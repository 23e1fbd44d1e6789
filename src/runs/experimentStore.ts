/**
 * Experiments: named containers of runs, made by their first run. Each counts its runs from 1.
 *
 * Invariants:
 * 1. A run number is given once per experiment. Numbers of submissions that died or lost are not given again.
 * 2. Callers that wait at the same time share one write, so that a burst of submissions does not fight itself.
 */
import type { TableClient } from "@azure/data-tables";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { nameBasedId } from "../workspace/ids";
import type { Workspace } from "../workspace/workspace";

export interface ExperimentStore {
  /** The next run number, from 1. */
  nextRunNumber(name: string): Promise<number>;
}

const partitionKey = "experiment";
const namespace = "6f5a0f52-5d0e-4e5b-9d51-2c5cf3a3a7c1";

/** The same name always has the same id. */
export function experimentIdOf(name: string): string {
  return nameBasedId(namespace, name);
}

interface Waiting {
  readonly callers: { give(number: number): void; fail(error: unknown): void }[];
}

export function createExperimentStore(workspace: Workspace): ExperimentStore {
  const table = (): Promise<TableClient> => workspace.table("Experiments");
  const waiting = new Map<string, Waiting>();

  async function serve(name: string, queue: Waiting): Promise<void> {
    while (queue.callers.length > 0) {
      const callers = queue.callers.splice(0);
      try {
        const first = await takeNumbers(await table(), name, callers.length, workspace.clock.now());
        callers.forEach((caller, at) => caller.give(first + at));
      } catch (error) {
        for (const caller of callers) caller.fail(error);
      }
    }
    waiting.delete(name);
  }

  return {
    nextRunNumber(name) {
      return new Promise((give, fail) => {
        const queue = waiting.get(name);
        if (queue !== undefined) {
          queue.callers.push({ give, fail });
          return;
        }
        const started: Waiting = { callers: [{ give, fail }] };
        waiting.set(name, started);
        void serve(name, started);
      });
    },
  };
}

/** Takes `count` numbers and answers the first. */
async function takeNumbers(client: TableClient, name: string, count: number, now: Date): Promise<number> {
  const rowKey = experimentIdOf(name);
  for (;;) {
    const row = await findRow(client, rowKey);
    try {
      if (row === undefined) {
        const createdAt = now.toISOString();
        await client.createEntity({ partitionKey, rowKey, name, createdAt, lastRunNumber: count });
        return 1;
      }
      const lastRunNumber = row.lastRunNumber + count;
      await client.updateEntity({ partitionKey, rowKey, lastRunNumber }, "Merge", { etag: row.etag });
      return row.lastRunNumber + 1;
    } catch (error) {
      if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
    }
  }
}

async function findRow(
  client: TableClient,
  rowKey: string,
): Promise<{ readonly lastRunNumber: number; readonly etag: string } | undefined> {
  try {
    const { lastRunNumber, etag } = await client.getEntity<{ lastRunNumber: number }>(partitionKey, rowKey);
    return { lastRunNumber, etag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
