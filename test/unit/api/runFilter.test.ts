import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { historyOfRun } from "../../../src/api/v1/historyEntity";
import { matchesRun, parseRunFilter, requiredValue } from "../../../src/api/v1/runFilter";
import { aRun } from "./records";

const run = historyOfRun(
  aRun({ status: "failed", tags: { team: "a", "cost centre": "7" }, createdAt: "2026-11-21T07:00:00.000Z" }),
);

function answer(filter: string): boolean | string {
  const parsed = parseRunFilter(filter);
  return parsed.ok ? matchesRun(parsed.condition, run) : parsed.problem;
}

describe("a filter of runs", () => {
  test.each([
    ["", true],
    ["(ParentRunId eq null)", true],
    ["ParentRunId ne null", false],
    ['(Tags/team eq "a")', true],
    ["Tags/team eq 'b'", false],
    ["(Tags/none ne null or Tags/none eq null)", true],
    ["Tags/none eq null", true],
    ["Tags/constructor eq null", true],
    ['Status eq "Failed" and Tags/team eq "a"', true],
    ['Status eq "Completed" and Tags/team eq "a"', false],
    ['status EQ "Completed" OR tags/team eq "a"', true],
    ['Status eq "x" and Status eq "x" or Status eq "Failed"', true],
    ['Status eq "x" and (Status eq "x" or Status eq "Failed")', false],
    ["CreatedUtc ge 2026-11-21T07:00:00Z", true],
    ["CreatedUtc gt '2026-11-21T08:00:00+01:00'", false],
    ["CreatedUtc lt 2026-11-22", true],
    ["EndTimeUtc lt 2026-11-22", false],
    ['RunType eq "azureml.PipelineRun"', true],
    ["Name eq 'it''s'", false],
  ])("%s is %s of a failed run", (filter, expected) => {
    expect(answer(filter)).toBe(expected);
  });

  test.each([
    "Status",
    "Status eq",
    'Status like "x"',
    'Status gt "x"',
    "Metrics/loss lt 1",
    "CreatedUtc gt yesterday",
    "(Status eq 'x'",
    "Status eq 'x')",
    "Status eq 'x",
    "and",
    '"Status" eq "x"',
    "(".repeat(10_000),
    `${"(".repeat(500)}Status eq 'x'${")".repeat(500)}`,
  ])("%s is told to be wrong, not half heard", (filter) => {
    expect(typeof answer(filter)).toBe("string");
  });

  test("of any text is answered in words or by a condition, in bounded time", () => {
    const piece = fc.constantFrom(
      "(",
      ")",
      "and",
      "or",
      "Status",
      "eq",
      "'x'",
      '"y"',
      "Tags/a",
      "null",
      "\\",
      "'",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join(" ")),
        ),
        (filter) => {
          expect(["boolean", "string"]).toContain(typeof answer(filter));
        },
      ),
    );
  });

  test("requires a value only where no run without it can be meant", () => {
    const required = (filter: string) => {
      const parsed = parseRunFilter(filter);
      return parsed.ok ? requiredValue(parsed.condition, "properties/p") : parsed.problem;
    };
    expect(required('Properties/p eq "1"')).toBe("1");
    expect(required('Status eq "x" and (Properties/p eq "1" and Name eq "n")')).toBe("1");
    expect(required('Properties/p eq "1" or Status eq "x"')).toBeNull();
    expect(required('Properties/p ne "1"')).toBeNull();
    expect(required("Properties/p eq null")).toBeNull();
  });
});
