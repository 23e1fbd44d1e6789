/**
 * The row of a step. Partition key: `<run id>.<token of the claim>`, so that the rows of a submission that lost
 * or died never mix with those of the winner; row key: the step run id. The claim's plan may lie beside them.
 */
import { z } from "zod";
import type { TableEntity } from "@azure/data-tables";
import { producedOutputs, type ProducedOutput } from "./producedOutputs";
import type { StepRecord, StepReuse } from "./runs";
import { readJsonColumn } from "./rowText";

export interface StoredStep {
  readonly record: StepRecord;
  /** Position in the definition, from 0. */
  readonly order: number;
  /** Why an active step must end; null = it may go on. */
  readonly cancelReason: string | null;
  /** Attempts that failed, ran out of time or were lost: what the step's retries are counted by. */
  readonly spent: number;
  /** Before this instant the current attempt does not begin; null = it may at once. */
  readonly notBefore: string | null;
  readonly token: string;
  /** What a finished step left at its outputs; none is recorded of a step that may not be reused. */
  readonly produced: readonly ProducedOutput[];
  /** Attempts of equal steps that wait for the end of this one, to be woken then. */
  readonly waiters: readonly string[];
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

/** A JSON column that rows of an earlier version do not have. */
const jsonOr = <T extends z.ZodType>(shape: T, absentJson: string) =>
  z.string().default(absentJson).transform(readJsonColumn).pipe(shape);

const usage = z.object({ cpuSeconds: z.number(), peakMemoryBytes: z.number().nullable() }).nullable();

const outputs = z.array(
  z.object({ name: z.string(), dataPath: z.object({ datastore: z.string(), path: z.string() }) }),
);

const origin = z.object({ runId: z.string(), stepId: z.string(), stepRunId: z.string() });
const reuse: z.ZodType<StepReuse> = z.discriminatedUnion("decision", [
  z.object({ decision: z.literal("reused"), reason: z.string(), from: origin }),
  z.object({ decision: z.literal("ran"), reason: z.string(), comparedWith: z.string().nullable() }),
]);
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
  spent: z.number().optional(),
  notBefore: absent,
  lastLogLine: z.string(),
  usage: jsonOr(usage, "null"),
  warnings: jsonOr(z.array(z.string()), "[]"),
  tags: jsonOr(z.record(z.string(), z.string()), "{}"),
  outputs: z.string().transform(readJsonColumn).pipe(outputs),
  reuse: jsonOr(reuse.nullable(), "null"),
  produced: jsonOr(producedOutputs, "[]"),
  waiters: jsonOr(z.array(z.string()), "[]"),
});

export function stepPartition(runId: string, token: string): string {
  return `${runId}.${token}`;
}

/** Columns that are null or empty are left out; a whole row is always written. */
export function encodeStep({
  record,
  order,
  cancelReason,
  spent,
  notBefore,
  token,
  ...lists
}: NewStep): TableEntity {
  const { runId, stepRunId, outputs: places, usage: used, warnings, tags, reuse: why, ...columns } = record;
  const present = Object.entries({ ...columns, cancelReason, notBefore }).filter(
    ([, value]) => value !== null,
  );
  return {
    partitionKey: stepPartition(runId, token),
    rowKey: stepRunId,
    order,
    ...Object.fromEntries(present),
    ...(used === null ? {} : { usage: JSON.stringify(used) }),
    ...(warnings.length === 0 ? {} : { warnings: JSON.stringify(warnings) }),
    ...(Object.keys(tags).length === 0 ? {} : { tags: JSON.stringify(tags) }),
    outputs: JSON.stringify(places),
    ...(spent > 0 && { spent }),
    ...(why !== null && { reuse: JSON.stringify(why) }),
    ...(lists.produced.length > 0 && { produced: JSON.stringify(lists.produced) }),
    ...(lists.waiters.length > 0 && { waiters: JSON.stringify(lists.waiters) }),
  };
}

/** Throws on a row that `encodeStep` did not make. */
export function decodeStep(entity: unknown): StoredStep {
  const { partitionKey, rowKey, etag, order, cancelReason, spent, notBefore, produced, waiters, ...columns } =
    row.parse(entity);
  const [runId = "", token = ""] = partitionKey.split(".");
  const record = { runId, stepRunId: rowKey, ...columns };
  return { record, order, cancelReason, spent: spent ?? 0, notBefore, token, produced, waiters, etag };
}
