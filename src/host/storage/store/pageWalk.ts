/**
 * Owns: looking through every page of an LMDB file before LMDB maps it. LMDB trusts its pages: a garbled one ends the
 * process with a fault, or gives a wrong answer in silence. Must not: repair, nor write.
 * Source: the structures of LMDB's data format as lmdb-js builds it (24 byte page headers, little-endian).
 *
 * Invariants:
 * L1. A file that LMDB wrote and the file system kept passes, whatever moment the process died at.
 * L2. Every page that a look-up can reach is visited once; its number, kind, bounds, its keys' order and the count of
 *     rows must agree with the page above it.
 * L3. No page that a look-up can reach is listed as free: LMDB would write over it.
 * L4. Every row is shown to the visitor, so that it can hold the row's own checksum against it.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

import {
  areMetasInOrder,
  HEADER_BYTES,
  newestMeta,
  NO_PAGE,
  readTree,
  TREE_BYTES,
  type Meta,
  type Tree,
} from "./pageFormat";

export interface PageVisitor {
  table(name: string): void;
  /** `value` is valid during the call only; undefined for a value with pages of its own that nobody wanted. */
  row(table: string, key: Buffer, value: Buffer | undefined): void;
  /** Whether values of this table that have pages of their own are to be read. */
  wantsLarge(table: string): boolean;
}

const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const NODE_HEADER = 8;
const LARGE_VALUE = 1;
const SUB_TREE = 2;
const FREE_PAGES = "the list of free pages";

class PageDamage extends Error {}

