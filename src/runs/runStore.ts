/** The rows of runs: claimed by insertion, moved by ETag, never moved out of a terminal status. */
import { odata, type TableClient } from "@azure/data-tables";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { runIdPrefix } from "./attemptId";
import { decodeRun, encodeRun, runRowKey, type StoredRun } from "./runRow";
import type { RunRecord } from "./runs";
import { mayRunMove } from "./statusMoves";

export interface RunStore {
  /** The claim: exactly one caller per run id gets `claimed`. */
  claim(record: RunRecord, token: string): Promise<"claimed" | "already-claimed">;
  find(runId: string): Promise<StoredRun | undefined>;
  /** The token of the claim, if this process has seen it: it never changes, and sparing a read is all it is good for. */
  knownToken(runId: string): string | undefined;
  /** Runs whose id begins as the step run's id does: one, or by an unlikely accident a few. */
  findByStepRun(stepRunId: string): Promise<readonly StoredRun[]>;
  /** Writes the row anew; undefined when another writer came first. Throws on a move that is not allowed. */
  move(run: StoredRun, next: RunRecord): Promise<StoredRun | undefined>;
}

const mostTokens = 10_000;

export function createRunStore(workspace: Workspace): RunStore {
  const table = (): Promise<TableClient> => workspace.table("Runs");
  const tokens = new Map<string, string>();
  const seen = (run: StoredRun): StoredRun => {
    tokens.set(run.record.runId, run.token);
    const oldest = tokens.keys().next();
    if (tokens.size > mostTokens && oldest.done !== true) tokens.delete(oldest.value);
    return run;
  };
  return {
    async claim(record, token) {
      try {
        await (await table()).createEntity(encodeRun(record, token));
        return "claimed";
      } catch (error) {
        if (isConflict(error)) return "already-claimed";
        throw error;
      }
    },
    async find(runId) {
      try {
        return seen(decodeRun(await (await table()).getEntity(runId, runRowKey)));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    knownToken: (runId) => tokens.get(runId),
    async findByStepRun(stepRunId) {
      const prefix = runIdPrefix(stepRunId);
      if (prefix === undefined) return [];
      // "g" follows every hexadecimal digit.
      const filter = odata`PartitionKey ge ${prefix} and PartitionKey lt ${`${prefix}g`}`;
      const found: StoredRun[] = [];
      for await (const entity of (await table()).listEntities({ queryOptions: { filter } })) {
        found.push(decodeRun(entity));
      }
      return found;
    },
    async move(run, next) {
      if (!mayRunMove(run.record.status, next.status)) {
        throw new Error(`run ${next.runId} may not move from ${run.record.status} to ${next.status}`);
      }
      try {
        const entity = encodeRun(next, run.token);
        const { etag } = await (await table()).updateEntity(entity, "Replace", { etag: run.etag });
        return { record: next, token: run.token, etag: etag ?? "" };
      } catch (error) {
        if (isPreconditionFailed(error)) return undefined;
        throw error;
      }
    },
  };
}
