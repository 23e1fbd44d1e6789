/**
 * Owns: staged blocks and the block lists that turn them into a blob. Must not: know HTTP.
 *
 * Invariants:
 * U1. Put Block List is all or nothing: every id resolves, or the blob stays as it was.
 * U2. Committing hands files of staged blocks over; it copies no large bytes.
 * U3. A commit discards every staged block of the blob; blocks staged more than a week ago are removed at open.
 */
import { StorageError } from "../http/storageError";
import type { ReceivedBody } from "../store/contentStore";
import { msOfTicks } from "../store/clock";
import type { Change } from "../store/groupCommit";
import { afterPrefix, longBytes, partsKey } from "../store/rowKey";
import { JsonRow } from "../store/jsonRow";
import {
  BLOB_ROW,
  STAGED_ROW,
  type BlobRow,
  type CommittedBlock,
  type ContainerRow,
  type StagedBlock,
} from "./blobRow";
import { orDiscard, replaceBlob, type BlobCall, type BlobStoreParts, type NewBlob } from "./blobStore";

export interface ListedBlock {
  readonly from: "Committed" | "Uncommitted" | "Latest";
  readonly id: string;
}

export interface BlockStore {
  stage(container: string, name: string, id: string, body: ReceivedBody): Promise<void>;
  commit(call: BlobCall, made: NewBlob, blocks: readonly ListedBlock[]): Promise<BlobRow>;
  committed(blob: BlobRow): readonly CommittedBlock[];
  staged(container: ContainerRow, name: string): readonly CommittedBlock[];
  /** U3. */
  expire(before: number): Promise<void>;
}

const BLOCK_LIST_ROW = new JsonRow<readonly CommittedBlock[]>();
const MAX_STAGED_BLOCKS = 100_000;

export function openBlockStore(parts: BlobStoreParts): BlockStore {
  const { rows, contents, containers } = parts;

  function stagedIn(change: Change, container: ContainerRow, name: string): Map<string, FoundBlock> {
    const prefix = partsKey(container.id, name);
    return blocksById(prefix, change.range(rows.staged, prefix, afterPrefix(prefix)));
  }

  function stagedOf(container: ContainerRow, name: string): Map<string, FoundBlock> {
    const prefix = partsKey(container.id, name);
    return blocksById(prefix, rows.staged.getRange({ start: prefix, end: afterPrefix(prefix) }));
  }

  function commitIn(change: Change, call: BlobCall, made: NewBlob, blocks: readonly ListedBlock[]): BlobRow {
    const container = containers.getIn(change, call.container);
    const staged = stagedIn(change, container, call.name);
    const stored = BLOB_ROW.find(change.get(rows.blobs, partsKey(container.id, call.name)));
    const old = placedBlocks(stored === undefined ? [] : committedIn(change, stored.content));
    const target = contents.newContent(change);
    const list: CommittedBlock[] = [];
    let size = 0;
    for (const { from, id } of blocks) {
      const fresh = from === "Committed" ? undefined : staged.get(id)?.block;
      const kept = from === "Uncommitted" ? undefined : old.get(id);
      if (fresh !== undefined) contents.move(change, fresh.content, target, size);
      else if (kept !== undefined && stored !== undefined)
        contents.move(change, stored.content, target, size, {
          start: kept.offset,
          end: kept.offset + kept.size,
        });
      else throw new StorageError(400, "InvalidBlockList", "The specified block list is invalid.");
      const length = (fresh ?? kept)?.size ?? 0;
      list.push({ id, size: length });
      size += length;
    }
    const blob = replaceBlob(parts, change, call, "PutBlockList", (stamp) => ({
      ...made,
      ...stamp,
      content: target,
      size,
      type: "BlockBlob",
    }));
    change.put(rows.blockLists, longBytes(target), BLOCK_LIST_ROW.encode(list));
    for (const { key, block } of staged.values()) {
      change.remove(rows.staged, key);
      contents.release(change, block.content);
    }
    return blob;
  }

  function committedIn(change: Change, content: number): readonly CommittedBlock[] {
    return BLOCK_LIST_ROW.find(change.get(rows.blockLists, longBytes(content))) ?? [];
  }

  return {
    stage: (containerName, name, id, body) =>
      orDiscard(contents, body, () =>
        rows.commits.commit((change) => {
          const container = containers.getIn(change, containerName);
          checkStaging(stagedIn(change, container, name), id);
          const key = partsKey(container.id, name, id);
          const replaced = STAGED_ROW.find(change.get(rows.staged, key));
          if (replaced !== undefined) contents.release(change, replaced.content);
          const content = contents.newContent(change);
          contents.place(change, content, 0, body);
          change.put(
            rows.staged,
            key,
            STAGED_ROW.encode({ content, size: body.size, stagedAt: msOfTicks(parts.clock()) }),
          );
        }),
      ),
    commit: (call, made, blocks) => rows.commits.commit((change) => commitIn(change, call, made, blocks)),
    committed: (blob) => BLOCK_LIST_ROW.find(rows.blockLists.getBinary(longBytes(blob.content))) ?? [],
    staged: (container, name) =>
      [...stagedOf(container, name)].map(([id, { block }]) => ({ id, size: block.size })),
    expire: async (before) => {
      const old = [...rows.staged.getRange({})]
        .map(({ key, value }) => ({
          key: Buffer.from(key),
          block: STAGED_ROW.decode(value),
        }))
        .filter(({ block }) => block.stagedAt < before);
      if (old.length === 0) return;
      await rows.commits.commit((change) => {
        for (const { key, block } of old) {
          change.remove(rows.staged, key);
          contents.release(change, block.content);
        }
      });
    },
  };
}

interface FoundBlock {
  readonly key: Buffer;
  readonly block: StagedBlock;
}

function blocksById(
  prefix: Buffer,
  rows: Iterable<{ readonly key: Buffer; readonly value: Buffer }>,
): Map<string, FoundBlock> {
  const found = new Map<string, FoundBlock>();
  for (const { key, value } of rows) {
    const bytes = Buffer.from(key);
    const id = bytes.subarray(prefix.length, -1).toString("utf8");
    found.set(id, { key: bytes, block: STAGED_ROW.decode(value) });
  }
  return found;
}

/** Where each committed block lies; of blocks with one id the last counts. */
function placedBlocks(list: readonly CommittedBlock[]): Map<string, { offset: number; size: number }> {
  const placed = new Map<string, { offset: number; size: number }>();
  let offset = 0;
  for (const { id, size } of list) {
    placed.set(id, { offset, size });
    offset += size;
  }
  return placed;
}

function checkStaging(staged: ReadonlyMap<string, unknown>, id: string): void {
  const [first] = staged.keys();
  if (first !== undefined && Buffer.byteLength(first, "base64") !== Buffer.byteLength(id, "base64"))
    throw new StorageError(
      400,
      "InvalidBlobOrBlock",
      "The specified blob or block content is invalid: all block ids of a blob must have one length.",
    );
  if (staged.size >= MAX_STAGED_BLOCKS)
    throw new StorageError(
      409,
      "BlockCountExceedsLimit",
      "The uncommitted block count cannot exceed 100,000 blocks.",
    );
}
