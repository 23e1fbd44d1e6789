/**
 * Owns: containers in LMDB. Must not: know HTTP or blobs.
 *
 * Invariants:
 * O1. A container's id is never used again; what a deleted container held is removed afterwards, again after a crash.
 */
import { StorageError } from "../http/storageError";
import { msOfTicks, type TickClock } from "../store/clock";
import type { ContentStore } from "../store/contentStore";
import type { Change } from "../store/groupCommit";
import { afterPrefix, idBytes, textBytes } from "../store/rowKey";
import type { StoreRows } from "../store/storeRows";
import { containerNotFound } from "./blobError";
import { CONTAINER_ROW, etagOfTick, HELD_ROW, type ContainerRow, type Metadata } from "./blobRow";
import { checkConditions, type Conditions } from "./conditions";

export interface ContainerStore {
  create(name: string, metadata: Metadata): Promise<ContainerRow>;
  delete(name: string, conditions: Conditions): Promise<void>;
  setMetadata(name: string, metadata: Metadata, conditions: Conditions): Promise<ContainerRow>;
  get(name: string): ContainerRow;
  /** The container inside a change; throws when it is gone. */
  getIn(change: Change, name: string): ContainerRow;
  list(prefix: string, from: string, limit: number): readonly ContainerRow[];
  /** Removes what deleted containers left. */
  purge(): Promise<void>;
}

const PURGE_STEP = 500;

export function openContainerStore(
  rows: StoreRows,
  contents: ContentStore,
  clock: TickClock,
): ContainerStore {
  function getIn(change: Change, name: string): ContainerRow {
    const container = CONTAINER_ROW.find(change.get(rows.containers, textBytes(name)));
    if (container === undefined) throw containerNotFound();
    return container;
  }

  async function purgeOne(id: number): Promise<void> {
    const range = { start: idBytes(id), end: idBytes(id + 1), limit: PURGE_STEP };
    let left = true;
    while (left) {
      const found = [rows.blobs, rows.staged].flatMap((from) =>
        [...from.getRange(range)].map(({ key, value }) => ({
          from,
          key: Buffer.from(key),
          value: Buffer.from(value),
        })),
      );
      left = found.length > 0;
      await rows.commits.commit((change) => {
        for (const { from, key, value } of found) {
          change.remove(from, key);
          contents.release(change, HELD_ROW.decode(value).content);
        }
        if (!left) change.remove(rows.purges, purgeKey(id));
      });
    }
  }

  return {
    create: (name, metadata) =>
      rows.commits.commit((change) => {
        if (change.get(rows.containers, textBytes(name)) !== undefined)
          throw new StorageError(409, "ContainerAlreadyExists", "The specified container already exists.");
        const tick = clock();
        const id = rows.nextNumber(change, "container");
        const container = { id, name, etag: etagOfTick(tick), modifiedAt: msOfTicks(tick), metadata };
        change.put(rows.containers, textBytes(name), CONTAINER_ROW.encode(container));
        return container;
      }),
    delete: (name, conditions) =>
      rows.commits.commit((change) => {
        const container = getIn(change, name);
        checkConditions(conditions, container, "write");
        change.remove(rows.containers, textBytes(name));
        change.put(rows.purges, purgeKey(container.id), Buffer.alloc(0));
        change.afterCommit(() => setImmediate(() => void purgeOne(container.id).catch(() => undefined)));
      }),
    setMetadata: (name, metadata, conditions) =>
      rows.commits.commit((change) => {
        const container = getIn(change, name);
        checkConditions(conditions, container, "write");
        const tick = clock();
        const updated = { ...container, metadata, etag: etagOfTick(tick), modifiedAt: msOfTicks(tick) };
        change.put(rows.containers, textBytes(name), CONTAINER_ROW.encode(updated));
        return updated;
      }),
    get: (name) => {
      const container = CONTAINER_ROW.find(rows.containers.getBinary(textBytes(name)));
      if (container === undefined) throw containerNotFound();
      return container;
    },
    getIn,
    list: (prefix, from, limit) => listContainers(rows, prefix, from, limit),
    purge: async () => {
      const start = Buffer.from("c");
      const keys = [...rows.purges.getKeys({ start, end: afterPrefix(start) })];
      for (const key of keys) await purgeOne(Buffer.from(key).readUInt32BE(1));
    },
  };
}

function listContainers(
  rows: StoreRows,
  prefix: string,
  from: string,
  limit: number,
): readonly ContainerRow[] {
  const start = textBytes(from > prefix ? from : prefix);
  const found: ContainerRow[] = [];
  for (const { value } of rows.containers.getRange(start.length === 0 ? {} : { start })) {
    const container = CONTAINER_ROW.decode(value);
    if (!container.name.startsWith(prefix) || found.length >= limit) break;
    found.push(container);
  }
  return found;
}

function purgeKey(id: number): Buffer {
  return Buffer.concat([Buffer.from("c"), idBytes(id)]);
}
