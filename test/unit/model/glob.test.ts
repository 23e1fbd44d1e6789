import { describe, expect, test } from "@jest/globals";
import { compileGlobs, splitGlob } from "../../../src/model/glob";

const fits = (glob: string, name: string): boolean => compileGlobs([glob])(name);

describe("a glob", () => {
  test.each([
    ["*.csv", "a.csv", "a.csv.gz"],
    ["*.csv", ".csv", "deep/a.csv"],
    ["./*.csv", "a.csv", "./a.csv"],
    ["2026/*", "2026/a", "2026/05/a"],
    ["2026/**", "2026/05/a", "2025/a"],
    ["**/*.csv", "a.csv", "a.txt"],
    ["**/*.csv", "b/c/.a.csv", "a.csv/b"],
    ["a/**/b", "a/b", "a/xb"],
    ["a/**/b", "a/x/y/b", "ab"],
    ["a**b", "axxb", "a/b"],
    ["part-??.csv", "part-01.csv", "part-1.csv"],
    ["part-?", "part-x", "part-/"],
    ["[a-c]*", "beta", "delta"],
    ["[!a-c]*", "delta", "beta"],
    ["*.{csv,parquet}", "a.parquet", "a.json"],
    ["{a,b{c,d}}e", "bde", "be"],
    ["{,x}a", "a", "ya"],
    ["\\*.csv", "*.csv", "a.csv"],
    ["a{b", "a{b", "ab"],
    ["a[b", "a[b", "ab"],
    ["a},(b|c)+", "a},(b|c)+", "a},b"],
  ])("%s fits %s and not %s", (glob, name, other) => {
    expect([fits(glob, name), fits(glob, other)]).toEqual([true, false]);
  });

  test("of many stars and braces is told at once, where trying every way would not end", () => {
    const name = "a".repeat(1_024);
    expect(fits(`${"*a".repeat(249)}b`, name)).toBe(false);
    expect(fits(`${"{a,aa}".repeat(80)}b`, name)).toBe(false);
    expect(fits(`${"**/a/".repeat(100)}b`, "a/".repeat(512))).toBe(false);
  });
});

test("what a glob finds lies in the folder before its first special sign", () => {
  expect(splitGlob("sales/2026/*.csv")).toEqual({ base: "sales/2026", glob: "*.csv" });
  expect(splitGlob("sales/2*/a/*.csv")).toEqual({ base: "sales", glob: "2*/a/*.csv" });
  expect(splitGlob("**")).toEqual({ base: "", glob: "**" });
  expect(splitGlob("sales/2026/")).toEqual({ base: "sales/2026/", glob: "" });
});
