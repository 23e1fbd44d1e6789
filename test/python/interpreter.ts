/** The Python that the tests run: SLUICE_PYTHON, else the first of the usual names that really runs 3.8 or newer. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const repository = join(__dirname, "..", "..");
export const pythonPath = join(repository, "src", "python");
export const tumourFolder = join(repository, "examples", "tumour");

const candidates = ["/usr/bin/python3", "python3", "python"];
const check = "import sys; sys.exit(0 if sys.version_info >= (3, 8) else 1)";

export const interpreter = chooseInterpreter();

function chooseInterpreter(): string {
  const given = process.env["SLUICE_PYTHON"];
  const found = (given === undefined ? candidates : [given]).find(
    (name) => spawnSync(name, ["-c", check]).status === 0,
  );
  if (found === undefined) throw new Error("These tests need Python 3.8 or newer.");
  return found;
}

export interface PythonResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Python to its end with the run context importable, outside any step unless `environment` says otherwise. */
export function runPython(
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): PythonResult {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AZUREML|AML|SLUICE)_/.test(name));
  const result = spawnSync(interpreter, args, {
    encoding: "utf8",
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), PYTHONPATH: pythonPath, ...options.environment },
  });
  return { exitCode: result.status, stdout: result.stdout, stderr: result.stderr };
}
