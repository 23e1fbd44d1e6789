/**
 * Owns: what the changes of one group have written so far: later changes of the group read it, then it is written.
 * Must not: decide what belongs to a group.
 */
import type { Rows } from "./sealedRows";

/** `value` is undefined for a removal. */
export interface Write {
  readonly rows: Rows;
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

export class GroupWrites {
  readonly #tables = new Map<Rows, Map<string, Write>>();

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  add(writes: readonly Write[]): void {
    for (const write of writes) {
      const table = this.#tables.get(write.rows) ?? new Map<string, Write>();
      this.#tables.set(write.rows, table);
      table.set(nameOf(write.key), write);
    }
  }

  get(rows: Rows, key: Buffer): Buffer | undefined {
    const write = this.#tables.get(rows)?.get(nameOf(key));
    return write === undefined ? rows.getBinary(key) : write.value;
  }

  range(rows: Rows, start: Buffer, end: Buffer): readonly Row[] {
    const stored = Array.from(rows.getRange({ start, end }), ({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
    }));
    const table = this.#tables.get(rows);
    if (table === undefined) return stored;
    const kept = stored.filter(({ key }) => !table.has(nameOf(key)));
    const written = [...table.values()].filter(({ key }) => isWithin(key, start, end)).flatMap(rowOf);
    return [...kept, ...written].sort((left, right) => left.key.compare(right.key));
  }

  /** Hands every write to LMDB, the last of each key. */
  apply(): void {
    for (const [rows, table] of this.#tables)
      for (const { key, value } of table.values())
        if (value === undefined) rows.remove(key);
        else rows.put(key, value);
  }
}

function rowOf({ key, value }: Write): readonly Row[] {
  return value === undefined ? [] : [{ key, value }];
}

function isWithin(key: Buffer, start: Buffer, end: Buffer): boolean {
  return key.compare(start) >= 0 && key.compare(end) < 0;
}

function nameOf(key: Buffer): string {
  return key.toString("latin1");
}
