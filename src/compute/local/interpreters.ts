/**
 * The Python interpreters of this machine. Each is asked once in the app's life who it is, so that a shim, which costs a
 * shell at every start, is met once and its interpreter is used from then on.
 */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { inheritedEnvironment } from "./processTree";
import { compareVersions, isNamedRelease, versionAnswers } from "./pythonVersion";

export interface Interpreter {
  /** Absolute path of what really runs. */
  readonly executable: string;
  readonly version: string;
}

export type InterpreterFound =
  | { readonly status: "found"; readonly interpreter: Interpreter }
  | { readonly status: "missing"; readonly reason: string };

export interface Interpreters {
  /** The interpreter behind a path or a name on `PATH`. */
  resolve(path: string): Promise<InterpreterFound>;
  /** One whose version answers to `specifier`: that of local steps if it does, else the named release, else the newest. */
  findVersion(specifier: string): Promise<InterpreterFound>;
}

const run = promisify(execFile);
const onWindows = process.platform === "win32";
const whoAreYou = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";
/** What a shim on a busy machine needs at most. */
const patienceMs = 20_000;
/** The run context is written for it. */
const oldestVersion = "3.8";

/** `defaultPath`: the interpreter of local steps. */
export function createInterpreters(defaultPath: string): Interpreters {
  const known = new Map<string, Promise<InterpreterFound>>();
  const resolve = (path: string): Promise<InterpreterFound> => {
    const asked = known.get(path) ?? ask(path);
    known.set(path, asked);
    // One that is not there now may be installed while the app runs.
    void asked.then(({ status }) => status === "missing" && known.delete(path));
    return asked;
  };
  return {
    resolve,
    async findVersion(specifier) {
      const preferred = await resolve(defaultPath);
      if (preferred.status === "found" && isNamedAnswer(specifier, preferred.interpreter)) return preferred;
      const here = allOf(await Promise.all((await candidates()).map(resolve)), preferred);
      const answers = here.filter(({ version }) => versionAnswers(specifier, version));
      const chosen =
        answers.find(({ version }) => isNamedRelease(specifier, version)) ??
        answers.find((one) => preferred.status === "found" && one === preferred.interpreter) ??
        answers[0];
      if (chosen !== undefined) return { status: "found", interpreter: chosen };
      return { status: "missing", reason: `Python ${specifier} was asked for; ${listOf(here)}` };
    },
  };
}

function isNamedAnswer(specifier: string, { version }: Interpreter): boolean {
  return versionAnswers(specifier, version) && isNamedRelease(specifier, version);
}

async function ask(path: string): Promise<InterpreterFound> {
  try {
    const options = { env: inheritedEnvironment(), timeout: patienceMs, windowsHide: true };
    const { stdout } = await run(path, ["-I", "-c", whoAreYou], options);
    const [executable = "", version = ""] = stdout.trim().split(/\r?\n/);
    if (executable === "" || version === "") return missing(path, "it does not answer as Python does");
    if (compareVersions(version, oldestVersion) < 0) {
      return missing(path, `it is Python ${version}, and steps need ${oldestVersion} or newer`);
    }
    return { status: "found", interpreter: { executable, version } };
  } catch (error) {
    return missing(path, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

const missing = (path: string, why: string): InterpreterFound => ({
  status: "missing",
  reason: `could not start ${path}: ${why}`,
});

/** The distinct ones, newest first. */
function allOf(found: readonly InterpreterFound[], preferred: InterpreterFound): readonly Interpreter[] {
  const byPath = new Map(
    [...found, preferred].flatMap((one) =>
      one.status === "found" ? [[one.interpreter.executable, one.interpreter] as const] : [],
    ),
  );
  return [...byPath.values()].sort((a, b) => compareVersions(b.version, a.version));
}

function listOf(interpreters: readonly Interpreter[]): string {
  if (interpreters.length === 0) return `this machine has none from ${oldestVersion} on`;
  const named = interpreters.map(({ version, executable }) => `${version} (${executable})`);
  return `this machine has ${named.join(", ")}`;
}

/** Where interpreters usually are: on `PATH`, below pyenv, in the places of installers. Shims are left out. */
async function candidates(): Promise<readonly string[]> {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !/[\\/]shims[\\/]?$/.test(folder));
  const usual = onWindows ? [] : ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  const folders = [...new Set([...onPath, ...usual, ...(await installations())])];
  const found = await Promise.all(folders.map(pythonsIn));
  return [...new Set(found.flat())];
}

/** The folders with the programs of each version that an installer put in one place. */
async function installations(): Promise<readonly string[]> {
  const pyenv = process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv", ...(onWindows ? ["pyenv-win"] : []));
  const roots = [
    { root: join(pyenv, "versions"), programs: onWindows ? "" : "bin" },
    { root: "/Library/Frameworks/Python.framework/Versions", programs: "bin" },
    ...(onWindows
      ? [{ root: join(process.env["LOCALAPPDATA"] ?? "", "Programs", "Python"), programs: "" }]
      : []),
  ];
  const listed = await Promise.all(
    roots.map(async ({ root, programs }) =>
      (await namesIn(root)).map((version) => join(root, version, programs)),
    ),
  );
  return listed.flat();
}

async function pythonsIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const pythons = names.filter((name) => (onWindows ? /^python\.exe$/i : /^python3(\.\d+)?$/).test(name));
  return pythons.map((name) => join(folder, name));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
