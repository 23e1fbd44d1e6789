/** What the Blob service checks before it writes or reads, on our storage and on Azurite. A title names what deviates, and who. */
import { createHash, randomBytes } from "node:crypto";

import {
  BlobServiceClient,
  generateBlobSASQueryParameters,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  type AppendBlobClient,
  type BlobItem,
  type BlockBlobClient,
  type ContainerClient,
} from "@azure/storage-blob";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { BACKENDS, startBackend, type Backend } from "./backends";

const BLOCK = Buffer.from("block-1").toString("base64");
const md5 = (text: string): Uint8Array => createHash("md5").update(text).digest();

describe.each(BACKENDS)("Blob checks on %s", (name) => {
  const isOurs = name === "ours";
  let backend: Backend;
  let container: ContainerClient;
  let block: BlockBlobClient;
  let log: AppendBlobClient;
  let count = 0;

  beforeAll(async () => {
    backend = await startBackend(name);
  });
  afterAll(() => backend.stop());
  beforeEach(async () => {
    const service = BlobServiceClient.fromConnectionString(backend.connectionString, {
      retryOptions: { maxTries: 1 },
    });
    container = service.getContainerClient(`checks-${++count}`);
    await container.create();
    block = container.getBlockBlobClient("block");
    log = container.getAppendBlobClient("log");
    await block.upload("first", 5);
    await log.create();
  });

  describe("an ETag that is no longer the blob's", () => {
    const stale = { ifMatch: '"0x1"' };
    const calls: [string, () => Promise<unknown>][] = [
      ["Put Blob", () => block.upload("x", 1, { conditions: stale })],
      ["Put Block List", () => block.commitBlockList([], { conditions: stale })],
      ["Put Blob of an append blob", () => log.create({ conditions: stale })],
      ["Append Block", () => log.appendBlock("x", 1, { conditions: stale })],
      ["Copy Blob", () => block.syncCopyFromURL(log.url, { conditions: stale })],
      ["Set Blob Metadata", () => block.setMetadata({ a: "1" }, { conditions: stale })],
      ["Set Blob Properties", () => block.setHTTPHeaders({}, { conditions: stale })],
      ["Delete Blob", () => block.delete({ conditions: stale })],
      ["Get Blob", () => block.download(0, undefined, { conditions: stale })],
      ["Get Blob Properties", () => block.getProperties({ conditions: stale })],
    ];
    test.each(calls)("lets %s change and show nothing: 412", async (_call, attempt) => {
      await expect(attempt()).rejects.toMatchObject({ statusCode: 412 });
      expect((await block.downloadToBuffer()).toString()).toBe("first");
    });
  });

  test("If-None-Match * lets no verb replace a blob", async () => {
    const conditions = { ifNoneMatch: "*" };
    for (const attempt of [
      () => block.upload("x", 1, { conditions }),
      () => block.commitBlockList([], { conditions }),
      () => log.create({ conditions }),
      () => block.syncCopyFromURL(log.url, { conditions }),
    ])
      await expect(attempt()).rejects.toMatchObject({ statusCode: 409, code: "BlobAlreadyExists" });
  });

  describe("a Content-MD5", () => {
    test("is checked for every block, and a wrong one stages nothing", async () => {
      await block.stageBlock(BLOCK, "one", 3, { transactionalContentMD5: md5("one") });
      const wrong = block.stageBlock(BLOCK, "two", 3, { transactionalContentMD5: md5("three") });
      await expect(wrong).rejects.toMatchObject({ statusCode: 400 });
      if (isOurs) await expect(wrong).rejects.toMatchObject({ code: "Md5Mismatch" });
      await block.commitBlockList([BLOCK]);
      expect((await block.downloadToBuffer()).toString()).toBe("one");
    });

    test("is checked for every appended block, and a wrong one appends nothing", async () => {
      await log.appendBlock("one", 3, { transactionalContentMD5: md5("one") });
      await expect(
        log.appendBlock("two", 3, { transactionalContentMD5: md5("three") }),
      ).rejects.toMatchObject({ statusCode: 400 });
      expect((await log.downloadToBuffer()).toString()).toBe("one");
    });

    test("of a file too large for memory is checked too", async () => {
      const content = randomBytes(200_000);
      await expect(
        block.upload(content, content.length, { blobHTTPHeaders: { blobContentMD5: md5("other") } }),
      ).rejects.toMatchObject({ statusCode: 400 });
      expect((await block.downloadToBuffer()).toString()).toBe("first");
    });

    test("that is none is refused with InvalidMd5 (Azurite takes it for a wrong one)", async () => {
      const response = await fetch(`${container.url}/new?${sas("w")}`, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob", "Content-MD5": "abc" },
        body: "x",
      });
      expect(response.status).toBe(400);
      if (isOurs) expect(response.headers.get("x-ms-error-code")).toBe("InvalidMd5");
    });
  });

  describe("an append", () => {
    test("beyond the size that the writer allows is refused with MaxBlobSizeConditionNotMet", async () => {
      await log.appendBlock("12345", 5, { conditions: { maxSize: 5 } });
      await expect(log.appendBlock("6", 1, { conditions: { maxSize: 5 } })).rejects.toMatchObject({
        statusCode: 412,
        code: "MaxBlobSizeConditionNotMet",
      });
      expect((await log.getProperties()).contentLength).toBe(5);
    });

    test("raced by another at one position lets one through", async () => {
      const conditions = { appendPosition: 0 };
      const both = await Promise.allSettled(
        ["a", "b"].map((text) => log.appendBlock(text, 1, { conditions })),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect((await log.getProperties()).contentLength).toBe(1);
    });
  });

  describe("the source of a copy", () => {
    test("that is another version than the caller means is refused with 412 (Azurite: 304), and nothing is copied", async () => {
      const target = container.getBlockBlobClient("target");
      const { etag } = await block.getProperties();
      const copy = (sourceConditions: Record<string, string>): Promise<unknown> =>
        target.syncCopyFromURL(`${block.url}?${sas("r")}`, { sourceConditions });
      await expect(copy({ ifMatch: '"0x1"' })).rejects.toMatchObject({ statusCode: 412 });
      const unchanged = isOurs ? { statusCode: 412, code: "SourceConditionNotMet" } : { statusCode: 304 };
      await expect(copy({ ifNoneMatch: etag! })).rejects.toMatchObject(unchanged);
      expect(await target.exists()).toBe(false);
      await copy({ ifMatch: etag! });
      expect((await target.downloadToBuffer()).toString()).toBe("first");
    });
  });

  describe("the MD5 of a range", () => {
    test("is told when it is asked for", async () => {
      const { contentMD5 } = await block.download(1, 3, { rangeGetContentMD5: true });
      expect(Buffer.from(contentMD5!)).toEqual(md5("irs"));
    });

    test("of more than 4 MB, or of no range, is refused (Azurite tells it)", async () => {
      if (!isOurs) return;
      const large = Buffer.alloc(4 * 1024 * 1024 + 1);
      await block.upload(large, large.length);
      for (const range of [{ "x-ms-range": `bytes=0-${large.length - 1}` }, {}])
        expect(
          (
            await fetch(`${block.url}?${sas("r")}`, {
              headers: { ...range, "x-ms-range-get-content-md5": "true" },
            })
          ).status,
        ).toBe(400);
    });
  });

  describe("block lists", () => {
    test("name committed, uncommitted or all blocks, as asked", async () => {
      const second = Buffer.from("block-2").toString("base64");
      await block.stageBlock(BLOCK, "one", 3);
      await block.commitBlockList([BLOCK]);
      await block.stageBlock(second, "two!", 4);
      const sizes = async (kind: "all" | "committed" | "uncommitted"): Promise<unknown[]> => {
        const list = await block.getBlockList(kind);
        return [
          list.committedBlocks?.map(({ size }) => size),
          list.uncommittedBlocks?.map(({ size }) => size),
        ];
      };
      expect(await sizes("all")).toEqual([[3], [4]]);
      expect((await sizes("committed"))[0]).toEqual([3]);
      expect((await sizes("uncommitted"))[1]).toEqual([4]);
    });

    test("a block staged twice counts as it was staged last", async () => {
      await block.stageBlock(BLOCK, "old", 3);
      await block.stageBlock(BLOCK, "newer", 5);
      await block.commitBlockList([BLOCK, BLOCK]);
      expect((await block.downloadToBuffer()).toString()).toBe("newernewer");
    });
  });

  test("a list tells how a blob came by copying, when asked", async () => {
    const copy = container.getBlobClient("copy");
    await copy.syncCopyFromURL(block.url);
    const found: BlobItem[] = [];
    for await (const item of container.listBlobsFlat({ includeCopy: true, prefix: "copy" })) found.push(item);
    expect(found).toMatchObject([{ properties: { copyStatus: "success", copySource: block.url } }]);
  });

  function sas(permissions: string): string {
    const credential = new StorageSharedKeyCredential(backend.account, backend.key);
    return generateBlobSASQueryParameters(
      {
        containerName: container.containerName,
        permissions: ContainerSASPermissions.parse(permissions),
        expiresOn: new Date(Date.now() + 60_000),
      },
      credential,
    ).toString();
  }
});
