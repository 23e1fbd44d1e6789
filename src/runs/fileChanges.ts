/** Which files differ between two snapshots, in plain words such as `prepare.py changed`, by path. Pure. */
import type { Snapshot } from "../data/snapshots";
import { byCodeUnit } from "./decide";

export function fileChanges(
  before: Pick<Snapshot, "files">,
  after: Pick<Snapshot, "files">,
): readonly string[] {
  const earlier = new Map(before.files.map(({ path, hash }) => [path, hash]));
  const later = new Map(after.files.map(({ path, hash }) => [path, hash]));
  const paths = [...new Set([...later.keys(), ...earlier.keys()])].sort(byCodeUnit);
  return paths.flatMap((path) => {
    const [was, is] = [earlier.get(path), later.get(path)];
    if (was === is) return [];
    if (was === undefined) return [`${path} is new`];
    return [is === undefined ? `${path} is gone` : `${path} changed`];
  });
}
