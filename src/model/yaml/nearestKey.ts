/** What somebody who wrote an unknown word most likely meant. */

/** Words that people write and v1 never read, with the key that they mean. Source: spec azureml-v1-yaml.md §1.10. */
const meant = new Map([
  ["compute_target", "compute"],
  ["adla_compute_name", "compute"],
  ["data_reference", "data_references"],
  ["params", "parameters"],
  ["script", "script_name"],
  ["depends_on", "run_after"],
]);

/** The known key that is closest in spelling, or undefined when none is close. */
export function nearestKey(word: string, known: readonly string[]): string | undefined {
  const usual = meant.get(word);
  if (usual !== undefined && known.includes(usual)) return usual;
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly key: string; readonly distance: number } | undefined;
  for (const key of known) {
    const distance = editDistance(plain(word), plain(key));
    if (distance <= most && distance < (best?.distance ?? Infinity)) best = { key, distance };
  }
  return best?.key;
}

/** What is meant, with the name that comes closest, else all of them. */
export function knownWords(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestKey(name, known);
  if (nearest !== undefined) return `${what}, such as ${nearest}`;
  return known.length === 0 ? `${what}; there is none` : `${what}: ${known.slice(0, 20).join(", ")}`;
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, "");

/** Insertions, deletions and replacements that make one word of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
