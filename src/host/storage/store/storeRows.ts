/**
 * Owns: the LMDB environment: its databases, its counters and its opening. Must not: know Table or Blob rules.
 *
 * Layout (all keys binary, see rowKey.ts; all values sealed, see sealedRows.ts, and JSON unless said):
 *   meta        name → counter or format mark
 *   tables      lower-case name → {id, name}            entities    table id, PartitionKey, RowKey → entity
 *   containers  name → container                        blobs       container id, blob name → blob
 *   staged      container id, blob name, block id → staged block
 *   chunks      content id, offset → bytes (0x00 …) or a file (0x01 JSON)
 *   blockLists  content id → committed block ids and sizes
 *   files       file name → {content that owns it, size} garbage    content id → nothing
 *   subscriptions  name → subscription                  events      subscription id, sequence → event
 *   deadLetters    subscription id, sequence → what was given up, and why
 *   purges      kind and id of a deleted table or container whose rows are still to be removed
 */
import { dirname } from "node:path";

import { open, type Database, type RootDatabase } from "lmdb";

import { findFileDamage } from "./environmentFile";
import { openGroupCommit, type Change, type GroupCommit } from "./groupCommit";
import { findPageDamage } from "./pageWalk";
import { describeRow, isSealed, seal, sealRows, type Rows } from "./sealedRows";

const NAMES = [
  "meta",
  "tables",
  "entities",
  "containers",
  "blobs",
  "staged",
  "chunks",
  "blockLists",
  "files",
  "garbage",
  "subscriptions",
  "events",
  "deadLetters",
  "purges",
] as const;
type RowsName = (typeof NAMES)[number];

/** Damaged rows that a refusal names at most. */
const MAX_NAMED = 5;
const FORMAT_KEY = Buffer.from("format");
const FORMAT = Buffer.from("sluice-storage-3");

export interface StoreRows extends Readonly<Record<RowsName, Rows>> {
  readonly commits: GroupCommit;
  /** The next number of a named counter, taken inside a change. Counters start at 1 and never repeat. */
  nextNumber(change: Change, counter: string): number;
  close(): Promise<void>;
}

/**
 * Opens or creates the environment at `path` (a file), after looking through all of it but the inline bytes of blobs,
 * which are checked as they are read. Rejects with one sentence when it cannot be used.
 */
export async function openStoreRows(path: string): Promise<StoreRows> {
  const damage = (await findFileDamage(path)) ?? findRowDamage(path);
  if (damage !== undefined)
    throw new Error(
      `The local storage at ${path} cannot be opened: ${damage}. Put back a copy of the folder ${dirname(path)}, or move it away to start empty.`,
    );
  const root = openEnvironment(path);
  const tables = NAMES.map((name) => [name, openTable(root, name)] as const);
  const rows = Object.fromEntries(tables.map(([name, table]) => [name, sealRows(name, table)])) as Record<
    RowsName,
    Rows
  >;
  const commits = openGroupCommit(root);
  await startFormat(rows.meta, commits);
  return {
    ...rows,
    commits,
    nextNumber: (change, counter) => nextNumber(rows.meta, change, counter),
    close: async () => {
      await commits.idle();
      // A writer that failed may not finish; the process gives its locks back when it ends.
      if (commits.failure() === undefined) await root.close();
    },
  };
}

/** Damaged pages, rows whose checksum does not agree, or a format of another version. */
function findRowDamage(path: string): string | undefined {
  const damaged: string[] = [];
  const tables = new Set<string>();
  let format: Buffer | undefined;
  const found = findPageDamage(path, {
    table: (name) => tables.add(name),
    wantsLarge: (table) => table !== "chunks",
    row: (table, key, value) => {
      if (table === "meta" && FORMAT_KEY.equals(key)) format = value && Buffer.from(value);
      if (value !== undefined && damaged.length < MAX_NAMED && !isSealed(key, value))
        damaged.push(describeRow(table, key));
    },
  });
  if (found !== undefined) return found;
  const foreign = [...tables].find((name) => !(NAMES as readonly string[]).includes(name));
  if (foreign !== undefined) return `it has a table "${foreign}" that no storage has`;
  if (format !== undefined && !format.equals(seal(FORMAT_KEY, FORMAT)))
    return `it has the format "${format.toString("latin1")}", this version reads "${FORMAT.toString()}"`;
  if (format !== undefined && tables.size < NAMES.length) return "a table is missing";
  return damaged.length === 0 ? undefined : `damaged rows: ${damaged.join(", ")}`;
}

function openEnvironment(path: string): RootDatabase<Buffer, Buffer> {
  try {
    return open<Buffer, Buffer>({
      path,
      noSubdir: true,
      encoding: "binary",
      keyEncoding: "binary",
      pageSize: 8192,
      maxDbs: NAMES.length + 2,
      maxReaders: 64,
      overlappingSync: false,
      // Batching by event turn adds a promise of its own to each commit that nobody can catch: a full disk would end the
      // process. The commit queue groups anyway.
      eventTurnBatching: false,
    });
  } catch (error) {
    throw new Error(`The local storage at ${path} cannot be opened: ${reason(error)}.`, { cause: error });
  }
}

function openTable(root: RootDatabase<Buffer, Buffer>, name: RowsName): Database<Buffer, Buffer> {
  return root.openDB<Buffer, Buffer>({ name, encoding: "binary", keyEncoding: "binary" });
}

async function startFormat(meta: Rows, commits: GroupCommit): Promise<void> {
  if (meta.getBinary(FORMAT_KEY) !== undefined) return;
  await commits.commit((change) => change.put(meta, FORMAT_KEY, FORMAT));
}

const pendingNumbers = new WeakMap<Change, Map<string, number>>();

function nextNumber(meta: Rows, change: Change, counter: string): number {
  const key = Buffer.from(`next:${counter}`);
  const pending = pendingNumbers.get(change) ?? new Map<string, number>();
  pendingNumbers.set(change, pending);
  const last = pending.get(counter) ?? Number(change.get(meta, key)?.toString() ?? "0");
  pending.set(counter, last + 1);
  change.put(meta, key, Buffer.from(String(last + 1)));
  return last + 1;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
