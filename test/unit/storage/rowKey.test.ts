import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { afterPrefix, partsKey, prefixKey, textBytes } from "../../../src/host/storage/store/rowKey";

const text = fc.string({
  unit: fc.constantFrom("a", "b", " ", "~", "ü", "文", "\uffee", "\u{1f600}", "\ud83d"),
});
const sign = (value: number): number => Math.sign(value);
const byUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

describe("row keys", () => {
  test("sort as UTF-16 code units do, surrogates included", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(sign(Buffer.compare(textBytes(left), textBytes(right)))).toBe(byUnits(left, right));
      }),
    );
  });

  test("sort by partition first and row second, whatever the lengths", () => {
    fc.assert(
      fc.property(text, text, text, text, (p1, r1, p2, r2) => {
        const order = byUnits(p1, p2) || byUnits(r1, r2);
        expect(sign(Buffer.compare(partsKey(3, p1, r1), partsKey(3, p2, r2)))).toBe(order);
      }),
    );
  });

  test("below a prefix end before the key after the prefix", () => {
    fc.assert(
      fc.property(text, text, (prefix, rest) => {
        const start = prefixKey(3, prefix);
        const key = partsKey(3, prefix + rest);
        expect(Buffer.compare(start, key)).toBeLessThanOrEqual(0);
        expect(Buffer.compare(key, afterPrefix(start))).toBeLessThan(0);
      }),
    );
  });
});
