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

/** The row as this process last wrote or read it. */
interface Counter {
  readonly lastRunNumber: number;
  readonly etag: string;
}

interface Waiting {
  readonly callers: { give(number: number): void; fail(error: unknown): void }[];
}

export function createExperimentStore(workspace: Workspace): ExperimentStore {
  const table = (): Promise<TableClient> => workspace.table("Experiments");
  const waiting = new Map<string, Waiting>();
  const counters = new Map<string, Counter>();

  async function serve(name: string, queue: Waiting): Promise<void> {
    while (queue.callers.length > 0) {
      const callers = queue.callers.splice(0);
      try {
        const first = await takeNumbers(await table(), counters, name, callers.length, workspace.clock.now());
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

/** Counters that a process keeps in memory. */
const mostCounters = 1_000;

/** Takes `count` numbers and answers the first. `counters` spares the read as long as nobody else counts. */
async function takeNumbers(
  client: TableClient,
  counters: Map<string, Counter>,
  name: string,
  count: number,
  now: Date,
): Promise<number> {
  const rowKey = experimentIdOf(name);
  for (;;) {
    const row = counters.get(rowKey) ?? (await findRow(client, rowKey));
    counters.delete(rowKey);
    const lastRunNumber = (row?.lastRunNumber ?? 0) + count;
    try {
      const { etag } =
        row === undefined
          ? await client.createEntity({
              partitionKey,
              rowKey,
              name,
              createdAt: now.toISOString(),
              lastRunNumber,
            })
          : await client.updateEntity({ partitionKey, rowKey, lastRunNumber }, "Merge", { etag: row.etag });
      if (etag !== undefined && counters.size < mostCounters) counters.set(rowKey, { lastRunNumber, etag });
      return lastRunNumber - count + 1;
    } catch (error) {
      if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
    }
  }
}

async function findRow(client: TableClient, rowKey: string): Promise<Counter | undefined> {
  try {
    const { lastRunNumber, etag } = await client.getEntity<{ lastRunNumber: number }>(partitionKey, rowKey);
    return { lastRunNumber, etag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
