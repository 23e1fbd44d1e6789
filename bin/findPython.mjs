// Finds the Python that runs local steps: the first candidate that really runs and is new enough.
import { runProgram } from "./runProgram.mjs";
import { PlainError } from "./plainError.mjs";

const oldestPython = [3, 8];
const probe = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)";
/** A first run after installation can be slow (antivirus, cold disk); a shim that hangs must not hang us. */
const probeTimeoutMs = 15_000;

const download = "https://www.python.org/downloads/";
const remedy = `install it from ${download} and run npm start again, or name one with: npm start -- --python PATH`;

/** The commands to try, in order. */
export function pythonCandidates(named) {
  if (named !== undefined) return [{ file: named, args: [] }];
  return [
    { file: "python3", args: [] },
    { file: "python", args: [] },
    { file: "py", args: ["-3"] },
  ];
}

/** What a candidate says about itself, or undefined when it does not run. Windows' store stub does not. */
export async function probePython({ file, args }) {
  if (file === "") return undefined;
  const { code, output } = await runProgram(file, [...args, "-c", probe], { timeoutMs: probeTimeoutMs });
  const [version, executable] = output.trim().split(/\r?\n/);
  if (code !== 0 || !/^\d+\.\d+\.\d+$/.test(version ?? "") || !executable) return undefined;
  return { version, executable };
}

export function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]);
}

/**
 * The path of the interpreter itself. It is what the interpreter calls itself and not the name that was typed:
 * a version manager's shim costs tens of milliseconds on every step. Links stay as they are, since a virtual
 * environment is one.
 */
export async function findPython(named) {
  let tooOld;
  for (const candidate of pythonCandidates(named)) {
    const found = await probePython(candidate);
    if (found !== undefined && isNewEnough(found.version)) return found.executable;
    tooOld ??= found;
  }
  throw new PlainError(missingSentence(named, tooOld));
}

function missingSentence(named, tooOld) {
  const wanted = `Sluice needs Python ${oldestPython.join(".")} or newer for the steps of its pipelines`;
  if (tooOld !== undefined) return `${wanted}; ${tooOld.executable} is ${tooOld.version}: ${remedy}.`;
  if (named !== undefined)
    return `${wanted}; ${named || "the empty --python"} does not run as Python: ${remedy}.`;
  return `${wanted}; none of python3, python and py -3 runs here: ${remedy}.`;
}
