/**
 * Which Python version answers to what was asked for. Pure.
 *
 * `3.10` and `3.10.*` ask for a series. `3.10.4` asks for its series too, for a laptop hardly ever has the very release: the
 * same release is preferred, another one is taken. Comparisons are those of pip.
 */

/** Whether `version`, such as `3.10.4`, answers to `specifier`. */
export function versionAnswers(specifier: string, version: string): boolean {
  return specifier.split(",").every((clause) => clauseHolds(clause.trim(), numbersOf(version)));
}

/** Whether it is the very release that was named, or none was. */
export function isNamedRelease(specifier: string, version: string): boolean {
  const named = /^={0,2}(\d+\.\d+\.\d+)$/.exec(specifier.trim())?.[1];
  return named === undefined || named === version;
}

/** Order of versions: negative when `a` comes first. */
export function compareVersions(a: string, b: string): number {
  return compare(numbersOf(a), numbersOf(b));
}

function clauseHolds(clause: string, version: readonly number[]): boolean {
  const match = /^(~=|===?|!=|>=|<=|>|<|=)?(\d+(?:\.\d+)*)(\.\*)?$/.exec(clause);
  if (match === null) return false;
  const [, operator = "=", text = ""] = match;
  const named = numbersOf(text);
  const order = compare(version, named);
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "!=":
      return !startsWith(version, named);
    case "~=":
      return order >= 0 && startsWith(version, named.slice(0, -1));
    default:
      return startsWith(version, named.slice(0, 2));
  }
}

const numbersOf = (version: string): readonly number[] => version.split(".").map(Number);

const startsWith = (version: readonly number[], start: readonly number[]): boolean =>
  start.every((part, index) => version[index] === part);

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
