/** Removes what a submission wrote that died, or that lost its run id to another: nobody has ever seen it. */
import { odata, TableTransaction } from "@azure/data-tables";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import { batchesOf, largestBatch } from "./batches";
import { planBlobName } from "./planStore";
import type { OpenEntry } from "./runIndexStore";
import type { StoredRun } from "./runRow";
import type { RunStores } from "./runStores";
import { stepPartition, stepTable } from "./stepRow";

/** `winner` is the run that has the id now. The entry goes last, so that what a crash leaves is found again. */
export async function removeSubmission(
  { workspace, stores }: { readonly workspace: Workspace; readonly stores: Pick<RunStores, "index"> },
  entry: OpenEntry,
  winner: StoredRun | undefined,
): Promise<void> {
  await removePlanAndSteps(workspace, entry);
  // Lists name a run by its id and instant of creation, so a winner of the same instant has the same rows.
  const isShared = winner?.record.createdAt === entry.createdAt;
  await stores.index.removeSubmission(entry, isShared ? "without-lists" : "with-lists");
}

/** All rows of the submission's partition, and the plan where it was too large for a row. */
export async function removePlanAndSteps(
  workspace: Workspace,
  { runId, token }: { readonly runId: string; readonly token: string },
): Promise<void> {
  const client = await workspace.table(stepTable);
  const filter = odata`PartitionKey eq ${stepPartition(runId, token)}`;
  const rows: { partitionKey: string; rowKey: string }[] = [];
  const select = ["PartitionKey", "RowKey"];
  for await (const { partitionKey, rowKey } of client.listEntities({ queryOptions: { filter, select } })) {
    if (partitionKey !== undefined && rowKey !== undefined) rows.push({ partitionKey, rowKey });
  }
  for (const batch of batchesOf(rows, largestBatch)) {
    const transaction = new TableTransaction();
    for (const { partitionKey, rowKey } of batch) transaction.deleteEntity(partitionKey, rowKey);
    await client.submitTransaction(transaction.actions);
  }
  await (await systemContainer(workspace)).getBlobClient(planBlobName(runId, token)).deleteIfExists();
}
