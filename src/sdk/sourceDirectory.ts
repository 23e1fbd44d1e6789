/**
 * The files of a step's source directory, as they stand at this moment.
 *
 * 1. What the ignore rules leave behind is not looked at: an ignored folder is not entered.
 * 2. A link counts as what it leads to. One that leads nowhere, or to a folder that it lies in, is refused.
 * 3. Everything that cannot be taken is told at once, before anything is read or goes up.
 * 4. Sockets, pipes and devices have no content and stay behind.
 */
import type { BigIntStats, Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ignoreRules, type IsIgnored } from "../model/ignoreRules";
import type { Problem } from "../model/problem";
import { treeProblems } from "../model/snapshotTree";

/** A file with what tells whether it was changed since. */
export interface SourceFile {
  /** Relative to the source directory, with forward slashes. */
  readonly path: string;
  readonly localPath: string;
  readonly size: number;
  readonly stats: BigIntStats;
}

/** The directory cannot become a snapshot; every problem names its file. */
export class SourceDirectoryError extends Error {
  override readonly name = "SourceDirectoryError";

  constructor(
    readonly directory: string,
    readonly problems: readonly Problem[],
  ) {
    const sentences = problems.map(
      ({ field, expected, received }) => `${field}: ${expected}, not ${received}`,
    );
    super(`The source directory ${directory} cannot be taken: ${sentences.join("; ")}.`);
  }
}

/** Files sorted by path; throws `SourceDirectoryError`. */
export async function listSourceDirectory(directory: string): Promise<readonly SourceFile[]> {
  const isIgnored = ignoreRules({
    amlignore: await textOf(join(directory, ".amlignore")),
    gitignore: await textOf(join(directory, ".gitignore")),
  });
  const problems: Problem[] = [];
  const root = { path: "", localPath: directory, open: [await realpath(directory)] };
  const files = await filesBelow(root, isIgnored, (problem) => problems.push(problem));
  const sorted = files.sort((a, b) => (a.path < b.path ? -1 : 1));
  problems.push(...treeProblems(sorted));
  if (problems.length > 0) {
    throw new SourceDirectoryError(
      directory,
      problems.sort((a, b) => (a.field < b.field ? -1 : 1)),
    );
  }
  return sorted;
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

interface Folder {
  readonly path: string;
  readonly localPath: string;
  /** Real paths of this folder and of those that it was reached through. */
  readonly open: readonly string[];
}

type Report = (problem: Problem) => void;

async function filesBelow(folder: Folder, isIgnored: IsIgnored, report: Report): Promise<SourceFile[]> {
  const entries = await readdir(folder.localPath, { withFileTypes: true }).catch((error: unknown) => {
    report(unreadableFile(folder.path || ".", error));
    return [];
  });
  const lists = await Promise.all(entries.map((entry) => takeEntry(folder, entry, isIgnored, report)));
  return lists.flat();
}

async function takeEntry(
  folder: Folder,
  entry: Dirent,
  isIgnored: IsIgnored,
  report: Report,
): Promise<SourceFile[]> {
  const path = folder.path === "" ? entry.name : `${folder.path}/${entry.name}`;
  const localPath = join(folder.localPath, entry.name);
  // To git a link is a file; what it leads to is asked below.
  if (isIgnored(path, entry.isDirectory() ? "folder" : "file")) return [];
  if (entry.name.includes("\uFFFD")) {
    report({ code: "SnapshotPathInvalid", field: path, expected: "a name in UTF-8", received: path });
    return [];
  }
  try {
    const stats = await stat(localPath, { bigint: true });
    if (isIgnored(path, stats.isDirectory() ? "folder" : "file")) return [];
    if (stats.isFile()) return [{ path, localPath, size: Number(stats.size), stats }];
    if (!stats.isDirectory()) return [];
    const open = await enter(folder, entry, localPath);
    if (open !== undefined) return await filesBelow({ path, localPath, open }, isIgnored, report);
    report(brokenLink(path, "a link to a folder that it lies in"));
  } catch (error) {
    report(
      entry.isSymbolicLink() ? brokenLink(path, "a link that leads nowhere") : unreadableFile(path, error),
    );
  }
  return [];
}

/** Real paths that are open below the entry; undefined when it is a link back into one of them. */
async function enter(
  { open }: Folder,
  entry: Dirent,
  localPath: string,
): Promise<readonly string[] | undefined> {
  if (!entry.isSymbolicLink()) return [...open, join(open.at(-1) ?? "", entry.name)];
  const target = await realpath(localPath);
  if (open.some((each) => each === target || each.startsWith(target.endsWith(sep) ? target : target + sep)))
    return undefined;
  return [...open, target];
}

function brokenLink(path: string, received: string): Problem {
  return {
    code: "SourceLinkInvalid",
    field: path,
    expected: "a link to a file or folder beside it",
    received,
  };
}

/** A file that is there and cannot be read. */
export function unreadableFile(path: string, error: unknown): Problem {
  const received = `one that cannot be read (${codeOf(error) ?? String(error)})`;
  return { code: "SourceUnreadable", field: path, expected: "a file that can be read", received };
}

/** A file of which no single state could be taken. */
export function changingFile(path: string): Problem {
  const expected = "a file that stays as it is while it is taken";
  return { code: "SourceChanging", field: path, expected, received: "one that changed every time" };
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
