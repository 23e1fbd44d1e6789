/**
 * The file that keeps what the host says.
 *
 * 1. It starts anew when it has grown beyond `longestLog`; one older file stays beside it.
 * 2. A log that cannot be opened is told before anything starts; one that fails later, as on a full disk, loses
 *    lines and stops nobody.
 */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "./cliError";

/** Bytes. */
export const longestLog = 8 * 1024 * 1024;

export function hostLogFile(dataFolder: string): string {
  return join(dataFolder, "host.log");
}

/** Opens the log of this folder to append to it. */
export async function openHostLog(dataFolder: string): Promise<WriteStream> {
  const file = hostLogFile(dataFolder);
  await putAwayWhenLong(file);
  const log = createWriteStream(file, { flags: "a" });
  try {
    await once(log, "open");
  } catch (error) {
    throw new CliError(`The log ${file} cannot be written: ${messageOf(error)}.`);
  }
  log.on("error", () => undefined);
  return log;
}

/** Windows keeps a file that another process writes; then the log goes on as it is. */
async function putAwayWhenLong(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && found.size > longestLog)
    await rename(file, `${file}.old`).catch(() => undefined);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
