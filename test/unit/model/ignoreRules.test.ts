import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ignoreRules, type IgnoreFiles } from "../../../src/model/ignoreRules";

const none: IgnoreFiles = { amlignore: null, gitignore: null };
const segment = fc.stringMatching(/^[a-z]{1,4}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const patterns = fc.array(
  fc.oneof(
    segment,
    path,
    segment.map((each) => `!${each}`),
    segment.map((each) => `${each}/`),
  ),
);

describe("the ignore files of a source directory", () => {
  test("are never merged: with an .amlignore, the .gitignore says nothing", () => {
    fc.assert(
      fc.property(patterns, patterns, path, (aml, git, asked) => {
        const amlignore = aml.join("\n");
        const both = ignoreRules({ amlignore, gitignore: git.join("\n") });
        const alone = ignoreRules({ amlignore, gitignore: null });
        expect(both(asked, "file")).toBe(alone(asked, "file"));
        expect(both(asked, "folder")).toBe(alone(asked, "folder"));
      }),
    );
  });

  test("an empty .amlignore is one too: everything that .gitignore names goes up", () => {
    expect(ignoreRules({ amlignore: "", gitignore: "*.csv" })("a.csv", "file")).toBe(false);
    expect(ignoreRules({ amlignore: null, gitignore: "*.csv" })("a.csv", "file")).toBe(true);
  });

  test("without any, only the stores of git and Sluice and Python's caches stay behind", () => {
    const isIgnored = ignoreRules(none);
    for (const folder of [".git", "lib/.git", ".sluice", "__pycache__", "lib/__pycache__"])
      expect([folder, isIgnored(folder, "folder")]).toEqual([folder, true]);
    fc.assert(fc.property(path, (asked) => expect(isIgnored(asked, "file")).toBe(false)));
    expect(isIgnored(".env", "file")).toBe(false);
  });

  test("no pattern brings back the folder that holds the service's keys", () => {
    fc.assert(
      fc.property(fc.constantFrom("!.sluice", "!.sluice/", "!**", "!.*", "!.git"), (pattern) => {
        const isIgnored = ignoreRules({ ...none, amlignore: pattern });
        expect(isIgnored(".sluice", "folder")).toBe(true);
        expect(isIgnored("deep/.git", "folder")).toBe(true);
      }),
    );
    expect(ignoreRules({ ...none, amlignore: "!__pycache__/" })("__pycache__", "folder")).toBe(false);
  });

  test.each([
    ["*.csv", "data/a.csv", "file", true],
    ["/data", "data", "folder", true],
    ["/data", "lib/data", "folder", false],
    ["data/", "data", "file", false],
    ["data/", "lib/data", "folder", true],
    ["**/raw/*.bin", "a/b/raw/x.bin", "file", true],
    ["*.csv\n!keep.csv", "keep.csv", "file", false],
    ["# note\n\\#a", "#a", "file", true],
    ["Data", "data", "folder", false],
    ["a\r\nb\r\n", "b", "file", true],
    ["\uFEFFfirst", "first", "file", true],
    ["trailing\\ ", "trailing ", "file", true],
  ] as const)("%j for %j, a %s: ignored is %j, as for git", (pattern, asked, kind, expected) => {
    expect(ignoreRules({ ...none, gitignore: pattern })(asked, kind)).toBe(expected);
  });
});
