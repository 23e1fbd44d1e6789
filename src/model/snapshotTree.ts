/**
 * What a snapshot may hold, and what it is called. The client checks its source directory by these rules before
 * anything goes up, the service checks again what it is told.
 *
 * Invariants of a tree without problems:
 * 1. Every path is one below the root on every operating system (`snapshotPath.ts`).
 * 2. No two paths fall together where case or the composition of letters does not count, and none is another's folder.
 * 3. Files and bytes are within v1's limits.
 * 4. Equal files in equal places give an equal text, whatever order they came in; different ones never do.
 *
 * Source: spec azureml-v1.md §2.7.
 */
import type { Problem } from "./problem";
import { isSnapshotPath } from "./snapshotPath";

/** v1's limits of a snapshot. */
export const maxSnapshotFiles = 2_000;
export const maxSnapshotBytes = 300 * 1024 * 1024;

export interface SizedPath {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

export interface TreeFile extends SizedPath {
  /** SHA-256 of the bytes, 64 digits of lower-case hex. */
  readonly hash: string;
}

const mostOffenders = 5;
const mostNamed = 20;

/** Everything that is wrong with a tree. Codes: `SnapshotPathInvalid`, `SnapshotTooLarge`. */
export function treeProblems(files: readonly SizedPath[]): readonly Problem[] {
  return [...unsafePaths(files), ...clashes(files), ...beyondLimits(files)];
}

function unsafePaths(files: readonly SizedPath[]): readonly Problem[] {
  const unsafe = files.filter(({ path }) => !isSnapshotPath(path));
  const expected =
    'a path that every operating system can hold: no \\ : * ? " < > | or control characters, no name such as con or one that ends in . or a space';
  return unsafe.slice(0, mostNamed).map(({ path }) => invalidPath(path, expected, path));
}

function clashes(files: readonly SizedPath[]): readonly Problem[] {
  const byKey = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { path } of files) {
    const key = foldedPath(path);
    const other = byKey.get(key);
    const expected = "a path that differs from all others by more than case";
    if (other !== undefined) problems.push(invalidPath(path, expected, `${path} beside ${other}`));
    byKey.set(key, path);
  }
  for (const { path } of files) {
    const other = foldersOf(foldedPath(path)).flatMap((folder) => byKey.get(folder) ?? [])[0];
    if (other === undefined) continue;
    problems.push(invalidPath(path, `a path beside the file ${other}, not below it`, path));
  }
  return problems.slice(0, mostNamed);
}

/** Equal for paths that are one file where case, or composed and decomposed letters, do not count. */
function foldedPath(path: string): string {
  return path.normalize("NFC").toUpperCase().toLowerCase();
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function invalidPath(path: string, expected: string, received: string): Problem {
  return {
    code: "SnapshotPathInvalid",
    field: path.slice(0, 200) || "path",
    expected,
    received: received.slice(0, 200),
  };
}

function beyondLimits(files: readonly SizedPath[]): readonly Problem[] {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const problems: Problem[] = [];
  if (bytes > maxSnapshotBytes) {
    const largest = [...files].sort((a, b) => b.size - a.size).slice(0, mostOffenders);
    const names = largest.map(({ path, size }) => `${path} (${megabytes(size)})`);
    problems.push(tooLarge(`at most ${megabytes(maxSnapshotBytes)}`, megabytes(bytes), names));
  }
  if (files.length > maxSnapshotFiles) {
    const names = fullestFolders(files).map(([folder, count]) => `${folder} (${count} files)`);
    problems.push(tooLarge(`at most ${maxSnapshotFiles} files`, `${files.length} files`, names));
  }
  return problems;
}

function tooLarge(expected: string, received: string, offenders: readonly string[]): Problem {
  return {
    code: "SnapshotTooLarge",
    field: "snapshot",
    expected: `${expected}; .amlignore leaves files out`,
    received: `${received}, most of it in ${offenders.join(", ")}`,
  };
}

/** Folders by the files that lie directly in them, fullest first. */
function fullestFolders(files: readonly SizedPath[]): readonly (readonly [folder: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1) || "./";
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, mostOffenders);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The text whose SHA-256 is a snapshot's content hash. */
export function treeText(files: readonly TreeFile[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return sorted.map(({ path, size, hash }) => `${JSON.stringify([path, size, hash])}\n`).join("");
}

/** The id that a snapshot has by its content: a UUID of version 8 made of the content hash, so equal content has one. */
export function snapshotIdOf(contentHash: string): string {
  const variant = ((Number.parseInt(contentHash[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return [
    contentHash.slice(0, 8),
    contentHash.slice(8, 12),
    `8${contentHash.slice(13, 16)}`,
    variant + contentHash.slice(17, 20),
    contentHash.slice(20, 32),
  ].join("-");
}

/** Whether a snapshot can have the id: it is a blob's name too. */
export function isSnapshotId(id: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(id);
}

/** Whether an id claims to be one by content. Ids that clients make up are random, of version 4. */
export function isContentId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id);
}
