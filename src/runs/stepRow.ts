/**
 * The row of a step. Partition key: `<run id>.<token of the claim>`, so that the rows of a submission that lost
 * or died never mix with those of the winner; row key: the step run id. The claim's plan may lie beside them.
 */
import { z } from "zod";
import type { TableEntity } from "@azure/data-tables";
import type { StepRecord } from "./runs";
import { readJsonColumn } from "./rowText";

export interface StoredStep {
  readonly record: StepRecord;
  /** Position in the definition, from 0. */
  readonly order: number;
  /** Why an active step must end; null = it may go on. */
  readonly cancelReason: string | null;
  readonly token: string;
  readonly etag: string;
}

export type NewStep = Omit<StoredStep, "etag">;

export const stepTable = "RunSteps";

/** Sorts after every step run id, so that steps alone are one range. */
export const planRowKey = "plan";

const absent = z
  .string()
  .optional()
  .transform((value) => value ?? null);

const outputs = z.array(
  z.object({ name: z.string(), dataPath: z.object({ datastore: z.string(), path: z.string() }) }),
);

const row = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  etag: z.string(),
  order: z.number(),
  stepId: z.string(),
  name: z.string(),
  computeTarget: z.string(),
  snapshotId: z.string(),
  status: z.enum(["waiting", "queued", "running", "finished", "failed", "canceled", "skipped"]),
  attempt: z.number(),
  startedAt: absent,
  endedAt: absent,
  exitCode: z
    .number()
    .optional()
    .transform((value) => value ?? null),
  reason: absent,
  cancelReason: absent,
  lastLogLine: z.string(),
  outputs: z.string().transform(readJsonColumn).pipe(outputs),
});

export function stepPartition(runId: string, token: string): string {
  return `${runId}.${token}`;
}

/** Columns that are null are left out; a whole row is always written. */
export function encodeStep({ record, order, cancelReason, token }: NewStep): TableEntity {
  const { runId, stepRunId, outputs: places, ...columns } = record;
  const present = Object.entries({ ...columns, cancelReason }).filter(([, value]) => value !== null);
  return {
    partitionKey: stepPartition(runId, token),
    rowKey: stepRunId,
    order,
    ...Object.fromEntries(present),
    outputs: JSON.stringify(places),
  };
}

/** Throws on a row that `encodeStep` did not make. */
export function decodeStep(entity: unknown): StoredStep {
  const { partitionKey, rowKey, etag, order, cancelReason, ...columns } = row.parse(entity);
  const [runId = "", token = ""] = partitionKey.split(".");
  return { record: { runId, stepRunId: rowKey, ...columns }, order, cancelReason, token, etag };
}
