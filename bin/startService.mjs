// The part of `npm start` that may use everything this Node has: prepare the clone, find Python, hand over.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findPython } from "./findPython.mjs";
import { PlainError } from "./plainError.mjs";
import { prepare } from "./prepare.mjs";
import { root } from "./root.mjs";

export async function startService(args) {
  const python = wantsHelp(args) ? undefined : findPython(namedPython(args));
  // A missing Python is told at once and not after a long installation.
  await python;
  await prepare(root, (line) => console.log(line));
  await runCommand(["start", ...(await withPython(args, python))]);
}

/** Runs the compiled `sluice` command in this process. */
export async function runCommand(args) {
  const { main } = loadCommand();
  process.exitCode = await main(args);
}

function loadCommand() {
  try {
    return createRequire(import.meta.url)(join(root, "dist", "cli", "main.js"));
  } catch (error) {
    if (error?.code !== "MODULE_NOT_FOUND") throw error;
    const [what] = error.message.split("\n");
    throw new PlainError(`The installation is not whole (${what}): delete node_modules and run npm start.`);
  }
}

/** `--python` of a start, resolved to an interpreter that runs; later options win over earlier ones. */
export async function withPython(args, python = findPython(namedPython(args))) {
  return wantsHelp(args) ? args : [...args, "--python", await python];
}

function wantsHelp(args) {
  return args.includes("--help") || args.includes("-h");
}

/** A path is taken from where the user stands, which npm remembers; a bare name is left to the search path. */
function namedPython(args) {
  const { values } = parseArgs({ args, options: { python: { type: "string" } }, strict: false });
  if (typeof values.python !== "string") return undefined;
  const isPath = /[\\/]/.test(values.python);
  return isPath ? resolve(process.env.INIT_CWD ?? process.cwd(), values.python) : values.python;
}
