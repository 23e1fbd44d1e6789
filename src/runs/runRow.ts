/**
 * The row of a run. Partition key: the run id; row key: `run`. Inserting it claims the run; its `token` names
 * the submission that won, and with it the plan blob and the partition of step rows that count.
 */
import { z } from "zod";
import type { TableEntity } from "@azure/data-tables";
import type { RunCause, RunRecord } from "./runs";
import { readJsonColumn } from "./rowText";

export const runRowKey = "run";

export interface StoredRun {
  readonly record: RunRecord;
  readonly token: string;
  readonly etag: string;
}

const literal = z.union([z.string(), z.number(), z.boolean()]);
const texts = z.record(z.string(), z.string());
const dataPath = z.object({ datastore: z.string(), path: z.string() });
const json = <T>(schema: z.ZodType<T>) => z.string().transform(readJsonColumn).pipe(schema);
/** JSON columns that rows of an earlier version lack. */
const jsonOr = <T>(schema: z.ZodType<T>, fallback: T) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined ? fallback : readJsonColumn(text)))
    .pipe(schema);
const absent = z
  .string()
  .optional()
  .transform((value) => value ?? null);

const absentNumber = z
  .number()
  .optional()
  .transform((value) => value ?? null);

const cause: z.ZodType<RunCause> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("call"), source: z.string() }),
  z.object({ kind: z.literal("slot"), scheduleId: z.string(), slotAt: z.string() }),
  z.object({ kind: z.literal("creation"), scheduleId: z.string(), createdAt: z.string() }),
  z.object({ kind: z.literal("blob"), scheduleId: z.string(), blobPath: z.string(), etag: z.string() }),
]);

const row = z.object({
  partitionKey: z.string(),
  token: z.string(),
  etag: z.string(),
  runNumber: z.number(),
  status: z.enum(["accepted", "running", "canceling", "finished", "failed", "canceled"]),
  experimentName: z.string(),
  description: z.string(),
  displayName: absent,
  pipelineId: z.string(),
  endpointId: absent,
  graphId: z.string(),
  scheduleId: absent,
  cause: json(cause),
  parentRunId: absent,
  rootRunId: absent,
  tags: json(texts),
  properties: json(texts),
  stepTags: jsonOr(texts, {}),
  parameters: json(z.record(z.string(), literal)),
  dataPaths: json(z.record(z.string(), dataPath)),
  ignoredParameters: jsonOr(z.array(z.string()), []),
  continueOnStepFailure: z.boolean(),
  regenerateOutputs: z.boolean().default(false),
  timeoutMs: absentNumber,
  runsAtOnce: absentNumber,
  stepCount: z.number(),
  createdAt: z.string(),
  startedAt: absent,
  endedAt: absent,
  reason: absent,
});

/** Columns that are null are left out; a whole row is always written. */
export function encodeRun(record: RunRecord, token: string): TableEntity {
  const {
    runId,
    cause: why,
    tags,
    properties,
    stepTags,
    parameters,
    dataPaths,
    ignoredParameters,
    ...columns
  } = record;
  const present = Object.entries(columns).filter(([, value]) => value !== null);
  return {
    partitionKey: runId,
    rowKey: runRowKey,
    token,
    ...Object.fromEntries(present),
    cause: JSON.stringify(why),
    tags: JSON.stringify(tags),
    properties: JSON.stringify(properties),
    stepTags: JSON.stringify(stepTags),
    parameters: JSON.stringify(parameters),
    dataPaths: JSON.stringify(dataPaths),
    ignoredParameters: JSON.stringify(ignoredParameters),
  };
}

/** Throws on a row that `encodeRun` did not make. */
export function decodeRun(entity: unknown): StoredRun {
  const { partitionKey: runId, token, etag, rootRunId, ...columns } = row.parse(entity);
  return { record: { runId, rootRunId: rootRunId ?? columns.parentRunId ?? runId, ...columns }, token, etag };
}
