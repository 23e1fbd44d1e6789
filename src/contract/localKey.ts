/**
 * Keys of a laptop: 32 random bytes each as base64url in a file of `<data folder>/app`, readable by its owner only.
 * Whoever needs one first makes it.
 *
 * 1. The file appears complete or not at all, and is never replaced: two first users end with the same key.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

const keyBytes = 32;

export function localKeyFile(dataDir: string, name: string): string {
  return join(dataDir, "app", name);
}

/** The key of that name below `dataDir`, created when it is missing; throws when the file is not a key. */
export async function localKey(dataDir: string, name: string): Promise<Uint8Array> {
  const file = localKeyFile(dataDir, name);
  const found = await readKey(file);
  if (found !== undefined) return found;
  await mkdir(join(dataDir, "app"), { recursive: true, mode: 0o700 });
  await placeNewKey(file);
  const placed = await readKey(file);
  if (placed === undefined) throw new Error(`The key ${file} vanished while it was made.`);
  return placed;
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), "base64url");
  if (key.length === keyBytes) return new Uint8Array(key);
  throw new Error(`The key ${file} is damaged. Stop Sluice, delete the file and start again.`);
}

async function placeNewKey(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(8).toString("hex")}`;
  try {
    await writeDurably(draft, randomBytes(keyBytes).toString("base64url"));
    await link(draft, file).catch(async (error: unknown) => {
      if (hasCode(error, "EEXIST")) return;
      await copyFile(draft, file, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDurably(file: string, content: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
