import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import type { EdmValue } from "../../../src/host/storage/table/edm";
import type { Entity } from "../../../src/host/storage/table/entity";
import {
  matchesFilter,
  parseFilter,
  type ComparisonOperator,
  type Filter,
} from "../../../src/host/storage/table/filter";
import { keyRangesOf } from "../../../src/host/storage/table/keyRanges";
import { partsKey } from "../../../src/host/storage/store/rowKey";

const OPERATORS: readonly ComparisonOperator[] = ["eq", "ne", "gt", "ge", "lt", "le"];

function entity(partitionKey: string, rowKey: string, properties: Record<string, EdmValue> = {}): Entity {
  return { partitionKey, rowKey, timestamp: "2026-01-01T00:00:00.0000000Z", properties };
}

function matches(text: string, row: Entity): boolean {
  return matchesFilter(parseFilter(text)!, row);
}

/** A filter as text, with what it means said a second time in plain JavaScript. */
interface Meant {
  readonly text: string;
  readonly holds: (row: Entity) => boolean;
}

const word = fc.constantFrom("", "a", "ab", "b", "b'c", "z", "ü", "\uffee", "\u{1f600}");
const number = fc.integer({ min: -3, max: 3 });

function compare(left: string | number, operator: ComparisonOperator, right: string | number): boolean {
  const by: Record<ComparisonOperator, boolean> = {
    eq: left === right,
    ne: left !== right,
    gt: left > right,
    ge: left >= right,
    lt: left < right,
    le: left <= right,
  };
  return by[operator];
}

const keyTest: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom("PartitionKey", "RowKey"), fc.constantFrom(...OPERATORS), word)
  .map(([key, operator, value]) => ({
    text: `${key} ${operator} '${value.replaceAll("'", "''")}'`,
    holds: (row) => compare(key === "PartitionKey" ? row.partitionKey : row.rowKey, operator, value),
  }));

const numberTest: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom(...OPERATORS), number)
  .map(([operator, value]) => ({
    text: `n ${operator} ${value}`,
    holds: (row) => {
      const stored = row.properties["n"]?.value;
      return typeof stored === "number" && compare(stored, operator, value);
    },
  }));

const { filter } = fc.letrec<{ filter: Meant }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    keyTest,
    numberTest,
    fc.tuple(tie("filter"), tie("filter")).map(([left, right]) => ({
      text: `(${left.text}) and (${right.text})`,
      holds: (row: Entity) => left.holds(row) && right.holds(row),
    })),
    fc.tuple(tie("filter"), tie("filter")).map(([left, right]) => ({
      text: `(${left.text}) or (${right.text})`,
      holds: (row: Entity) => left.holds(row) || right.holds(row),
    })),
    tie("filter").map((inner) => ({
      text: `not (${inner.text})`,
      holds: (row: Entity) => !inner.holds(row),
    })),
  ),
}));

const row: fc.Arbitrary<Entity> = fc
  .tuple(word, word, fc.option(number, { nil: undefined }))
  .map(([partitionKey, rowKey, n]) =>
    entity(partitionKey, rowKey, n === undefined ? {} : { n: { type: "Int32", value: n } }),
  );

describe("a filter", () => {
  test("means what it says, for any nesting of and, or, not", () => {
    fc.assert(
      fc.property(filter, row, (meant, stored) => {
        expect(matches(meant.text, stored)).toBe(meant.holds(stored));
      }),
      { numRuns: 500 },
    );
  });

  test("never loses a match to its key ranges, and the ranges ascend without overlap", () => {
    fc.assert(
      fc.property(filter, row, (meant, stored) => {
        const ranges = keyRangesOf(7, parseFilter(meant.text));
        for (const [index, range] of ranges.entries()) {
          expect(Buffer.compare(range.start, range.end)).toBeLessThan(0);
          if (index > 0) expect(Buffer.compare(ranges[index - 1]!.end, range.start)).toBeLessThan(0);
        }
        const key = partsKey(7, stored.partitionKey, stored.rowKey);
        const inside = ranges.some(
          (range) => Buffer.compare(range.start, key) <= 0 && Buffer.compare(key, range.end) < 0,
        );
        if (meant.holds(stored)) expect(inside).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("on one partition and a range of rows reads that range only", () => {
    const ranges = keyRangesOf(
      1,
      parseFilter("PartitionKey eq 'p' and RowKey ge 'a' and RowKey lt 'c' and n gt 5"),
    );
    expect(ranges).toEqual([{ start: partsKey(1, "p", "a"), end: partsKey(1, "p", "c") }]);
  });

  test("that contradicts itself reads nothing", () => {
    expect(keyRangesOf(1, parseFilter("PartitionKey eq 'p' and PartitionKey eq 'q'"))).toEqual([]);
  });

  test("binds and before or, and not before both", () => {
    const one = entity("p", "r", {
      a: { type: "Boolean", value: true },
      b: { type: "Boolean", value: false },
    });
    expect(matches("a or b and b", one)).toBe(true);
    expect(matches("not b and a", one)).toBe(true);
    expect(matches("not (a or b)", one)).toBe(false);
  });

  const typed: [string, EdmValue, boolean][] = [
    ["x eq 5L", { type: "Int64", value: "5" }, true],
    ["x gt 9007199254740992", { type: "Int64", value: "9007199254740993" }, true],
    ["x eq 1.5", { type: "Double", value: 1.5 }, true],
    ["x lt 1e3", { type: "Double", value: 999 }, true],
    ["x eq datetime'2026-01-01T00:00:00Z'", { type: "DateTime", value: "2026-01-01T00:00:00Z" }, true],
    ["x lt datetime'2026-01-01T00:00:00.5Z'", { type: "DateTime", value: "2026-01-01T00:00:00.25Z" }, true],
    [
      "x eq guid'C9DA6455-213D-42C9-9A79-3E9149A57833'",
      { type: "Guid", value: "c9da6455-213d-42c9-9a79-3e9149a57833" },
      true,
    ],
    ["x eq X'00ff'", { type: "Binary", value: "AP8=" }, true],
    ["x eq '5'", { type: "Int32", value: 5 }, false],
    ["x ne '5'", { type: "Int32", value: 5 }, false],
    ["x lt 1", { type: "Double", value: "NaN" }, false],
  ];
  test.each(typed)("%s compares by type", (text, value, expected) => {
    expect(matches(text, entity("p", "r", { x: value }))).toBe(expected);
  });

  test.each([
    "n eq",
    "eq 5",
    "n eq 5 5",
    "(n eq 5",
    "n ~ 5",
    "n eq 'open",
    "n eq 5x",
    "f(n) eq 1",
    "n eq guid'x'",
    "((((n",
  ])("that is malformed is refused whole: %s", (text) => {
    expect(() => parseFilter(text)).toThrow(/filter/i);
  });

  test("that nests a thousand deep is refused instead of exhausting the stack", () => {
    expect(() => parseFilter(`${"(".repeat(1000)}n eq 1${")".repeat(1000)}`)).toThrow(/nested too deeply/);
  });

  test("asks own properties only, whatever names a prototype has", () => {
    expect(matches("constructor ne 'x'", entity("p", "r"))).toBe(false);
    const stored: Filter = parseFilter("toString eq 'x'")!;
    expect(matchesFilter(stored, entity("p", "r"))).toBe(false);
  });
});
