/** Damage on disk: it is found and named, at the start or at the first read, and never answered as if it were data. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { openStoreRows, type StoreRows } from "../../../src/host/storage/store/storeRows";
import { seededDice } from "../../crash/seededDice";
import { openTestStorage, type TestStorage } from "./openTestStorage";

const SIZE = 300_000;
const key = randomBytes(64).toString("base64");
let dataDir: string;
let opened: TestStorage | undefined;
let container: ContainerClient;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "damage-"));
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

async function open(): Promise<TestStorage> {
  opened = await openTestStorage(dataDir, key);
  const service = BlobServiceClient.fromConnectionString(opened.storage.connectionString, {
    retryOptions: { maxTries: 1 },
  });
  container = service.getContainerClient("data");
  await container.createIfNotExists();
  return opened;
}

async function close(): Promise<void> {
  await opened?.close();
  opened = undefined;
}

/** Stores a blob that lies in a file of its own, closes the storage and gives the file's path. */
async function storeInFile(name: string): Promise<string> {
  await open();
  const before = new Set(await contentFiles());
  await container.uploadBlockBlob(name, Buffer.alloc(SIZE, name), SIZE);
  const [file] = (await contentFiles()).filter((one) => !before.has(one));
  await close();
  return file ?? "";
}

async function contentFiles(): Promise<string[]> {
  return (await readdir(join(dataDir, "content"))).map((name) => join(dataDir, "content", name));
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const damagedRead = {
  statusCode: 500,
  code: "InternalError",
  message: expect.stringContaining("Stored data is damaged"),
};

describe("a content file", () => {
  test.each([
    ["that is missing", (file: string) => rm(file), "is missing"],
    ["that is cut short", (file: string) => truncate(file, SIZE / 2), "150000 bytes instead of"],
  ])("%s is named at start with its blob and a remedy, and the rest is served", async (_what, harm, why) => {
    const file = await storeInFile("big");
    await harm(file);
    const { storage, logged } = await open();
    await container.uploadBlockBlob("other", "fine", 4);
    expect(storage.health()).toEqual([
      expect.stringMatching(
        new RegExp(`data/big are damaged: ${file}.* ${why}.*Upload it again or delete it`),
      ),
    ]);
    expect(logged).toContainEqual(expect.objectContaining({ level: "error", event: "storage.damaged" }));
    await expect(container.getBlobClient("big").downloadToBuffer()).rejects.toMatchObject(damagedRead);
    expect((await container.getBlobClient("other").downloadToBuffer()).toString()).toBe("fine");
  });

  test("in which a bit turned is found at the first read of those bytes, named, and its other bytes are served", async () => {
    const file = await storeInFile("big");
    await flipByte(file, 10);
    const { storage } = await open();
    expect(storage.health()).toEqual([]);
    const blob = container.getBlobClient("big");
    expect((await blob.downloadToBuffer(99_999, 6)).toString()).toBe("bigbig");
    await expect(blob.downloadToBuffer()).rejects.toMatchObject(damagedRead);
    await expect(blob.downloadToBuffer(20, 5)).rejects.toMatchObject(damagedRead);
    expect(storage.health()).toEqual([expect.stringMatching(`data/big are damaged: ${file}`)]);
  });

  test("that is damaged behind its first bytes ends the answer early, never with a whole length", async () => {
    const file = await storeInFile("big");
    await flipByte(file, SIZE - 10);
    await open();
    const download = await container.getBlobClient("big").download(0, undefined, { maxRetryRequests: 0 });
    const read = async (): Promise<number> => {
      let size = 0;
      for await (const part of download.readableStreamBody!) size += part.length;
      return size;
    };
    await expect(read()).rejects.toThrow();
  });

  test("that took another's place is found, though it is whole and of the same length", async () => {
    const one = await storeInFile("one");
    const two = await storeInFile("two");
    await rename(one, `${one}-aside`);
    await rename(two, one);
    await rename(`${one}-aside`, two);
    await open();
    for (const name of ["one", "two"])
      await expect(container.getBlobClient(name).downloadToBuffer()).rejects.toMatchObject(damagedRead);
  });

  test("is no longer a problem once its blob was uploaded again or deleted", async () => {
    for (const name of ["one", "two"]) await rm(await storeInFile(name));
    const { storage } = await open();
    expect(storage.health()).toHaveLength(2);
    await container.uploadBlockBlob("one", "new", 3);
    await container.deleteBlob("two");
    while (storage.health().length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await container.getBlobClient("one").downloadToBuffer()).toString()).toBe("new");
  });

  test("that is damaged is not copied", async () => {
    await flipByte(await storeInFile("big"), 10);
    await open();
    await expect(
      container.getBlobClient("copy").syncCopyFromURL(container.getBlobClient("big").url),
    ).rejects.toMatchObject(damagedRead);
    expect(await container.getBlobClient("copy").exists()).toBe(false);
  });
});

