// Checks first, then every Jest project; the last line sums both up for whoever counts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPython } from "./findPython.mjs";
import { prepare } from "./prepare.mjs";
import { root } from "./root.mjs";
import { runProgram } from "./runProgram.mjs";
import { checks, runSteps } from "./verifySteps.mjs";

/** Arguments go to Jest, so that `npm test -- some/file` works. A failed check counts as a failed test. */
export async function testEverything(jestArguments) {
  await findPython();
  await prepare(root, console.log);
  const failedChecks = await runSteps(checks, root, console.log);
  const jest = await runJest(jestArguments);
  const passed = checks.length - failedChecks + jest.passed;
  const failed = failedChecks + jest.failed;
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Longer than any run should take; what hangs is reported as a failure, not as a pipeline that never ends. */
const jestLimitMs = 40 * 60_000;

/** `--forceExit`: a suite that failed before it could stop what it started must not keep Jest from ending. */
async function runJest(jestArguments) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    const report = join(folder, "jest.json");
    const jest = join(root, "node_modules", "jest", "bin", "jest.js");
    const options = ["--forceExit", "--json", "--outputFile", report, ...jestArguments];
    const limits = { cwd: root, inherit: true, timeoutMs: jestLimitMs };
    const { code } = await runProgram(process.execPath, [jest, ...options], limits);
    return countTests(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test file that did not even load has no tests in Jest's sum, and a crash of Jest has no report. */
function countTests(report, code) {
  const { passed, failed } = readReport(report);
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function readReport(report) {
  try {
    const result = JSON.parse(readFileSync(report, "utf8"));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
