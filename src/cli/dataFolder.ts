/**
 * The data folder as the command knows it: where it is, whether it can be used, and the note in it that tells
 * other commands where its service answers. What else is in it belongs to host and app.
 */
import { constants } from "node:fs";
import { access, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { CliError, usageError } from "./cliError";

/** The clone that this command was built in. */
export const appFolder = resolve(__dirname, "..", "..");

/** Where the user stands: npm moves to the clone's folder and remembers here where it was called. */
export function userFolder(env: NodeJS.ProcessEnv): string {
  return env["INIT_CWD"] ?? process.cwd();
}

/** Absolute folder of `--data`; without the option it is `.sluice` in the clone, wherever the user stands. */
export function dataFolderOf(option: string | undefined, env: NodeJS.ProcessEnv): string {
  if (option?.trim() === "") throw usageError("--data takes the path of a folder, not an empty text.");
  return option === undefined ? join(appFolder, ".sluice") : resolve(userFolder(env), option);
}

/** Makes the folder if it is missing; refuses one that cannot be read and written. */
export async function openDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = await unusable(folder, error);
    throw new CliError(`The data folder ${folder} cannot be used (${reason}): name another with --data DIR.`);
  }
}

/** Node's own recursive mkdir never returns below a folder in which nothing can be made, such as /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (await isThere(folder)) return;
    if (dirname(folder) === folder || (await isThere(dirname(folder)))) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function unusable(folder: string, error: unknown): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === false) return "it is a file";
  if (found !== undefined) return "it may not be read and written";
  return error instanceof Error && "code" in error
    ? `it cannot be made: ${String(error.code)}`
    : "it cannot be made";
}

const serviceNote = z.object({ url: z.url(), pid: z.int() });
export type ServiceNote = z.output<typeof serviceNote>;

const noteFile = (folder: string): string => join(folder, "app", "service.json");

/** Replaces the note in one step, so that no reader sees half of it. */
export async function writeServiceNote(folder: string, note: ServiceNote): Promise<void> {
  await mkdir(join(folder, "app"), { recursive: true, mode: 0o700 });
  const draft = `${noteFile(folder)}.${note.pid}`;
  await writeFile(draft, `${JSON.stringify(note)}\n`);
  await rename(draft, noteFile(folder));
}

/** Undefined when no service has started on this folder, or the note is unreadable. */
export async function readServiceNote(folder: string): Promise<ServiceNote | undefined> {
  const text = await readFile(noteFile(folder), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return serviceNote.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function removeServiceNote(folder: string): Promise<void> {
  await rm(noteFile(folder), { force: true });
}
