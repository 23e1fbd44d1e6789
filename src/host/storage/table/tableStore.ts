/**
 * Owns: tables and entities in LMDB. Must not: know HTTP.
 *
 * Invariants:
 * T1. The changes of one call are committed together or not at all, and before the call is answered.
 * T2. A point read is one look-up; a query reads what its key ranges hold, one page at a time.
 * T3. A table's id is never used again, so a table of the same name starts empty; rows of a deleted table are removed
 *     afterwards, again after a crash.
 */
import { StorageError } from "../http/storageError";
import { isoOfTicks, type TickClock } from "../store/clock";
import type { Change } from "../store/groupCommit";
import { afterPrefix, idBytes, partsKey, textBytes } from "../store/rowKey";
import { JsonRow } from "../store/jsonRow";
import type { StoreRows } from "../store/storeRows";
import type { Entity } from "./entity";
import type { Filter } from "./filter";
import { matchesFilter } from "./filter";
import { keyRangesOf } from "./keyRanges";
import { applyTableChange, type TableChange } from "./tableChange";

export interface TableRow {
  readonly id: number;
  readonly name: string;
}

export interface EntityPage {
  readonly entities: readonly Entity[];
  /** Where the next page starts; undefined at the end. */
  readonly next: { readonly partitionKey: string; readonly rowKey: string } | undefined;
}

export interface EntityQuery {
  readonly filter: Filter | undefined;
  readonly limit: number;
  readonly from: { readonly partitionKey: string; readonly rowKey: string } | undefined;
  readonly visible: (entity: Entity) => boolean;
}

export interface TableStore {
  createTable(name: string): Promise<void>;
  deleteTable(name: string): Promise<void>;
  /** Tables in order of their lower-case names, from `from` on. */
  listTables(from: string | undefined, limit: number): readonly TableRow[];
  getTable(name: string): TableRow;
  findEntity(table: TableRow, partitionKey: string, rowKey: string): Entity | undefined;
  /** T1. Throws a `FailedChange` that says which change was refused. */
  apply(table: TableRow, changes: readonly TableChange[]): Promise<readonly (Entity | undefined)[]>;
  query(table: TableRow, query: EntityQuery): EntityPage;
  /** Removes what deleted tables left. */
  purge(): Promise<void>;
}

/** A refusal of the change at `index` of a call. */
export class FailedChange extends Error {
  constructor(
    readonly index: number,
    readonly refusal: StorageError,
  ) {
    super(refusal.message);
  }
}

/** A page never holds more than this many bytes of rows, nor looks at more than this many rows. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const TABLE_ROW = new JsonRow<TableRow>();
const ENTITY_ROW = new JsonRow<Entity>();
const MAX_SCANNED = 20_000;
const PURGE_STEP = 1_000;

export function openTableStore(rows: StoreRows, clock: TickClock): TableStore {
  function findTable(name: string): TableRow | undefined {
    return TABLE_ROW.find(rows.tables.getBinary(tableKey(name)));
  }

  function applyAll(
    change: Change,
    table: TableRow,
    changes: readonly TableChange[],
  ): (Entity | undefined)[] {
    if (change.get(rows.tables, tableKey(table.name)) === undefined) throw tableNotFound();
    return changes.map((one, index) => {
      const key = partsKey(table.id, one.partitionKey, one.rowKey);
      try {
        const stored = ENTITY_ROW.find(change.get(rows.entities, key));
        const entity = applyTableChange(one, stored, isoOfTicks(clock()));
        if (entity === undefined) change.remove(rows.entities, key);
        else change.put(rows.entities, key, ENTITY_ROW.encode(entity));
        return entity;
      } catch (error) {
        throw error instanceof StorageError ? new FailedChange(index, error) : error;
      }
    });
  }

  async function purgeOne(id: number): Promise<void> {
    const range = { start: idBytes(id), end: idBytes(id + 1), limit: PURGE_STEP };
    for (;;) {
      const keys = [...rows.entities.getKeys(range)].map((key) => Buffer.from(key));
      await rows.commits.commit((change) => {
        for (const key of keys) change.remove(rows.entities, key);
        if (keys.length < PURGE_STEP) change.remove(rows.purges, purgeKey(id));
      });
      if (keys.length < PURGE_STEP) return;
    }
  }

  async function purge(): Promise<void> {
    const start = Buffer.from("t");
    const keys = [...rows.purges.getKeys({ start, end: afterPrefix(start) })];
    for (const key of keys) await purgeOne(Buffer.from(key).readUInt32BE(1));
  }

  return {
    createTable: (name) =>
      rows.commits.commit((change) => {
        if (change.get(rows.tables, tableKey(name)) !== undefined)
          throw new StorageError(409, "TableAlreadyExists", "The table specified already exists.");
        change.put(
          rows.tables,
          tableKey(name),
          TABLE_ROW.encode({ id: rows.nextNumber(change, "table"), name }),
        );
      }),
    deleteTable: (name) =>
      rows.commits.commit((change) => {
        const table = TABLE_ROW.find(change.get(rows.tables, tableKey(name)));
        if (table === undefined)
          throw new StorageError(404, "ResourceNotFound", "The specified resource does not exist.");
        change.remove(rows.tables, tableKey(name));
        change.put(rows.purges, purgeKey(table.id), Buffer.alloc(0));
        change.afterCommit(() => setImmediate(() => void purgeOne(table.id).catch(() => undefined)));
      }),
    listTables: (from, limit) => {
      const range = { ...(from === undefined ? {} : { start: textBytes(from) }), limit };
      return [...rows.tables.getRange(range)].map(({ value }) => TABLE_ROW.decode(value));
    },
    getTable: (name) => {
      const table = findTable(name);
      if (table === undefined) throw tableNotFound();
      return table;
    },
    findEntity: (table, partitionKey, rowKey) =>
      ENTITY_ROW.find(rows.entities.getBinary(partsKey(table.id, partitionKey, rowKey))),
    apply: (table, changes) => rows.commits.commit((change) => applyAll(change, table, changes)),
    query: (table, query) => queryPage(rows, table, query),
    purge,
  };
}

function queryPage(rows: StoreRows, table: TableRow, query: EntityQuery): EntityPage {
  const from = query.from && partsKey(table.id, query.from.partitionKey, query.from.rowKey);
  const entities: Entity[] = [];
  let bytes = 0;
  let scanned = 0;
  for (const range of keyRangesOf(table.id, query.filter)) {
    if (from !== undefined && Buffer.compare(range.end, from) <= 0) continue;
    const start = from !== undefined && Buffer.compare(range.start, from) < 0 ? from : range.start;
    for (const { value } of rows.entities.getRange({ start, end: range.end })) {
      const entity = ENTITY_ROW.decode(value);
      const matches = query.filter === undefined || matchesFilter(query.filter, entity);
      const full = entities.length >= query.limit || bytes + value.length > MAX_PAGE_BYTES;
      if ((matches && full && entities.length > 0) || scanned >= MAX_SCANNED)
        return { entities, next: { partitionKey: entity.partitionKey, rowKey: entity.rowKey } };
      scanned++;
      if (!matches || !query.visible(entity)) continue;
      entities.push(entity);
      bytes += value.length;
    }
  }
  return { entities, next: undefined };
}

function tableKey(name: string): Buffer {
  return textBytes(name.toLowerCase());
}

function purgeKey(id: number): Buffer {
  return Buffer.concat([Buffer.from("t"), idBytes(id)]);
}

function tableNotFound(): StorageError {
  return new StorageError(404, "TableNotFound", "The table specified does not exist.");
}
