/**
 * The plans of runs: one immutable document per claim, remembered by the process that wrote or read it. A small
 * plan is a row beside the step rows of its claim, so that one transaction writes them all; a large one is a blob.
 */
import type { TableEntity } from "@azure/data-tables";
import { isNotFound } from "../workspace/storageErrors";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import type { RunPlan } from "./plan";
import { longestColumn, readJsonColumn } from "./rowText";
import { planRowKey, stepPartition, stepTable } from "./stepRow";

export interface PlanStore {
  /** The rows to insert with the step rows: none for a large plan, which is written to its blob by this call. */
  place(plan: RunPlan, token: string): Promise<readonly TableEntity[]>;
  /** Throws when the plan is not there: it is written before the claim. */
  read(runId: string, token: string): Promise<RunPlan>;
}

/** Characters of plans that one process keeps in memory; plans never change. */
const mostRemembered = 4_000_000;

export function planBlobName(runId: string, token: string): string {
  return `runs/${runId}/${token}/plan.json`;
}

export function createPlanStore(workspace: Workspace): PlanStore {
  const plans = new Map<string, { readonly plan: RunPlan; readonly length: number }>();
  let rememberedLength = 0;
  const remember = (name: string, plan: RunPlan, length: number): void => {
    if (plans.has(name)) return;
    plans.set(name, { plan, length });
    rememberedLength += length;
    for (const [oldest, { length: freed }] of plans) {
      if (rememberedLength <= mostRemembered) return;
      plans.delete(oldest);
      rememberedLength -= freed;
    }
  };
  return {
    async place(plan, token) {
      const partitionKey = stepPartition(plan.runId, token);
      const text = JSON.stringify(plan);
      remember(partitionKey, plan, text.length);
      if (text.length <= longestColumn) return [{ partitionKey, rowKey: planRowKey, plan: text }];
      await writeBlob(workspace, planBlobName(plan.runId, token), text);
      return [];
    },
    async read(runId, token) {
      const partitionKey = stepPartition(runId, token);
      const known = plans.get(partitionKey);
      if (known !== undefined) return known.plan;
      const text =
        (await readRow(workspace, partitionKey)) ?? (await readBlob(workspace, planBlobName(runId, token)));
      const plan = readJsonColumn(text) as RunPlan;
      remember(partitionKey, plan, text.length);
      return plan;
    },
  };
}

async function writeBlob(workspace: Workspace, name: string, text: string): Promise<void> {
  const blob = (await systemContainer(workspace)).getBlockBlobClient(name);
  await blob.upload(text, Buffer.byteLength(text), {
    blobHTTPHeaders: { blobContentType: "application/json" },
  });
}

async function readBlob(workspace: Workspace, name: string): Promise<string> {
  const bytes = await (await systemContainer(workspace)).getBlobClient(name).downloadToBuffer();
  return bytes.toString("utf8");
}

async function readRow(workspace: Workspace, partitionKey: string): Promise<string | undefined> {
  try {
    const client = await workspace.table(stepTable);
    return (await client.getEntity<{ plan: string }>(partitionKey, planRowKey)).plan;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
