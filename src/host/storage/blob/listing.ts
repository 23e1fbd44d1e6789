/**
 * Owns: walking blob names for a list call, with prefix, delimiter and marker. Must not: render.
 *
 * Invariants:
 * Z1. A page costs what it returns: names under a common prefix are skipped by one seek.
 * Z2. Pages joined give every blob once, in name order, as long as nobody writes meanwhile.
 */
import { afterPrefix, prefixKey } from "../store/rowKey";
import type { StoreRows } from "../store/storeRows";
import { BLOB_ROW, type BlobRow, type ContainerRow } from "./blobRow";

export interface ListQuery {
  readonly prefix: string;
  /** Empty for a flat list. */
  readonly delimiter: string;
  /** Name to start at; empty for the beginning. */
  readonly from: string;
  readonly limit: number;
}

export type ListedItem =
  { readonly kind: "blob"; readonly blob: BlobRow } | { readonly kind: "prefix"; readonly name: string };

export interface ListedPage {
  readonly items: readonly ListedItem[];
  /** Name at which the next page starts; undefined at the end. */
  readonly next: string | undefined;
}

export function listBlobs(rows: StoreRows, container: ContainerRow, query: ListQuery): ListedPage {
  const end = afterPrefix(prefixKey(container.id, query.prefix));
  let start = prefixKey(container.id, query.from > query.prefix ? query.from : query.prefix);
  const items: ListedItem[] = [];
  for (;;) {
    const step = walk(rows, start, end, query, items);
    if (step.kind === "end") return { items, next: undefined };
    if (step.kind === "full") return { items, next: step.next };
    start = afterPrefix(prefixKey(container.id, step.skip));
  }
}

type Step =
  | { readonly kind: "end" }
  | { readonly kind: "full"; readonly next: string }
  | { readonly kind: "skip"; readonly skip: string };

function walk(rows: StoreRows, start: Buffer, end: Buffer, query: ListQuery, items: ListedItem[]): Step {
  if (Buffer.compare(start, end) >= 0) return { kind: "end" };
  for (const { value } of rows.blobs.getRange({ start, end })) {
    const blob = BLOB_ROW.decode(value);
    if (items.length >= query.limit) return { kind: "full", next: blob.name };
    const folder = folderOf(blob.name, query);
    if (folder === undefined) {
      items.push({ kind: "blob", blob });
    } else {
      items.push({ kind: "prefix", name: folder });
      return { kind: "skip", skip: folder };
    }
  }
  return { kind: "end" };
}

function folderOf(name: string, query: ListQuery): string | undefined {
  if (query.delimiter === "") return undefined;
  const at = name.indexOf(query.delimiter, query.prefix.length);
  return at < 0 ? undefined : name.slice(0, at + query.delimiter.length);
}
