/**
 * Entities that are found by id and listed newest first, in one partition of a table.
 *
 * Invariants:
 * 1. `n:<newest first>:<id>` holds the entity, `i:<id>` holds that row's key; both appear in one transaction, with
 *    whatever further claims (`c:<claim>`) the entity makes.
 * 2. A list reads the `n:` rows in key order, answers at most `most` of them, and never looks at more than `mostRead`.
 */
import { createHash } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { newestFirst } from "../workspace/newestFirst";

const partitionKey = "all";

/** A list answers at most this many: v1's lists have no pages. */
const most = 1_000;
const mostRead = 5_000;

export type Columns = Readonly<Record<string, string | number | boolean>>;

export interface ListedRow {
  readonly rowKey: string;
  readonly etag: string;
  readonly [column: string]: unknown;
}

/** "taken" when the id or a claim exists already; then nothing is written. */
export async function insertListed(
  table: TableClient,
  entity: { readonly id: string; readonly createdAt: string; readonly claims: readonly string[] },
  columns: Columns,
): Promise<"inserted" | "taken"> {
  const rowKey = `n:${newestFirst(entity.createdAt)}:${entity.id}`;
  const pointers = [`i:${entity.id}`, ...entity.claims.map((claim) => `c:${claimKey(claim)}`)];
  const actions: TransactionAction[] = [
    ["create", { partitionKey, rowKey, ...columns }],
    ...pointers.map((key): TransactionAction => ["create", { partitionKey, rowKey: key, key: rowKey }]),
  ];
  try {
    await table.submitTransaction(actions);
    return "inserted";
  } catch (error) {
    if (isConflict(error)) return "taken";
    throw error;
  }
}

export async function findListed(table: TableClient, id: string): Promise<ListedRow | undefined> {
  return /^[A-Za-z0-9-]{1,64}$/.test(id) ? follow(table, `i:${id}`) : undefined;
}

export function findClaimed(table: TableClient, claim: string): Promise<ListedRow | undefined> {
  return follow(table, `c:${claimKey(claim)}`);
}

export async function listNewestFirst(
  table: TableClient,
  keep: (row: ListedRow) => boolean,
): Promise<ListedRow[]> {
  const rows: ListedRow[] = [];
  let read = 0;
  const filter = odata`PartitionKey eq ${partitionKey} and RowKey ge 'n:' and RowKey lt 'n;'`;
  for await (const row of table.listEntities({ queryOptions: { filter } })) {
    if (keep(row as unknown as ListedRow)) rows.push(row as unknown as ListedRow);
    read += 1;
    if (rows.length === most || read === mostRead) break;
  }
  return rows;
}

/** Merges columns into the row that was read; "changed-meanwhile" when another writer came first. */
export async function updateListed(
  table: TableClient,
  row: ListedRow,
  columns: Columns,
): Promise<"updated" | "changed-meanwhile"> {
  try {
    await table.updateEntity({ partitionKey, rowKey: row.rowKey, ...columns }, "Merge", { etag: row.etag });
    return "updated";
  } catch (error) {
    if (isPreconditionFailed(error)) return "changed-meanwhile";
    throw error;
  }
}

async function follow(table: TableClient, pointer: string): Promise<ListedRow | undefined> {
  const found = await readRow(table, pointer);
  return found === undefined ? undefined : readRow(table, String(found["key"]));
}

async function readRow(table: TableClient, rowKey: string): Promise<ListedRow | undefined> {
  try {
    return (await table.getEntity(partitionKey, rowKey)) as unknown as ListedRow;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Any text, however long, made fit for a row key. */
function claimKey(claim: string): string {
  return createHash("sha256").update(claim, "utf8").digest("hex");
}
