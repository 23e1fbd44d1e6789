/**
 * Owns: which key ranges can hold matches of a filter, so that a query costs what it returns. Pure.
 *
 * Invariants:
 * R1. Every entity that matches lies in one of the ranges; the filter itself is still applied to each.
 * R2. Ranges are ascending and do not overlap, so a page follows key order and continues by key.
 */
import { afterPrefix, idBytes, partsKey } from "../store/rowKey";
import type { ComparisonOperator, Filter } from "./filter";

/** Half-open: from `start`, up to but without `end`. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

interface KeyTest {
  readonly key: "PartitionKey" | "RowKey";
  readonly operator: ComparisonOperator;
  readonly value: string;
}

/** More alternatives than this are scanned as one whole range. */
const MAX_ALTERNATIVES = 64;

/** The ranges of table `id` that can match; the whole table without a filter. */
export function keyRangesOf(id: number, filter: Filter | undefined): readonly KeyRange[] {
  const alternatives = filter === undefined ? undefined : alternativesOf(filter);
  const ranges = (alternatives ?? [[]]).map((tests) => rangeOf(id, tests));
  return merge(ranges.filter((range) => Buffer.compare(range.start, range.end) < 0));
}

/** Disjunctive form of the tests on keys; everything else counts as "may match". Undefined when it grows too large. */
function alternativesOf(filter: Filter): readonly (readonly KeyTest[])[] | undefined {
  if (filter.kind === "or") {
    const left = alternativesOf(filter.left);
    const right = alternativesOf(filter.right);
    if (left === undefined || right === undefined || left.length + right.length > MAX_ALTERNATIVES)
      return undefined;
    return [...left, ...right];
  }
  if (filter.kind === "and") {
    const left = alternativesOf(filter.left) ?? [[]];
    const right = alternativesOf(filter.right) ?? [[]];
    if (left.length * right.length > MAX_ALTERNATIVES) return undefined;
    return left.flatMap((one) => right.map((other) => [...one, ...other]));
  }
  const test = filter.kind === "compare" ? keyTestOf(filter) : undefined;
  return [test === undefined ? [] : [test]];
}

const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  eq: "eq",
  ne: "ne",
  gt: "lt",
  ge: "le",
  lt: "gt",
  le: "ge",
};

function keyTestOf(filter: Extract<Filter, { kind: "compare" }>): KeyTest | undefined {
  const flipped = filter.left.kind === "literal";
  const [property, literal] = flipped ? [filter.right, filter.left] : [filter.left, filter.right];
  if (property.kind !== "property" || literal.kind !== "literal" || literal.value.type !== "String")
    return undefined;
  if (property.name !== "PartitionKey" && property.name !== "RowKey") return undefined;
  const operator = flipped ? MIRRORED[filter.operator] : filter.operator;
  return operator === "ne" ? undefined : { key: property.name, operator, value: literal.value.value };
}

function rangeOf(id: number, tests: readonly KeyTest[]): KeyRange {
  const table = { start: idBytes(id), end: idBytes(id + 1) };
  const partitions = tests.filter((test) => test.key === "PartitionKey");
  let range = partitions.reduce((so, test) => narrow(so, test, [], id), table);
  const partition = partitions.find((test) => test.operator === "eq")?.value;
  if (partition !== undefined)
    range = tests
      .filter((test) => test.key === "RowKey")
      .reduce((so, test) => narrow(so, test, [partition], id), range);
  return range;
}

function narrow(range: KeyRange, test: KeyTest, before: readonly string[], id: number): KeyRange {
  const exact = partsKey(id, ...before, test.value);
  const after = afterPrefix(exact);
  switch (test.operator) {
    case "eq":
      return { start: later(range.start, exact), end: earlier(range.end, after) };
    case "ge":
      return { start: later(range.start, exact), end: range.end };
    case "gt":
      return { start: later(range.start, after), end: range.end };
    case "lt":
      return { start: range.start, end: earlier(range.end, exact) };
    case "le":
      return { start: range.start, end: earlier(range.end, after) };
    case "ne":
      return range;
  }
}

function later(left: Buffer, right: Buffer): Buffer {
  return Buffer.compare(left, right) < 0 ? right : left;
}

function earlier(left: Buffer, right: Buffer): Buffer {
  return Buffer.compare(left, right) < 0 ? left : right;
}

function merge(ranges: readonly KeyRange[]): readonly KeyRange[] {
  const merged: KeyRange[] = [];
  for (const range of [...ranges].sort((left, right) => Buffer.compare(left.start, right.start))) {
    const last = merged.at(-1);
    if (last === undefined || Buffer.compare(last.end, range.start) < 0) merged.push(range);
    else merged[merged.length - 1] = { start: last.start, end: later(last.end, range.end) };
  }
  return merged;
}
