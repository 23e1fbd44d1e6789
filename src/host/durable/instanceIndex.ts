/**
 * Owns: finding instances by status, creation and id without reading them.
 *
 * X1. Every stored instance has exactly one entry, under its status; it is written in the commit that writes the instance.
 * X2. A search answers in the order of ids (of their UTF-8 bytes), whatever the filter: an instance is found at most once in a walk of pages,
 *     and is not missed while it matches.
 * X3. One search looks at a bounded number of entries, so a page may be short or empty before the end: only an empty
 *     `next` ends a walk.
 */
import type { Database } from "lmdb";
import type { RuntimeStatus } from "./instance";
import { runtimeStatuses } from "./instance";

/** Key: status and instance id; value: when the instance was created. */
export type StatusRows = Database<number, [RuntimeStatus, string]>;

interface Indexed {
  readonly instanceId: string;
  readonly status: RuntimeStatus;
  readonly createdAt: number;
}

/** Instants are inclusive; null and the empty prefix take everything. */
export interface InstanceFilter {
  readonly createdFrom: number | null;
  readonly createdTo: number | null;
  readonly statuses: readonly RuntimeStatus[] | null;
  readonly idPrefix: string;
}

export interface FoundIds {
  readonly ids: readonly string[];
  /** The id to search after; empty at the end. */
  readonly next: string;
}

export interface SearchBounds {
  readonly maxFound: number;
  readonly maxLooked: number;
}

/** Moves the entry of an instance; null for one that is not there before, or no longer afterwards. Inside a commit. */
export function moveEntry(rows: StatusRows, before: Indexed | null, after: Indexed | null): void {
  if (before?.status === after?.status && before?.createdAt === after?.createdAt) return;
  if (before !== null && before.status !== after?.status)
    void rows.remove([before.status, before.instanceId]);
  if (after !== null) void rows.put([after.status, after.instanceId], after.createdAt);
}

/** Ids after `after` of the instances that match, as far as the bounds let it look. */
export function findIds(
  rows: StatusRows,
  filter: InstanceFilter,
  after: string,
  bounds: SearchBounds,
): FoundIds {
  const ids: string[] = [];
  let looked = 0;
  let last = "";
  for (const { id, createdAt } of mergedEntries(rows, filter, after)) {
    if (ids.length === bounds.maxFound || looked === bounds.maxLooked) return { ids, next: last };
    looked += 1;
    last = id;
    if (isCreatedWithin(createdAt, filter)) ids.push(id);
  }
  return { ids, next: "" };
}

function isCreatedWithin(createdAt: number, { createdFrom, createdTo }: InstanceFilter): boolean {
  return (createdFrom === null || createdAt >= createdFrom) && (createdTo === null || createdAt <= createdTo);
}

interface Entry {
  readonly id: string;
  readonly bytes: Buffer;
  readonly createdAt: number;
}

/** The entries of the wanted statuses, merged in the order of ids. */
function* mergedEntries(rows: StatusRows, filter: InstanceFilter, after: string): Generator<Entry> {
  const wanted = new Set(filter.statuses ?? runtimeStatuses);
  const sources = [...wanted].map((status) => entriesOf(rows, status, filter.idPrefix, after));
  const heads = sources.flatMap((source) => nextHead(source));
  try {
    for (let first = smallest(heads); first !== undefined; first = smallest(heads)) {
      yield first.entry;
      heads.splice(heads.indexOf(first), 1, ...nextHead(first.source));
    }
  } finally {
    sources.forEach((source) => source.return(undefined));
  }
}

interface Head {
  readonly entry: Entry;
  readonly source: Generator<Entry>;
}

function nextHead(source: Generator<Entry>): Head[] {
  const next = source.next();
  return next.done === true ? [] : [{ entry: next.value, source }];
}

function smallest(heads: readonly Head[]): Head | undefined {
  let [first] = heads;
  for (const head of heads)
    if (first !== undefined && Buffer.compare(head.entry.bytes, first.entry.bytes) < 0) first = head;
  return first;
}

function* entriesOf(
  rows: StatusRows,
  status: RuntimeStatus,
  prefix: string,
  after: string,
): Generator<Entry> {
  const start = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) > 0 ? after : prefix;
  for (const { key, value } of rows.getRange({ start: [status, start] })) {
    const [found, id] = key;
    if (found !== status || !id.startsWith(prefix)) return;
    if (id !== after) yield { id, bytes: Buffer.from(id), createdAt: value };
  }
}
