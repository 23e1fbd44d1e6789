import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { compareEdm, parseEdm, type EdmValue } from "../../../src/host/storage/table/edm";
import { checkKey, parseEntity, renderEntity, type Entity } from "../../../src/host/storage/table/entity";

const value: fc.Arbitrary<EdmValue> = fc.oneof(
  fc.string().map((text): EdmValue => ({ type: "String", value: text })),
  fc.integer().map((number): EdmValue => ({ type: "Int32", value: number })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((number): EdmValue => ({ type: "Int64", value: String(number) })),
  fc
    .double({ noDefaultInfinity: true, noNaN: true })
    .map((number): EdmValue => ({ type: "Double", value: number + 0 })),
  fc
    .constantFrom("NaN", "Infinity", "-Infinity")
    .map((text): EdmValue => ({ type: "Double", value: text as "NaN" })),
  fc.boolean().map((yes): EdmValue => ({ type: "Boolean", value: yes })),
  fc.uuid().map((id): EdmValue => ({ type: "Guid", value: id })),
  fc
    .uint8Array()
    .map((bytes): EdmValue => ({ type: "Binary", value: Buffer.from(bytes).toString("base64") })),
  fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((at): EdmValue => ({ type: "DateTime", value: at.toISOString().replace(/\.?0+Z$/, "Z") })),
);

const shown = {
  level: "minimalmetadata",
  table: "t",
  account: "a",
  endpoint: "e",
  select: undefined,
} as const;

describe("a property", () => {
  test("of every type is the same after it was shown and sent again", () => {
    fc.assert(
      fc.property(value, (stored) => {
        const entity: Entity = { partitionKey: "p", rowKey: "r", timestamp: "", properties: { x: stored } };
        const again = parseEntity(JSON.stringify(renderEntity(entity, shown))).properties["x"];
        expect(again).toEqual(
          stored.type === "Double" && Object.is(stored.value, -0) ? { ...stored, value: 0 } : stored,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("compares with itself as equal, NaN apart", () => {
    fc.assert(
      fc.property(value, (stored) => {
        expect(compareEdm(stored, stored)).toBe(
          stored.value === "NaN" && stored.type === "Double" ? undefined : 0,
        );
      }),
    );
  });

  test.each<[unknown, string]>([
    ["9223372036854775808", "Edm.Int64"],
    ["2147483648", "Edm.Int32"],
    ["yesterday", "Edm.DateTime"],
    ["not-a-guid", "Edm.Guid"],
    ["@@@@", "Edm.Binary"],
    ["x", "Edm.Unknown"],
    [{}, "Edm.String"],
  ])("%p is refused as %s", (sent, type) => {
    expect(() => parseEdm("x", sent, type)).toThrow(/not a valid/);
  });
});

describe("a key", () => {
  test.each(["a/b", "a\\b", "a#b", "a?b", "\u0000", "\t", "\u007f", "x".repeat(513)])(
    "%j is refused",
    (key) => {
      expect(() => checkKey("RowKey", key)).toThrow();
    },
  );

  test.each(["", "a'b", "100%", "ü 文 \u{1f600}", "x".repeat(512)])("%j is allowed", (key) => {
    expect(() => checkKey("RowKey", key)).not.toThrow();
  });
});
