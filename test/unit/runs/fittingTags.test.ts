import { expect, test } from "@jest/globals";
import { fittingTags } from "../../../src/runs/fittingTags";
import { longestColumn } from "../../../src/runs/rowText";

test("tags that fit are all kept, the newer value of a tag in place of the older", () => {
  expect(fittingTags({ stage: "first", by: "ann" }, { stage: "second", of: "model" })).toEqual({
    tags: { stage: "second", by: "ann", of: "model" },
    warnings: [],
  });
});

test("never more than a row holds, whatever a script sets, and what was there stays", () => {
  const noted = Object.fromEntries(Array.from({ length: 5_000 }, (_, nth) => [`tag "${nth}"`, `\n${nth}`]));
  const { tags, warnings } = fittingTags(
    { held: "x".repeat(20_000) },
    { large: "é".repeat(40_000), ...noted },
  );
  const { length } = JSON.stringify(tags);
  expect(length).toBeLessThanOrEqual(longestColumn);
  expect(length).toBeGreaterThan(longestColumn - 100);
  expect(tags["held"]).toHaveLength(20_000);
  expect(tags["large"]).toBeUndefined();
  const left = 5_002 - Object.keys(tags).length;
  expect(warnings).toEqual([`${left} tags were left out: together they may have 30000 characters`]);
});

test("a tag may be replaced where nothing else fits", () => {
  const { tags, warnings } = fittingTags({ a: "x".repeat(29_980) }, { a: "y".repeat(29_980), b: "no room" });
  expect([tags["a"]?.[0], tags["b"], warnings.length]).toEqual(["y", undefined, 1]);
});
