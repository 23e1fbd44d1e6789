import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../../src/cli/commands/check";
import { plainStyle } from "../../../src/cli/render/style";
import type { Terminal } from "../../../src/cli/terminal";
import { hashOfPaths } from "../../../src/sdk/hashPaths";
import { readPipelineFile } from "../../../src/sdk/readPipelineFile";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function listeningTerminal(): {
  readonly terminal: Terminal;
  readonly out: string[];
  readonly errors: string[];
} {
  const out: string[] = [];
  const errors: string[] = [];
  const terminal = {
    line: (text: string) => void out.push(text),
    error: (text: string) => void errors.push(text),
    style: plainStyle,
    width: () => 80,
  } as unknown as Terminal;
  return { terminal, out, errors };
}

const pipeline =
  "pipeline:\n  default_compute: local\n  steps:\n    A:\n      type: PythonScriptStep\n      script_name: a.py\n";

test("a pipeline file that can be used is told so, its warnings beside it", async () => {
  const file = write("good.yml", `${pipeline}      compute_target: x\n`);
  const { terminal, out, errors } = listeningTerminal();
  expect(await check([file], terminal)).toBe(0);
  expect(out).toEqual([`${file} is a pipeline of 1 steps and 0 parameters.`]);
  expect(errors).toEqual([
    `${file}:7:7: warning: pipeline.steps.A.compute_target: expected compute, which is close, not compute_target`,
  ]);
});

test("every problem of a pipeline file is a line that begins with its place", async () => {
  const file = write(
    "bad.yml",
    `${pipeline}      version: 2\n      runconfig: gone.yml\n      timeout_seconds: 0\n`,
  );
  await expect(check([file], listeningTerminal().terminal)).rejects.toThrow(
    [
      `${file}:7:16: pipeline.steps.A.version: expected a text; put quotes around a number, true or false, not 2`,
      `${file}:9:24: pipeline.steps.A.timeout_seconds: expected a number from 1 on, not 0`,
    ].join("\n"),
  );
});

test.each([
  ["a file that is not there", "gone.yml", "cannot be read"],
  ["JSON that ends too early", "half.json", "JSON"],
])("is told in words, without a stack: %s", async (_what, name, words) => {
  write("half.json", "{");
  await expect(check([join(folder, name)], listeningTerminal().terminal)).rejects.toMatchObject({
    name: "CliError",
    message: expect.stringContaining(words),
  });
});

test("a run configuration is found from the working folder, its conda file from the run configuration's own", async () => {
  mkdirSync(join(folder, "conf"));
  write("conf/r.yml", "environment: {python: {condaDependenciesFile: c.yml}}");
  write("conf/c.yml", "dependencies: [python=3.10, {pip: [numpy]}]");
  write("p.yml", `${pipeline}      runconfig: conf/r.yml\n`);
  const { pipeline: read } = await readPipelineFile("p.yml", folder);
  expect(read.steps[0]!.pythonEnvironment).toMatchObject({ python: { version: "3.10", pip: ["numpy"] } });
});

test("hash paths are one hash over files and folders, from the source directory, and one that leads nowhere is refused", async () => {
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "common"));
  write("common/one.py", "1");
  write("two.py", "2");
  const hash = () => hashOfPaths(join(folder, "src"), ["../two.py", "../common"]);
  const before = await hash();
  expect(await hashOfPaths(join(folder, "src"), ["../common", "../two.py"])).toBe(before);
  write("common/one.py", "changed");
  expect(await hash()).not.toBe(before);
  await expect(hashOfPaths(join(folder, "src"), ["../gone"])).rejects.toThrow("../gone");
});

test("a schedule file is checked as one", async () => {
  const good = write("weekly.schedule.yml", "Schedule: {recurrence: {frequency: Week, interval: 1}}");
  const { terminal, out } = listeningTerminal();
  expect(await check([good], terminal)).toBe(0);
  expect(out).toEqual([`${good} is a schedule.`]);
  const bad = write("bad.schedule.yml", "Schedule:\n  recurrence:\n    frequency: Year\n");
  await expect(check([bad], terminal)).rejects.toThrow(`${bad}:3:16: Schedule.recurrence.frequency`);
});
