import { describe, expect, test } from "@jest/globals";
import {
  renderReport,
  unknownIds,
  type JestResult,
  type Statement,
} from "../../conformance/conformanceReport.cjs";
import allStatements from "../../conformance/statements.json";

const statement = (id: string, group = "HTTP"): Statement => ({
  id,
  group,
  statement: `What ${id} says`,
  scope: "in",
});
const refused: Statement = { ...statement("Q01", "Queues"), scope: "out", reason: "use something else" };

function result(...tests: readonly (readonly [title: string, status: string])[]): JestResult {
  return { testResults: tests.map(([title, status]) => ({ assertionResults: [{ title, status }] })) };
}

/** The verdict on the page for a statement. */
function verdict(of: Statement, from: JestResult): string | undefined {
  const row = renderReport([of], from, "")
    .split("\n")
    .find((line) => line.startsWith(`| ${of.id} |`));
  return row?.split(" | ").at(-1)?.replace(" |", "");
}

describe("the conformance page", () => {
  test("calls a statement passed only when each of its tests passed (2)", () => {
    const of = statement("H01");
    expect([
      verdict(of, result(["H01 a", "passed"], ["H01 b", "passed"])),
      verdict(of, result(["H01 a", "passed"], ["H01 b", "failed"])),
      verdict(of, result(["H01 a", "pending"])),
      verdict(of, result()),
    ]).toEqual(["passes", "fails", "not tested", "not tested"]);
  });

  test("takes a test for the statement its title begins with, not for one it mentions (1)", () => {
    const from = result(["H02 is unlike H01", "passed"], ["H011 is no id", "passed"]);
    expect([verdict(statement("H01"), from), verdict(statement("H02"), from)]).toEqual([
      "not tested",
      "passes",
    ]);
  });

  test("never counts what is out of the subset as passed, and shows a refusal that failed (3)", () => {
    expect([
      verdict(refused, result()),
      verdict(refused, result(["Q01 refused", "passed"])),
      verdict(refused, result(["Q01 refused", "failed"])),
    ]).toEqual(["out of the subset: use something else", "out of the subset: use something else", "fails"]);
  });

  test("is the same whatever order the files ended in (4)", () => {
    const statements = [statement("H01"), statement("H02"), refused];
    const tests = [["H02 b", "failed"] as const, ["H01 a", "passed"] as const];
    const page = renderReport(statements, result(...tests), "## Notes");
    expect(renderReport(statements, result(...tests.reverse()), "## Notes")).toBe(page);
    expect(page).toContain("| passes | 1 |");
    expect(page).toContain("| fails | 1 |");
    expect(page).toContain("| all | 3 |");
    expect(page.endsWith("## Notes\n\n")).toBe(true);
  });

  test("names the tests whose statement does not exist, instead of dropping them", () => {
    expect(unknownIds([statement("H01")], result(["H01 a", "passed"], ["H99 b", "passed"]))).toEqual(["H99"]);
  });
});

describe("the statements", () => {
  test("are 119, each with an id of its own, and a reason where they are out of the subset", () => {
    const statements = allStatements as readonly Statement[];
    expect(new Set(statements.map(({ id }) => id)).size).toBe(119);
    expect(statements.filter(({ scope, reason }) => (scope === "out") !== (reason !== undefined))).toEqual(
      [],
    );
  });
});
