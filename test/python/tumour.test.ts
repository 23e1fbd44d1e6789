import { afterAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPython, tumourFolder, type PythonResult } from "./interpreter";

const folder = mkdtempSync(join(tmpdir(), "sluice-tumour-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = (name: string): string => join(tumourFolder, "data", name);
const script = (name: string, args: readonly string[]): PythonResult =>
  runPython(["-B", join(tumourFolder, "scripts", name), ...args]);

interface Report {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly test_rows: number;
}

/** Runs the three steps into folders below `name`; answers their console text and what they wrote. */
function example(
  name: string,
  input: string,
  prepareArguments: readonly string[] = [],
): { readonly consoles: readonly string[]; readonly model: string; readonly report: Report } {
  const at = (port: string): string => join(folder, name, port);
  const steps = [
    script("prepare.py", ["--input", input, "--prepared", at("prepared"), ...prepareArguments]),
    script("train.py", ["--prepared", at("prepared"), "--model", at("model")]),
    script("evaluate.py", ["--prepared", at("prepared"), "--model", at("model"), "--report", at("report")]),
  ];
  expect(steps.map((step) => [step.exitCode, step.stderr])).toEqual(steps.map(() => [0, ""]));
  return {
    consoles: steps.map((step) => step.stdout),
    model: readFileSync(join(at("model"), "model.json"), "utf8"),
    report: JSON.parse(readFileSync(join(at("report"), "report.json"), "utf8")) as Report,
  };
}

describe("the tumour example", () => {
  test("is right about more than 94 % of tumours it has not seen, with its defaults", () => {
    const { report, consoles } = example("defaults", data("breast_cancer.csv"));
    expect(report.test_rows).toBe(114);
    expect(report.accuracy).toBeGreaterThan(0.94);
    expect(report.precision).toBeGreaterThan(0.9);
    expect(report.recall).toBeGreaterThanOrEqual(0.9);
    expect(consoles[1]?.match(/Attempted to log scalar metric loss:/g)).toHaveLength(40);
    expect(consoles[2]).toContain("Attempted to log table metric confusion_matrix:");
  });

  test("owes that to no lucky split: other seeds do as well", () => {
    const accuracies = ["2", "3", "4", "5"].map(
      (seed) => example(`seed-${seed}`, data("breast_cancer.csv"), ["--seed", seed]).report.accuracy,
    );
    expect(Math.min(...accuracies)).toBeGreaterThan(0.94);
  });

  test("gives the same model, byte for byte, for the same seed, and another for another", () => {
    const [first, again, other] = ["1", "1", "2"].map(
      (seed, index) => example(`same-${index}`, data("breast_cancer.csv"), ["--seed", seed]).model,
    );
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("drops malformed rows and says how many, instead of training on them or failing", () => {
    const { consoles, report } = example("second", data("second_batch.csv"));
    expect(consoles[0]).toContain("read second_batch.csv: 300 rows, 6 malformed");
    expect(consoles[0]).toContain("Attempted to log scalar metric rows_dropped:\n6");
    expect(report.test_rows).toBe(59);
  });

  test("reads every table of a folder, as the change schedule may hand it one", () => {
    const { consoles } = example("folder", join(tumourFolder, "data"));
    expect(consoles[0]).toContain("dropped 6 malformed rows, kept 863");
  });

  test("has a second batch that its script reproduces", () => {
    const made = runPython(["-B", data("make_second_batch.py")]).stdout.replaceAll("\r\n", "\n");
    expect(made).toBe(readFileSync(data("second_batch.csv"), "utf8"));
  });

  test.each([
    ["no header", "1,2,malignant\n", "the first line must name the columns"],
    ["one diagnosis only", "size,diagnosis\n1,benign\n2,benign\n3,benign\n", "3 usable rows are not enough"],
    ["nothing", "", "the first line must name the columns"],
  ])("fails in one sentence on a table with %s", (_case, table, sentence) => {
    const input = join(folder, "bad.csv");
    writeFileSync(input, table);
    const result = script("prepare.py", ["--input", input, "--prepared", join(folder, "bad")]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(sentence);
    expect(result.stderr).not.toContain("Traceback");
  });
});
