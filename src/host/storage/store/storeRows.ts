/**
 * Owns: the LMDB environment: its databases, its counters and its opening. Must not: know Table or Blob rules.
 *
 * Layout (all keys binary, see rowKey.ts; all values JSON unless said):
 *   meta        name → counter or format mark
 *   tables      lower-case name → {id, name}            entities    table id, PartitionKey, RowKey → entity
 *   containers  name → container                        blobs       container id, blob name → blob
 *   staged      container id, blob name, block id → staged block
 *   chunks      content id, offset → bytes (0x00 …) or a file (0x01 JSON)
 *   blockLists  content id → committed block ids and sizes
 *   files       file name → content id that owns it     garbage     content id → nothing
 *   subscriptions  name → subscription                  events      subscription id, sequence → event
 *   deadLetters    subscription id, sequence → event and reason
 *   purges      kind and id of a deleted table or container whose rows are still to be removed
 */
import { open, type RootDatabase } from "lmdb";

import { findFileDamage } from "./environmentFile";
import { openGroupCommit, type Change, type GroupCommit, type Rows } from "./groupCommit";

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

const FORMAT_KEY = Buffer.from("format");
const FORMAT = "sluice-storage-1";

export interface StoreRows extends Readonly<Record<RowsName, Rows>> {
  readonly commits: GroupCommit;
  /** The next number of a named counter, taken inside a change. Counters start at 1 and never repeat. */
  nextNumber(change: Change, counter: string): number;
  close(): Promise<void>;
}

/** Opens or creates the environment at `path` (a file). Rejects with one sentence when it cannot be used. */
export async function openStoreRows(path: string): Promise<StoreRows> {
  const damage = await findFileDamage(path);
  if (damage !== undefined) throw new Error(`The local storage at ${path} cannot be opened: ${damage}.`);
  const root = openEnvironment(path);
  const rows = Object.fromEntries(NAMES.map((name) => [name, openRows(root, name)])) as Record<
    RowsName,
    Rows
  >;
  const commits = openGroupCommit(root);
  await checkFormat(rows.meta, commits);
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

function openRows(root: RootDatabase<Buffer, Buffer>, name: RowsName): Rows {
  return root.openDB<Buffer, Buffer>({ name, encoding: "binary", keyEncoding: "binary" });
}

async function checkFormat(meta: Rows, commits: GroupCommit): Promise<void> {
  const found = meta.getBinary(FORMAT_KEY)?.toString();
  if (found === FORMAT) return;
  if (found !== undefined)
    throw new Error(`The local storage has the format "${found}", this version reads "${FORMAT}".`);
  await commits.commit((change) => change.put(meta, FORMAT_KEY, Buffer.from(FORMAT)));
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