test("the inline bytes of a small blob, when damaged, are refused at their first read and named", async () => {
  await open();
  const content = Buffer.alloc(50_000, "inline bytes");
  await container.uploadBlockBlob("small", content, content.length);
  await close();
  const path = join(dataDir, "storage.mdb");
  await flipByte(path, (await readFile(path)).indexOf(content.subarray(0, 5_000)) + 4_000);
  const { storage } = await open();
  await expect(container.getBlobClient("small").downloadToBuffer()).rejects.toMatchObject(damagedRead);
  expect(storage.health()).toEqual([expect.stringContaining("data/small are damaged")]);
});

describe("the database", () => {
  const path = (): string => join(dataDir, "storage.mdb");

  async function fill(): Promise<void> {
    const rows = await openStoreRows(path());
    const rowKey = (number: number): Buffer => Buffer.from(`table/row ${number}`);
    for (let round = 0; round < 8; round++)
      await rows.commits.commit((change) => {
        for (let index = 0; index < 100; index++)
          change.put(rows.entities, rowKey((round * 100 + index * 79) % 700), Buffer.alloc(index * 9, "row"));
      });
    await rows.commits.commit((change) => {
      for (let number = 0; number < 700; number += 3) change.remove(rows.entities, rowKey(number));
      change.put(rows.chunks, Buffer.from("inline"), Buffer.alloc(60_000, "bytes"));
    });
    await rows.commits.commit((change) =>
      change.put(rows.entities, Buffer.from("table/last"), Buffer.from("marked")),
    );
    await rows.close();
  }

  function fingerprint(rows: StoreRows): string {
    const digest = createHash("md5");
    for (const table of [rows.entities, rows.chunks, rows.meta])
      for (const { key, value } of table.getRange({})) digest.update(key).update(value);
    return digest.digest("hex");
  }

  /** What becomes of a damaged file: refused at open, refused at a read, or not changed for any reader. */
  async function outcome(bytes: Buffer, expected: string): Promise<string> {
    await rm(`${path()}-lock`, { force: true });
    await writeFile(path(), bytes);
    let rows: StoreRows;
    try {
      rows = await openStoreRows(path());
    } catch (error) {
      return /cannot be opened: .*Put back a copy/s.test(String(error)) ? "refused at open" : String(error);
    }
    try {
      return fingerprint(rows) === expected ? "untouched" : "WRONG ANSWER";
    } catch (error) {
      return String(error).includes("is damaged") ? "refused at a read" : String(error);
    } finally {
      await rows.close();
    }
  }

  test("never answers as data what was garbled: any bit, any sector, any page in another's place", async () => {
    await fill();
    const sound = await readFile(path());
    const rows = await openStoreRows(path());
    const expected = fingerprint(rows);
    await rows.close();
    const seed = randomBytes(4).readUInt32LE();
    const dice = seededDice(seed);
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 240; round++) {
      const bytes = Buffer.from(sound);
      const at = dice.below(round % 6 === 0 ? 16_384 : sound.length);
      const sector = at - (at % 512);
      if (round % 3 === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      else if (round % 3 === 1) bytes.fill(0, sector, sector + 512);
      else {
        const from = 8192 * Math.floor(dice.below(sound.length) / 8192);
        sound.copy(bytes, at - (at % 8192), from, from + 8192);
      }
      const found = await outcome(bytes, expected);
      outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
    }
    const kinds = [...outcomes.keys()].filter((kind) => !/^(refused at|untouched)/.test(kind));
    expect({ seed, kinds }).toEqual({ seed, kinds: [] });
    expect(outcomes.get("refused at open")).toBeGreaterThan(20);
  });

  test("that is damaged is refused with its path, what is damaged and a remedy", async () => {
    await fill();
    const bytes = await readFile(path());
    bytes[bytes.lastIndexOf("marked")] = 0;
    await writeFile(path(), bytes);
    await expect(open()).rejects.toThrow(
      /storage\.mdb cannot be opened: damaged rows: "table\/last" of entities\. Put back a copy of the folder .*damage-/,
    );
  });

  test("that is cut short is refused at open", async () => {
    await fill();
    for (const pages of [1, 3, 9]) {
      const bytes = (await readFile(path())).subarray(0, pages * 8192);
      expect(await outcome(bytes, "")).toBe("refused at open");
      await rm(path());
      await fill();
    }
  });

  test("of another format is refused and left as it is", async () => {
    const rows = await openStoreRows(path());
    await rows.commits.commit((change) =>
      change.put(rows.meta, Buffer.from("format"), Buffer.from("sluice-storage-9")),
    );
    await rows.close();
    await expect(open()).rejects.toThrow(/has the format "sluice-storage-9/);
  });
});
