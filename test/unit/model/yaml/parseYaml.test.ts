import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import { parseYaml } from "../../../../src/model/yaml/parseYaml";
import { plainOf } from "../../../../src/model/yaml/yamlNode";

function plain(text: string): unknown {
  const parsed = parseYaml("f.yml", text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return JSON.parse(JSON.stringify(plainOf(parsed.value)));
}

const problems = (text: string) => {
  const parsed = parseYaml("f.yml", text);
  return parsed.ok ? [] : parsed.problems;
};

describe("YAML text", () => {
  test("gives back every document of texts, numbers, lists and maps that was written as YAML", () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
          tie("node"),
          {
            maxKeys: 3,
            noNullPrototype: true,
          },
        ),
      ),
    })).node;
    fc.assert(fc.property(value, (one) => expect(plain(stringify(one))).toEqual(one)));
  });

  test("never throws, whatever it is", () => {
    const fragments = fc.constantFrom(
      "a: ",
      "- ",
      "[",
      "{",
      "&x ",
      "*x",
      "<<: ",
      "\n",
      "  ",
      "\t",
      "!t ",
      "---\n",
      '"',
      "|",
      "?",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fragments, fc.string({ maxLength: 3 })), { maxLength: 30 }), (parts) => {
        expect(typeof parseYaml("f.yml", parts.join("")).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  test("has v1's plain values: 017 is a number, yes and None are texts", () => {
    expect(plain("[017, 0o17, yes, on, None, ~, True, 18:30]")).toEqual([
      17,
      15,
      "yes",
      "on",
      "None",
      null,
      true,
      "18:30",
    ]);
  });

  test("follows aliases and merge keys, in which what stands in the map itself wins", () => {
    expect(
      plain("base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 4}\nboth:\n  <<: [*b, *m]\n  a: 9"),
    ).toMatchObject({
      both: { a: 9, b: 2, c: 4 },
    });
  });

  test.each([
    ["a key that stands twice", "a: 1\na: 2", 2, 1],
    ["tabs as indentation", "a:\n\tb: 1", 2, 1],
    ["a second document", "a: 1\n---\nb: 2", 2, 1],
    ["a list as key", "[a, b]: 1", 1, 1],
    ["a map as key", "? {a: 1}\n: 2", 1, 3],
    ["a tag that could mean code", "a: !!python/object:os.system x", 1, 4],
    ["a tag of its own", "a: !secret x", 1, 4],
    ["an alias of nothing", "a: *gone", 1, 4],
    ["a merge of what is no map", "a:\n  <<: 5", 2, 3],
    ["a number that is none", "a: .nan", 1, 4],
    ["a key that programs trip over", "__proto__: {a: 1}", 1, 1],
    ["an item without a space behind its dash", "a:\n  -x: 1\n  - y", 3, 1],
  ])("is refused with its place: %s", (_what, text, line, column) => {
    expect(problems(text)[0]).toMatchObject({ code: "InvalidYaml", file: "f.yml", line, column });
  });

  test("cannot make a document of millions of values out of a few lines", () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`,
    );
    expect(problems(["l0: &l0 [x, x, x]", ...levels].join("\n"))[0]).toMatchObject({
      code: "InvalidYaml",
      expected: expect.stringContaining("aliases followed"),
    });
  });

  test.each([
    ["lists", "[".repeat(5_000)],
    ["maps", Array.from({ length: 500 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    ["an alias of itself", "a: &a [*a]"],
  ])("cannot exhaust the stack: %s", (_what, text) => {
    expect(problems(text)[0]).toMatchObject({ code: "InvalidYaml" });
  });

  test("is not read at all when it is huge", () => {
    expect(problems("a: ".padEnd(1_000_001, "x"))[0]).toMatchObject({
      expected: "at most 1000000 characters",
    });
  });
});
