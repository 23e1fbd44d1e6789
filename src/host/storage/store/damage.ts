/** Owns: what is known to be damaged while the storage runs, in words for `health()`, and the error of a damaged read. */

/** Stored bytes are not what was stored. The message says which and why. */
export class StoredDamage extends Error {}

export interface DamageLog {
  /** Notes the damage of a content once. */
  note(content: number, what: string): void;
  /** The content is gone, and its damage with it. */
  forget(content: number): void;
  problems(): readonly string[];
}

/** Damages that `problems` names; the rest it counts. */
const MAX_NAMED = 20;

export function openDamageLog(onFound: (what: string) => void): DamageLog {
  const found = new Map<number, string>();
  return {
    note: (content, what) => {
      if (found.has(content)) return;
      found.set(content, what);
      onFound(what);
    },
    forget: (content) => found.delete(content),
    problems: () => {
      const named = [...found.values()].slice(0, MAX_NAMED);
      return found.size > named.length ? [...named, `${found.size - named.length} more are damaged.`] : named;
    },
  };
}
