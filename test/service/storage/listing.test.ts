import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";

import { BLOB_ROW, type BlobRow, type ContainerRow } from "../../../src/host/storage/blob/blobRow";
import { listBlobs, type ListedItem } from "../../../src/host/storage/blob/listing";
import { partsKey } from "../../../src/host/storage/store/rowKey";
import { openStoreRows, type StoreRows } from "../../../src/host/storage/store/storeRows";

let dir: string;
let rows: StoreRows;
let lastId = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "listing-"));
  rows = await openStoreRows(join(dir, "storage.mdb"));
});
afterAll(async () => {
  await rows.close();
  await rm(dir, { recursive: true, force: true });
});

async function containerOf(names: readonly string[]): Promise<ContainerRow> {
  const id = ++lastId;
  await rows.commits.commit((change) => {
    for (const name of names) {
      const blob: BlobRow = {
        ...{ name, content: 1, size: 0, etag: "0x1", createdAt: 0, modifiedAt: 0, metadata: {} },
        headers: { contentType: "text/plain" },
        type: "BlockBlob",
      };
      change.put(rows.blobs, partsKey(id, name), BLOB_ROW.encode(blob));
    }
  });
  return { id, name: "data", etag: "0x1", modifiedAt: 0, metadata: {} };
}

/** What a list means, said without keys and seeks. */
function naiveList(names: readonly string[], prefix: string, delimiter: string): string[] {
  const items = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
      return at < 0 ? `blob ${name}` : `prefix ${name.slice(0, at + 1)}`;
    });
  return [...new Set(items)];
}

const shown = (item: ListedItem): string =>
  item.kind === "blob" ? `blob ${item.blob.name}` : `prefix ${item.name}`;

const name = fc.string({
  unit: fc.constantFrom("a", "b", "/", "é", "\uffee", "\u{1f600}"),
  minLength: 1,
  maxLength: 6,
});

test("pages of any size, with any prefix and delimiter, give every blob and folder once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 20 }),
      fc.constantFrom("", "a", "a/", "/", "é", "\u{1f600}"),
      fc.constantFrom("", "/"),
      fc.integer({ min: 1, max: 5 }),
      async (names, prefix, delimiter, limit) => {
        const container = await containerOf(names);
        const found: string[] = [];
        for (let from: string | undefined = ""; from !== undefined;) {
          const page = listBlobs(rows, container, { prefix, delimiter, from, limit });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          found.push(...page.items.map(shown));
          from = page.next;
        }
        const inOrder = [...names].sort((left, right) => (left < right ? -1 : 1));
        expect(found).toEqual(naiveList(inOrder, prefix, delimiter));
      },
    ),
    { numRuns: 150 },
  );
});