/** What is wrong, in words; undefined when all pages agree or there is no file. Reads synchronously: thousands of promises would cost more. */
export function findPageDamage(path: string, visitor: PageVisitor): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  try {
    const meta = newestMeta(file);
    if (meta === undefined) return undefined;
    if (!areMetasInOrder(file)) return "its first pages are damaged";
    const walk = new Walk(file, meta, visitor);
    walk.tree(FREE_PAGES, meta.free, 0);
    walk.tree("", meta.main, 0);
    walk.checkFree();
    return undefined;
  } catch (error) {
    if (error instanceof PageDamage) return error.message;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Where a page hangs: its tree, its level below the root, and the keys that its own must lie between. */
interface Place {
  readonly table: string;
  readonly tree: Tree;
  readonly level: number;
  /** Buffers in use by the pages above, sub-trees' parents included. */
  readonly above: number;
  readonly low: Buffer | undefined;
  readonly high: Buffer | undefined;
}

interface Node {
  readonly flags: number;
  /** Page of a branch's child, bytes of a leaf's value. */
  readonly number: number;
  readonly key: Buffer;
  /** Where the value starts in the page. */
  readonly at: number;
}

class Walk {
  readonly #buffers: Buffer[] = [];
  readonly #seen: Uint8Array;
  readonly #pages: number;
  readonly #free: { readonly first: number; readonly count: number }[] = [];

  constructor(
    private readonly file: number,
    private readonly meta: Meta,
    private readonly visitor: PageVisitor,
  ) {
    this.#pages = Math.floor(fstatSync(file).size / meta.pageSize);
    this.#seen = new Uint8Array(this.#pages);
  }

  tree(table: string, tree: Tree, above: number): void {
    if (table !== FREE_PAGES && tree.flags !== 0) throw new PageDamage(`${nameOf(table)} is garbled`);
    const place = { table, tree, level: 1, above, low: undefined, high: undefined };
    const rows = tree.root === NO_PAGE ? 0 : this.#page(tree.root, place);
    if (rows !== tree.entries)
      throw new PageDamage(`${nameOf(table)} holds ${rows} rows instead of ${tree.entries}`);
  }

  /** Visits a page and what is below it; gives the number of rows. */
  #page(number: number, place: Place): number {
    const page = this.#read(number, place);
    const isLeaf = place.level === place.tree.depth;
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const kind = page.readUInt16LE(18) & (BRANCH | LEAF | OVERFLOW);
    if (kind !== (isLeaf ? LEAF : BRANCH) || lower % 2 !== 0 || lower === 0 || lower > upper)
      throw this.#damaged(number, place, "its header is garbled");
    let rows = 0;
    let before: Node | undefined;
    for (let index = 0; index < lower / 2; index++) {
      const node = this.#node(page, number, place, index, upper, isLeaf);
      this.#checkOrder(number, place, before, node, isLeaf || index > 0);
      if (isLeaf) this.#leaf(page, number, place, node);
      else if (before !== undefined) rows += this.#child(place, before, node.key);
      rows += isLeaf ? 1 : 0;
      before = node;
    }
    return isLeaf || before === undefined ? rows : rows + this.#child(place, before, place.high);
  }

  #child(place: Place, node: Node, high: Buffer | undefined): number {
    const low = node.key.length === 0 ? place.low : node.key;
    return this.#page(node.number, { ...place, level: place.level + 1, low, high });
  }

  #node(page: Buffer, number: number, place: Place, index: number, upper: number, isLeaf: boolean): Node {
    const start = page.readUInt16LE(HEADER_BYTES + index * 2) + HEADER_BYTES;
    if (start < HEADER_BYTES + upper || start + NODE_HEADER > page.length)
      throw this.#damaged(number, place, "a row lies outside of it");
    const flags = page.readUInt16LE(start + 4);
    const at = start + NODE_HEADER + page.readUInt16LE(start + 6);
    const small = page.readUInt32LE(start);
    const length = !isLeaf ? 0 : (flags & LARGE_VALUE) !== 0 ? 24 : small;
    if (at + length > page.length) throw this.#damaged(number, place, "a row reaches out of it");
    const key = page.subarray(start + NODE_HEADER, at);
    return { flags, number: isLeaf ? small : small + flags * 2 ** 32, key, at };
  }

  #checkOrder(number: number, place: Place, before: Node | undefined, node: Node, hasKey: boolean): void {
    if (place.table === FREE_PAGES || !hasKey) return;
    const low = before?.key.length ? before.key : place.low;
    const isAfter = low === undefined || Buffer.compare(low, node.key) < (before?.key.length ? 0 : 1);
    if (!isAfter || (place.high !== undefined && Buffer.compare(node.key, place.high) >= 0))
      throw this.#damaged(number, place, "its keys are out of order");
  }

  #leaf(page: Buffer, number: number, place: Place, node: Node): void {
    if ((node.flags & LARGE_VALUE) !== 0) {
      this.#large(page, number, place, node);
      return;
    }
    const value = page.subarray(node.at, node.at + node.number);
    if ((node.flags & SUB_TREE) !== 0) {
      if (value.length !== TREE_BYTES) throw this.#damaged(number, place, "a table is garbled");
      const below = place.above + place.level;
      const name = node.key.toString("utf8").replace(/\0+$/, "");
      this.visitor.table(name);
      this.tree(name, readTree(value, 0), below);
      return;
    }
    this.#row(place, node, value);
  }

  /** A value with pages of its own: the first has a header, the others are bytes alone. */
  #large(page: Buffer, number: number, place: Place, node: Node): void {
    const first = Number(page.readBigUInt64LE(node.at));
    const count = Math.floor((HEADER_BYTES - 1 + node.number) / this.meta.pageSize) + 1;
    if (Number(page.readBigUInt64LE(node.at + 16)) !== count)
      throw this.#damaged(number, place, "a large value is garbled");
    for (let next = first; next < first + count; next++) this.#visit(next, place);
    const isWanted = place.table === FREE_PAGES || this.visitor.wantsLarge(place.table);
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + (isWanted ? node.number : 0));
    readSync(this.file, bytes, 0, bytes.length, first * this.meta.pageSize);
    const isFirst = Number(bytes.readBigUInt64LE(0)) === first && bytes.readUInt32LE(20) === count;
    if (!isFirst || (bytes.readUInt16LE(18) & OVERFLOW) === 0)
      throw this.#damaged(first, place, "its header is garbled");
    this.#row(place, node, isWanted ? bytes.subarray(HEADER_BYTES) : undefined);
  }

  #row(place: Place, node: Node, value: Buffer | undefined): void {
    if (place.table !== FREE_PAGES) this.visitor.row(place.table, node.key, value);
    else if (value !== undefined) this.#listFree(value);
  }

  /** A count, then page numbers; a negative one is the length of a run and followed by its first page; 0 is no page. */
  #listFree(value: Buffer): void {
    const numbers = value.length < 8 ? 0 : Number(value.readBigUInt64LE(0));
    if (value.length < 8 || (numbers + 1) * 8 > value.length)
      throw new PageDamage(`${FREE_PAGES} is garbled`);
    let run = 1;
    for (let index = 1; index <= numbers; index++) {
      const number = Number(value.readBigInt64LE(index * 8));
      if (number > 0) this.#free.push({ first: number, count: run });
      run = number < 0 ? -number : 1;
    }
  }

  checkFree(): void {
    for (const { first, count } of this.#free)
      for (let number = first; number < first + count; number++) {
        const isInUse = number < 2 || this.#seen[number] === 1;
        if (isInUse || number > this.meta.lastPage)
          throw new PageDamage(`${FREE_PAGES} is damaged: it names page ${number}`);
      }
  }

  #read(number: number, place: Place): Buffer {
    this.#visit(number, place);
    const page = (this.#buffers[place.above + place.level] ??= Buffer.allocUnsafe(this.meta.pageSize));
    readSync(this.file, page, 0, page.length, number * this.meta.pageSize);
    if (Number(page.readBigUInt64LE(0)) !== number || place.level > place.tree.depth)
      throw this.#damaged(number, place, "it is another page");
    return page;
  }

  #visit(number: number, place: Place): void {
    if (!(number > 1 && number < this.#pages && number <= this.meta.lastPage))
      throw this.#damaged(number, place, "it lies behind the end of the file");
    if (this.#seen[number] === 1) throw this.#damaged(number, place, "it is used twice");
    this.#seen[number] = 1;
  }

  #damaged(number: number, place: Place, why: string): PageDamage {
    return new PageDamage(`page ${number} (${nameOf(place.table)}) is damaged: ${why}`);
  }
}

function nameOf(table: string): string {
  return table === "" ? "the list of tables" : table;
}
