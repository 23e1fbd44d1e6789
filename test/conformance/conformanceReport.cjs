"use strict";
/**
 * Makes the conformance page from the statements and Jest's JSON result. Pure.
 *
 * 1. A test belongs to the statement whose id its title begins with; other tests prove nothing here.
 * 2. A statement passes when it has tests and all of them passed; one that failed makes it fail. Skipped tests count
 *    as none.
 * 3. A statement out of the subset is never counted as passed; if a test of its refusal failed, it fails.
 * 4. The page depends on its input alone: no dates, no durations.
 */

const idOf = (title) => /^([A-Z]\d\d)\b/.exec(title)?.[1] ?? null;

/** Statuses of the tests of each statement, by id. */
function collectTests(jestResult) {
  const byId = new Map();
  for (const file of jestResult.testResults) {
    for (const test of file.assertionResults) {
      const id = idOf(test.title);
      if (id !== null) byId.set(id, [...(byId.get(id) ?? []), test.status]);
    }
  }
  return byId;
}

/** One of "passes", "fails", "not tested" and "out of the subset". */
function judge(statement, statuses) {
  if (statuses.includes("failed")) return "fails";
  if (statement.scope === "out") return "out of the subset";
  return statuses.includes("passed") ? "passes" : "not tested";
}

/** Ids that tests name and no statement has; a page made with them would hide a test. */
function unknownIds(statements, jestResult) {
  const known = new Set(statements.map(({ id }) => id));
  return [...collectTests(jestResult).keys()].filter((id) => !known.has(id)).sort();
}

/** The page as Markdown, its tables not yet aligned. `notes` are the hand-written sections, kept as they are. */
function renderReport(statements, jestResult, notes) {
  const tests = collectTests(jestResult);
  const judged = statements.map((statement) => ({
    ...statement,
    verdict: judge(statement, tests.get(statement.id) ?? []),
  }));
  const groups = [...new Set(judged.map(({ group }) => group))];
  return [
    "# Conformance of the local host",
    "What an app may expect of the local host, one statement a line, and whether a test of the real host proves it. " +
      "`npm run conformance:report` makes this page; the statements are in `test/conformance/statements.json`.",
    renderTotals(judged),
    ...groups.map((group) => renderGroup(group, judged)),
    notes.trim(),
    "",
  ].join("\n\n");
}

function renderTotals(judged) {
  const count = (verdict) => judged.filter((each) => each.verdict === verdict).length;
  const verdicts = ["passes", "fails", "not tested", "out of the subset"];
  return ["| verdict | statements |", "| --- | ---: |"]
    .concat(verdicts.map((verdict) => `| ${verdict} | ${count(verdict)} |`))
    .concat(`| all | ${judged.length} |`)
    .join("\n");
}

function renderGroup(group, judged) {
  const rows = judged
    .filter((each) => each.group === group)
    .map(({ id, statement, verdict, reason }) => {
      const full = verdict === "out of the subset" ? `${verdict}: ${reason}` : verdict;
      return `| ${id} | ${cell(statement)} | ${cell(full)} |`;
    });
  return [`## ${group}`, "", "| id | statement | verdict |", "| --- | --- | --- |", ...rows].join("\n");
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

module.exports = { renderReport, unknownIds };
