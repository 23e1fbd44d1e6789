// The part of `npm start` that may use everything this Node has: prepare the clone, find Python, hand over.
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPython } from "./findPython.mjs";
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
  const { main } = createRequire(import.meta.url)(join(root, "dist", "cli", "main.js"));
  process.exitCode = await main(args);
}

/** `--python` of a start, resolved to an interpreter that runs; later options win over earlier ones. */
export async function withPython(args, python = findPython(namedPython(args))) {
  return wantsHelp(args) ? args : [...args, "--python", await python];
}

function wantsHelp(args) {
  return args.includes("--help") || args.includes("-h");
}

function namedPython(args) {
  const { values } = parseArgs({ args, options: { python: { type: "string" } }, strict: false });
  return typeof values.python === "string" ? values.python : undefined;
}
