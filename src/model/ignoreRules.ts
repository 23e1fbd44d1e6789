/**
 * Which files of a source directory stay behind.
 *
 * Invariants:
 * 1. `.amlignore` is used alone when there is one; `.gitignore` counts only without it. They are never merged, and only
 *    those at the root of the directory are asked.
 * 2. Patterns mean what they mean to git, with regard to case on every system, so that one directory gives one snapshot.
 * 3. `.git` and `.sluice` always stay behind: the one is no source, the other holds the service's own keys. Python's
 *    caches stay behind unless a pattern asks for them, since every run of a script makes them anew.
 *
 * Source: spec azureml-v1.md §2.7. Invariant 3 is an addition of Sluice.
 */
import ignore from "ignore";

export interface IgnoreFiles {
  /** Content of the file at the root; null = there is none. */
  readonly amlignore: string | null;
  readonly gitignore: string | null;
}

/** Whether a path, relative with forward slashes, stays behind. What lies in an ignored folder need not be asked. */
export type IsIgnored = (path: string, kind: "file" | "folder") => boolean;

const neverTaken: ReadonlySet<string> = new Set([".git", ".sluice"]);

export function ignoreRules({ amlignore, gitignore }: IgnoreFiles): IsIgnored {
  const patterns = (amlignore ?? gitignore ?? "").replace(/^\uFEFF/, "");
  const matcher = ignore({ ignorecase: false }).add("__pycache__/").add(patterns);
  return (path, kind) =>
    neverTaken.has(path.slice(path.lastIndexOf("/") + 1)) ||
    matcher.ignores(kind === "folder" ? `${path}/` : path);
}
