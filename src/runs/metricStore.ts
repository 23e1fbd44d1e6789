/**
 * Metric values of runs: one partition per run, step runs and pipeline runs alike, in the order in which they were
 * logged. Row keys: the position for what a step logged itself; instant, step run and position for what steps logged on
 * their pipeline run, so that the values of several steps stand in the order of time.
 */
import { odata, TableTransaction, type TableClient } from "@azure/data-tables";
import { z } from "zod";
import type { LoggedMetric } from "../compute/computeTarget";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { batchesOf, largestBatch, mapSome } from "./batches";
import { readJsonColumn } from "./rowText";
import type { MetricRecord, Page } from "./runs";

export interface MetricStore {
  /** Safe to repeat with the same metrics. A value too large for a row goes to a blob. */
  write(stepRunId: string, metrics: readonly LoggedMetric[]): Promise<void>;
  /** The same for what a step logged on its pipeline run. */
  writeOfParent(runId: string, stepRunId: string, metrics: readonly LoggedMetric[]): Promise<void>;
  /** Every value of a run, in order. */
  list(runId: string): Promise<readonly MetricRecord[]>;
  /** The values of one name, in order; one page costs one read of a page of the table. It may be empty. */
  page(runId: string, name: string, continuationToken: string | null): Promise<Page<MetricRecord>>;
}

/** A transaction holds 4 MiB, so a hundred inline values must fit with room to spare. */
const longestInlineValue = 8_000;
const transactionsAtOnce = 4;
/** What the service gives at once at most. */
const rowsOfPage = 1_000;

const row = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  name: z.string(),
  type: z.enum(["scalar", "list", "row", "table", "image"]),
  value: z.string().optional(),
  blobName: z.string().optional(),
  loggedAt: z.string(),
  /** As text: a step may be larger than a column of whole numbers. */
  step: z
    .string()
    .transform(Number)
    .optional()
    .transform((step) => step ?? null),
});

export function metricRowKey(index: number): string {
  return String(index).padStart(9, "0");
}

function parentRowKey(stepRunId: string, { loggedAt }: LoggedMetric, index: number): string {
  return `${loggedAt.replaceAll(/[^\w:.-]/g, "_").slice(0, 40)}.${stepRunId}.${metricRowKey(index)}`;
}

export function createMetricStore(workspace: Workspace): MetricStore {
  const table = (): Promise<TableClient> => workspace.table("Metrics");

  async function encode(partitionKey: string, rowKey: string, metric: LoggedMetric) {
    const { name, type, value, loggedAt, step } = metric;
    const text = JSON.stringify(value);
    const position = step === null ? {} : { step: String(step) };
    const columns = { partitionKey, rowKey, name, type, loggedAt, ...position };
    if (text.length <= longestInlineValue) return { ...columns, value: text };
    const blobName = `metrics/${partitionKey}/${rowKey}.json`;
    const blob = (await systemContainer(workspace)).getBlockBlobClient(blobName);
    await blob.upload(text, Buffer.byteLength(text));
    return { ...columns, blobName };
  }

  async function decode(entity: unknown): Promise<MetricRecord> {
    const { partitionKey, rowKey, name, type, value, blobName, loggedAt, step } = row.parse(entity);
    const text = value ?? (await readBlob(blobName ?? ""));
    return {
      stepRunId: partitionKey,
      index: Number(rowKey.slice(rowKey.lastIndexOf(".") + 1)),
      name,
      type,
      value: readJsonColumn(text),
      loggedAt,
      step,
    };
  }

  async function readBlob(blobName: string): Promise<string> {
    const blob = (await systemContainer(workspace)).getBlobClient(blobName);
    return (await blob.downloadToBuffer()).toString("utf8");
  }

  async function writeRows(
    partitionKey: string,
    metrics: readonly LoggedMetric[],
    rowKey: (metric: LoggedMetric, index: number) => string,
  ): Promise<void> {
    if (metrics.length === 0) return;
    const client = await table();
    const rows = metrics.map((metric, index) => ({ metric, rowKey: rowKey(metric, index) }));
    await mapSome(batchesOf(rows, largestBatch), transactionsAtOnce, async (batch) => {
      const transaction = new TableTransaction();
      for (const one of batch) {
        transaction.upsertEntity(await encode(partitionKey, one.rowKey, one.metric), "Replace");
      }
      await client.submitTransaction(transaction.actions);
    });
  }

  return {
    write: (stepRunId, metrics) => writeRows(stepRunId, metrics, (_, index) => metricRowKey(index)),
    writeOfParent: (runId, stepRunId, metrics) =>
      writeRows(runId, metrics, (metric, index) => parentRowKey(stepRunId, metric, index)),
    async list(runId) {
      const filter = odata`PartitionKey eq ${runId}`;
      const metrics: MetricRecord[] = [];
      for await (const entity of (await table()).listEntities({ queryOptions: { filter } })) {
        metrics.push(await decode(entity));
      }
      return metrics;
    },
    async page(runId, name, continuationToken) {
      const filter = odata`PartitionKey eq ${runId} and name eq ${name}`;
      const pages = (await table())
        .listEntities({ queryOptions: { filter } })
        .byPage({ maxPageSize: rowsOfPage, ...(continuationToken === null ? {} : { continuationToken }) });
      for await (const entities of pages) {
        const items = await mapSome([...entities], largestBatch, decode);
        return { items, continuationToken: entities.continuationToken ?? null };
      }
      return { items: [], continuationToken: null };
    },
  };
}
