/**
 * Entities that are found by id and listed newest first, in one partition of a table.
 *
 * Invariants:
 * 1. `n:<newest first>:<id>` holds the entity, `i:<id>` holds that row's key; both appear in one transaction, with
 *    whatever further claims (`c:<claim>`) the entity makes.
 * 2. A pointer never changes, so a process reads it once.
 * 3. A list reads the `n:` rows in key order, answers at most `most` of them, and never looks at more than `mostRead`.
 */
import { createHash } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { rememberFound } from "../data/rememberFound";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { newestFirst } from "../workspace/newestFirst";

const partitionKey = "all";

/** A list answers at most this many: v1's lists have no pages. */
const most = 1_000;
const mostRead = 5_000;
const mostPointers = 10_000;

export type Columns = Readonly<Record<string, string | number | boolean>>;

export interface ListedRow {
  readonly rowKey: string;
  readonly etag: string;
  readonly [column: string]: unknown;
}

export interface NewEntity {
  /** Random, so that a row of that id can only be this entity's. */
  readonly id: string;
  readonly createdAt: string;
  /** Texts that belong to one entity only. */
  readonly claims: readonly string[];
}

export interface ListedRows {
  /** "taken" when a claim belongs to another entity; then nothing is written. Safe to repeat. */
  insert(entity: NewEntity, columns: Columns): Promise<"inserted" | "taken">;
  find(id: string): Promise<ListedRow | undefined>;
  findByClaim(claim: string): Promise<ListedRow | undefined>;
  /** Newest first, those that `keep` accepts. */
  list(keep: (row: ListedRow) => boolean): Promise<ListedRow[]>;
  /** Merges columns into the row that was read; "changed-meanwhile" when another writer came first. */
  update(row: ListedRow, columns: Columns): Promise<"updated" | "changed-meanwhile">;
}

export function createListedRows(openTable: () => Promise<TableClient>): ListedRows {
  const pointer = rememberFound(mostPointers, async (key) => {
    const row = await readRow(await openTable(), key);
    return row === undefined ? undefined : String(row["key"]);
  });
  const follow = async (pointerKey: string): Promise<ListedRow | undefined> => {
    const rowKey = await pointer(pointerKey);
    return rowKey === undefined ? undefined : readRow(await openTable(), rowKey);
  };
  return {
    insert: async (entity, columns) => insert(await openTable(), entity, columns),
    find: async (id) => (/^[A-Za-z0-9-]{1,64}$/.test(id) ? follow(`i:${id}`) : undefined),
    findByClaim: (claim) => follow(claimKey(claim)),
    list: async (keep) => list(await openTable(), keep),
    update: async (row, columns) => update(await openTable(), row, columns),
  };
}

async function insert(
  table: TableClient,
  { id, createdAt, claims }: NewEntity,
  columns: Columns,
): Promise<"inserted" | "taken"> {
  const rowKey = `n:${newestFirst(createdAt)}:${id}`;
  const pointers = [`i:${id}`, ...claims.map(claimKey)];
  const actions: TransactionAction[] = [
    ["create", { partitionKey, rowKey, ...columns }],
    ...pointers.map((key): TransactionAction => ["create", { partitionKey, rowKey: key, key: rowKey }]),
  ];
  try {
    await table.submitTransaction(actions);
    return "inserted";
  } catch (error) {
    if (!isConflict(error)) throw error;
    // The client repeats a request whose answer was lost: then the rows are there, and they are ours.
    return (await readRow(table, rowKey)) === undefined ? "taken" : "inserted";
  }
}

async function list(table: TableClient, keep: (row: ListedRow) => boolean): Promise<ListedRow[]> {
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

async function update(
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
  return `c:${createHash("sha256").update(claim, "utf8").digest("hex")}`;
}
