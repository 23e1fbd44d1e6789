import { existsSync } from "node:fs";
import { join } from "node:path";
import { PlainError } from "./plainError.mjs";
import { root } from "./root.mjs";
import { runCommand, withPython } from "./startService.mjs";

/** Runs `sluice <args>` from an earlier build. */
export async function sluiceCommand(args) {
  if (!existsSync(join(root, "dist", "cli", "main.js"))) {
    throw new PlainError("Sluice is not built yet: run npm start once.");
  }
  const [command, ...rest] = args;
  await runCommand(command === "start" ? ["start", ...(await withPython(rest))] : args);
}
