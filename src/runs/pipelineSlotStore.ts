/**
 * Which runs of a pipeline with a limit are at work: one row per pipeline, changed by ETag.
 *
 * Invariants:
 * 1. A run is in the row at most once, whoever adds it, because everybody adds to the row that they have read.
 */
import { z } from "zod";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { readJsonColumn } from "./rowText";

export interface PipelineSlots {
  /** Ids of the runs that may be at work. */
  readonly runIds: readonly string[];
  /** null = there is no row yet. */
  readonly etag: string | null;
}

export interface PipelineSlotStore {
  read(pipelineId: string): Promise<PipelineSlots>;
  /** False when another writer came first. */
  write(pipelineId: string, from: PipelineSlots, runIds: readonly string[]): Promise<boolean>;
}

const partitionKey = "slots";

const row = z.object({
  runIds: z.string().transform(readJsonColumn).pipe(z.array(z.string())),
  etag: z.string(),
});

export function createPipelineSlotStore(workspace: Workspace): PipelineSlotStore {
  const table = () => workspace.table("PipelineSlots");
  return {
    async read(pipelineId) {
      try {
        return row.parse(await (await table()).getEntity(partitionKey, pipelineId));
      } catch (error) {
        if (isNotFound(error)) return { runIds: [], etag: null };
        throw error;
      }
    },
    async write(pipelineId, { etag }, runIds) {
      const entity = { partitionKey, rowKey: pipelineId, runIds: JSON.stringify(runIds) };
      try {
        if (etag === null) await (await table()).createEntity(entity);
        else await (await table()).updateEntity(entity, "Replace", { etag });
        return true;
      } catch (error) {
        if (isConflict(error) || isPreconditionFailed(error)) return false;
        throw error;
      }
    },
  };
}
