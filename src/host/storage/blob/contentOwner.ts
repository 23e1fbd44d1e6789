/** Owns: telling which blob a content belongs to, for messages about damage. Must not: be used to serve. */
import type { StoreRows } from "../store/storeRows";
import { BLOB_ROW, CONTAINER_ROW, HELD_ROW } from "./blobRow";

/** `the blob container/name`, by content. Looks at every blob once: damage is rare, an index for it would cost always. */
export function ownersOf(rows: StoreRows, contents: ReadonlySet<number>): ReadonlyMap<number, string> {
  const owners = new Map<number, string>();
  if (contents.size === 0) return owners;
  const containers = new Map<number, string>();
  for (const { value } of rows.containers.getRange({})) {
    const { id, name } = CONTAINER_ROW.decode(value);
    containers.set(id, name);
  }
  const inContainer = (key: Buffer): string => containers.get(Buffer.from(key).readUInt32BE()) ?? "deleted";
  for (const { key, value } of rows.blobs.getRange({})) {
    const { content, name } = BLOB_ROW.decode(value);
    if (contents.has(content)) owners.set(content, `the blob ${inContainer(key)}/${name}`);
  }
  for (const { key, value } of rows.staged.getRange({})) {
    const { content } = HELD_ROW.decode(value);
    if (contents.has(content)) owners.set(content, `a block staged in the container ${inContainer(key)}`);
  }
  return owners;
}
