/**
 * Remembers what never changes once it can be found, so that it is read once per process.
 * Absence and failures are not remembered. Memory is bounded by `most` entries; the oldest goes first.
 */
export function rememberFound<T>(
  most: number,
  find: (id: string) => Promise<T | undefined>,
): (id: string) => Promise<T | undefined> {
  const remembered = new Map<string, Promise<T | undefined>>();
  const forget = (id: string): void => {
    remembered.delete(id);
  };
  return (id) => {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    const finding = find(id);
    remembered.set(id, finding);
    if (remembered.size > most) forget(remembered.keys().next().value ?? id);
    finding.then(
      (found) => {
        if (found === undefined) forget(id);
      },
      () => forget(id),
    );
    return finding;
  };
}
