import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isPattern, matchFiles } from "./matchFiles";

/** The app cannot be loaded; the message says which file and why. */
export class AppLoadError extends Error {}

/** Loads the files that `main` of the app's package.json names, one after the other. */
export async function loadApp(folder: string): Promise<void> {
  const old = findOldFunctions(folder);
  if (old.length > 0)
    throw new AppLoadError(
      `function.json found in ${old.join(", ")}; only the v4 programming model is supported: register the functions with app of @azure/functions and remove the files.`,
    );
  const manifest = readManifest(folder);
  const main = typeof manifest["main"] === "string" ? manifest["main"] : null;
  if (main === null)
    throw new AppLoadError('package.json has no "main" that names the files of the app\'s functions.');
  const files = matchFiles(folder, main);
  if (files.length === 0) {
    const problem = isPattern(main)
      ? `found zero files for the pattern "${main}"`
      : `the file "${main}" does not exist`;
    throw new AppLoadError(`"main" of package.json: ${problem}.`);
  }
  const isModule = manifest["type"] === "module";
  for (const file of files) await loadFile(folder, file, isModule);
}

/** Folders of functions of the v3 programming model. */
function findOldFunctions(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, "function.json")))
    .map((entry) => entry.name);
}

function readManifest(folder: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new AppLoadError(`package.json of the app cannot be read: ${text(error)}`);
  }
}

async function loadFile(folder: string, file: string, isModule: boolean): Promise<void> {
  const full = path.join(folder, file);
  try {
    if (file.endsWith(".mjs") || (isModule && !file.endsWith(".cjs"))) await import(pathToFileURL(full).href);
    else createRequire(path.join(folder, "package.json"))(full);
  } catch (error) {
    throw new AppLoadError(
      `"${file}" failed while it was loaded: ${error instanceof Error ? (error.stack ?? error.message) : text(error)}`,
    );
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
