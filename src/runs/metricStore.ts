/** Metric values of step runs: one partition per step run, in the order in which the script logged them. */
import { odata, TableTransaction, type TableClient } from "@azure/data-tables";
import { z } from "zod";
import type { LoggedMetric } from "../compute/computeTarget";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { batchesOf, largestBatch } from "./batches";
import { readJsonColumn } from "./rowText";
import type { MetricRecord } from "./runs";

export interface MetricStore {
  /** Safe to repeat with the same metrics. A value too large for a row goes to a blob. */
  write(stepRunId: string, metrics: readonly LoggedMetric[]): Promise<void>;
  list(stepRunId: string): Promise<readonly MetricRecord[]>;
}

/** A transaction holds 4 MiB, so a hundred inline values must fit with room to spare. */
const longestInlineValue = 8_000;

const row = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  name: z.string(),
  type: z.enum(["scalar", "list", "row", "table"]),
  value: z.string().optional(),
  blobName: z.string().optional(),
  loggedAt: z.string(),
});

export function metricRowKey(index: number): string {
  return String(index).padStart(9, "0");
}

export function createMetricStore(workspace: Workspace): MetricStore {
  const table = (): Promise<TableClient> => workspace.table("Metrics");

  async function encode(stepRunId: string, metric: LoggedMetric, index: number) {
    const { name, type, value, loggedAt } = metric;
    const text = JSON.stringify(value);
    const columns = { partitionKey: stepRunId, rowKey: metricRowKey(index), name, type, loggedAt };
    if (text.length <= longestInlineValue) return { ...columns, value: text };
    const blobName = `metrics/${stepRunId}/${metricRowKey(index)}.json`;
    const blob = (await systemContainer(workspace)).getBlockBlobClient(blobName);
    await blob.upload(text, Buffer.byteLength(text));
    return { ...columns, blobName };
  }

  async function decode(entity: unknown): Promise<MetricRecord> {
    const { partitionKey, rowKey, name, type, value, blobName, loggedAt } = row.parse(entity);
    const text = value ?? (await readBlob(blobName ?? ""));
    return {
      stepRunId: partitionKey,
      index: Number(rowKey),
      name,
      type,
      value: readJsonColumn(text),
      loggedAt,
    };
  }

  async function readBlob(blobName: string): Promise<string> {
    const blob = (await systemContainer(workspace)).getBlobClient(blobName);
    return (await blob.downloadToBuffer()).toString("utf8");
  }

  return {
    async write(stepRunId, metrics) {
      let index = 0;
      for (const batch of batchesOf(metrics, largestBatch)) {
        const transaction = new TableTransaction();
        for (const metric of batch) {
          transaction.upsertEntity(await encode(stepRunId, metric, index), "Replace");
          index++;
        }
        await (await table()).submitTransaction(transaction.actions);
      }
    },
    async list(stepRunId) {
      const filter = odata`PartitionKey eq ${stepRunId}`;
      const metrics: MetricRecord[] = [];
      for await (const entity of (await table()).listEntities({ queryOptions: { filter } })) {
        metrics.push(await decode(entity));
      }
      return metrics;
    },
  };
}
