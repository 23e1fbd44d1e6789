// Runs the conformance project, or reads a result of it that is named, and writes docs/host-conformance.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import prettier from "prettier";
import { root } from "../../bin/root.mjs";
import { runProgram } from "../../bin/runProgram.mjs";
import { renderReport, unknownIds } from "./conformanceReport.cjs";

const page = join(root, "docs", "host-conformance.md");
const folder = join(root, "test", "conformance");

async function runTests() {
  const scratch = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const result = join(scratch, "result.json");
    const jest = join(root, "node_modules", "jest", "bin", "jest.js");
    const args = [jest, "--selectProjects", "conformance", "--forceExit", "--json", "--outputFile", result];
    await runProgram(process.execPath, args, { cwd: root, inherit: true });
    return readJson(result);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

const named = process.argv[2];
const result = named === undefined ? await runTests() : readJson(named);
const statements = readJson(join(folder, "statements.json"));
const unknown = unknownIds(statements, result);
if (unknown.length > 0) throw new Error(`Tests name statements that do not exist: ${unknown.join(", ")}.`);
const markdown = renderReport(statements, result, readFileSync(join(folder, "samples.md"), "utf8"));
const options = await prettier.resolveConfig(page);
writeFileSync(page, await prettier.format(markdown, { ...options, parser: "markdown" }));
