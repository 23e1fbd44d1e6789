/** The Blob contract, held against our storage and against Azurite. A title names what deviates, and who. */
import { createHash, randomBytes } from "node:crypto";

import {
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type BlobItem,
  type ContainerClient,
} from "@azure/storage-blob";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { BACKENDS, startBackend, type Backend } from "./backends";

describe.each(BACKENDS)("Blob contract on %s", (name) => {
  let backend: Backend;
  let service: BlobServiceClient;
  let container: ContainerClient;
  let credential: StorageSharedKeyCredential;
  let count = 0;

  beforeAll(async () => {
    backend = await startBackend(name);
    service = BlobServiceClient.fromConnectionString(backend.connectionString, {
      retryOptions: { maxTries: 1 },
    });
    credential = new StorageSharedKeyCredential(backend.account, backend.key);
  });
  afterAll(() => backend.stop());
  beforeEach(async () => {
    container = service.getContainerClient(`data-${++count}`);
    await container.create();
  });

  async function upload(blob: string, content: string | Buffer): Promise<string> {
    return (await container.uploadBlockBlob(blob, content, Buffer.byteLength(content))).response.etag ?? "";
  }

  async function textOf(blob: string): Promise<string> {
    return (await container.getBlobClient(blob).downloadToBuffer()).toString();
  }

  function sas(permissions: string, blobName?: string): string {
    return generateBlobSASQueryParameters(
      {
        containerName: container.containerName,
        ...(blobName === undefined
          ? { permissions: ContainerSASPermissions.parse(permissions) }
          : { blobName, permissions: BlobSASPermissions.parse(permissions) }),
        expiresOn: new Date(Date.now() + 60_000),
        protocol: SASProtocol.HttpsAndHttp,
      },
      credential,
    ).toString();
  }

  describe("containers", () => {
    test("are created once, listed by prefix, described and deleted", async () => {
      await expect(container.create()).rejects.toMatchObject({
        statusCode: 409,
        code: "ContainerAlreadyExists",
      });
      const names: string[] = [];
      for await (const one of service.listContainers({ prefix: container.containerName }))
        names.push(one.name);
      expect(names).toEqual([container.containerName]);
      await container.setMetadata({ owner: "me" });
      expect((await container.getProperties()).metadata).toEqual({ owner: "me" });
      await container.delete();
      expect(await container.exists()).toBe(false);
      await expect(upload("a", "x")).rejects.toMatchObject({ statusCode: 404, code: "ContainerNotFound" });
    });

    test("a new container of a deleted one's name is empty", async () => {
      await upload("left", "x");
      await container.delete();
      await container.create();
      expect(await names()).toEqual([]);
    });

    test("an invalid name is refused", async () => {
      await expect(service.createContainer("Bad_Name")).rejects.toMatchObject({ statusCode: 400 });
    });
  });

  describe("block blobs", () => {
    test("come back with their bytes, headers and metadata", async () => {
      const content = randomBytes(1000);
      const md5 = createHash("md5").update(content).digest();
      await container.getBlockBlobClient("folder/a b%+ü.txt").upload(content, content.length, {
        blobHTTPHeaders: {
          blobContentType: "text/csv",
          blobContentLanguage: "de",
          blobCacheControl: "no-store",
          blobContentDisposition: "attachment",
        },
        metadata: { one: "1", two: "zwei" },
      });
      const blob = container.getBlobClient("folder/a b%+ü.txt");
      expect((await blob.downloadToBuffer()).equals(content)).toBe(true);
      const properties = await blob.getProperties();
      expect(properties).toMatchObject({
        contentLength: 1000,
        contentType: "text/csv",
        contentLanguage: "de",
        cacheControl: "no-store",
        contentDisposition: "attachment",
        metadata: { one: "1", two: "zwei" },
        blobType: "BlockBlob",
        acceptRanges: "bytes",
        leaseState: "available",
      });
      expect(Buffer.from(properties.contentMD5!)).toEqual(md5);
      expect(properties.etag).toMatch(/^"0x[0-9A-F]+"$/);
      expect(properties.createdOn).toBeInstanceOf(Date);
    });

    test.each([0, 1, 65_536, 65_537, 3_000_000])("of %d bytes come back whole", async (size) => {
      const content = randomBytes(size);
      await upload("sized", content);
      const blob = container.getBlobClient("sized");
      expect((await blob.getProperties()).contentLength).toBe(size);
      const download = await blob.download();
      const parts: Buffer[] = [];
      for await (const part of download.readableStreamBody!) parts.push(part as Buffer);
      expect(Buffer.concat(parts).equals(content)).toBe(true);
    });

    test("an overwrite replaces content, metadata and ETag", async () => {
      const first = await container.uploadBlockBlob("a", "first", 5, { metadata: { old: "1" } });
      const second = await container.uploadBlockBlob("a", "second!", 7);
      expect(second.response.etag).not.toBe(first.response.etag);
      expect(await textOf("a")).toBe("second!");
      expect((await container.getBlobClient("a").getProperties()).metadata).toEqual({});
    });

    test("a wrong Content-MD5 is refused and nothing is stored (Azurite names it InvalidOperation)", async () => {
      const wrong = createHash("md5").update("other").digest();
      const client = container.getBlockBlobClient("a");
      await expect(
        client.upload("content", 7, { blobHTTPHeaders: { blobContentMD5: wrong } }),
      ).rejects.toMatchObject({
        statusCode: 400,
        code: name === "Azurite" ? "InvalidOperation" : "Md5Mismatch",
      });
      expect(await client.exists()).toBe(false);
    });

    test("ranges give their part and its place; one behind the end is 416 InvalidRange (Azurite allows the end itself)", async () => {
      await upload("r", "0123456789");
      const part = await container.getBlobClient("r").download(2, 3);
      expect(part).toMatchObject({ contentLength: 3, contentRange: "bytes 2-4/10" });
      expect((await container.getBlobClient("r").downloadToBuffer(2, 3)).toString()).toBe("234");
      expect((await container.getBlobClient("r").download(8, 100)).contentRange).toBe("bytes 8-9/10");
      await expect(
        container.getBlobClient("r").download(name === "Azurite" ? 11 : 10, 1),
      ).rejects.toMatchObject({
        statusCode: 416,
        code: "InvalidRange",
      });
    });

    test("ranges of a large blob cross chunks", async () => {
      const content = randomBytes(400_000);
      const client = container.getBlockBlobClient("l");
      await client.uploadData(content, { blockSize: 70_000, maxSingleShotSize: 1_000 });
      const part = await client.downloadToBuffer(69_990, 200_020);
      expect(part.equals(content.subarray(69_990, 270_010))).toBe(true);
    });

    test("a missing blob is BlobNotFound on read and delete", async () => {
      const missing = { statusCode: 404, code: "BlobNotFound" };
      await expect(container.getBlobClient("none").download()).rejects.toMatchObject(missing);
      await expect(container.getBlobClient("none").delete()).rejects.toMatchObject(missing);
    });

    test("metadata and headers change without changing the content, with a new ETag", async () => {
      const before = await upload("a", "x");
      const blob = container.getBlobClient("a");
      const { etag } = await blob.setMetadata({ n: "1" });
      expect(etag).not.toBe(before);
      await blob.setHTTPHeaders({ blobContentType: "text/plain" });
      expect(await blob.getProperties()).toMatchObject({ metadata: { n: "1" }, contentType: "text/plain" });
      expect(await textOf("a")).toBe("x");
    });
  });

  describe("conditions", () => {
    test("If-None-Match * lets only the first of two creators through", async () => {
      const create = (): Promise<unknown> =>
        container.uploadBlockBlob("claim", "x", 1, { conditions: { ifNoneMatch: "*" } });
      await create();
      await expect(create()).rejects.toMatchObject({ statusCode: 409, code: "BlobAlreadyExists" });
    });

    test("a write with a stale ETag is 412 ConditionNotMet", async () => {
      const stale = await upload("a", "1");
      await upload("a", "2");
      const refused = { statusCode: 412, code: "ConditionNotMet" };
      const conditions = { ifMatch: stale };
      await expect(container.uploadBlockBlob("a", "3", 1, { conditions })).rejects.toMatchObject(refused);
      await expect(container.getBlobClient("a").delete({ conditions })).rejects.toMatchObject(refused);
      expect(await textOf("a")).toBe("2");
    });

    test("a read of what the caller has is 304", async () => {
      const ifNoneMatch = await upload("a", "1");
      await expect(
        container.getBlobClient("a").download(0, undefined, { conditions: { ifNoneMatch } }),
      ).rejects.toMatchObject({
        statusCode: 304,
      });
      const ifModifiedSince = new Date(Date.now() + 60_000);
      await expect(
        container.getBlobClient("a").getProperties({ conditions: { ifModifiedSince } }),
      ).rejects.toMatchObject({ statusCode: 304 });
    });

    test("a write to what changed since is 412", async () => {
      await upload("a", "1");
      const conditions = { ifUnmodifiedSince: new Date(Date.now() - 60_000) };
      await expect(container.uploadBlockBlob("a", "2", 1, { conditions })).rejects.toMatchObject({
        statusCode: 412,
      });
    });
  });

  describe("block lists", () => {
    const id = (number: number): string => Buffer.from(`block-${number}`).toString("base64");

    test("join staged and committed blocks in their order", async () => {
      const client = container.getBlockBlobClient("b");
      await client.stageBlock(id(1), "one ", 4);
      await client.stageBlock(id(2), "two ", 4);
      await client.commitBlockList([id(2), id(1)]);
      expect(await textOf("b")).toBe("two one ");
      await client.stageBlock(id(3), "three", 5);
      expect(await client.getBlockList("all")).toMatchObject({
        committedBlocks: [
          { name: id(2), size: 4 },
          { name: id(1), size: 4 },
        ],
        uncommittedBlocks: [{ name: id(3), size: 5 }],
      });
      await client.commitBlockList([id(1), id(3)], { metadata: { m: "1" } });
      expect(await textOf("b")).toBe("one three");
      expect((await client.getProperties()).metadata).toEqual({ m: "1" });
    });

    test("staged blocks are no blob, and an unknown block changes nothing", async () => {
      const client = container.getBlockBlobClient("b");
      await client.stageBlock(id(1), "one", 3);
      expect(await client.exists()).toBe(false);
      await expect(client.commitBlockList([id(1), id(9)])).rejects.toMatchObject({
        statusCode: 400,
        code: "InvalidBlockList",
      });
      expect(await client.exists()).toBe(false);
    });

    test("large blocks survive a recommit that reuses some of them", async () => {
      const client = container.getBlockBlobClient("b");
      const [one, two] = [randomBytes(100_000), randomBytes(100_000)];
      await client.stageBlock(id(1), one, one.length);
      await client.stageBlock(id(2), two, two.length);
      await client.commitBlockList([id(1), id(2)]);
      await client.commitBlockList([id(2)]);
      expect((await client.downloadToBuffer()).equals(two)).toBe(true);
    });
  });

  describe("copies", () => {
    test.each([0, 10, 200_000])(
      "of %d bytes carry content, headers and metadata, and are done at once",
      async (size) => {
        const content = randomBytes(size);
        await container.uploadBlockBlob("from", content, size, {
          blobHTTPHeaders: { blobContentType: "text/csv" },
          metadata: { a: "1" },
        });
        const target = container.getBlobClient("to");
        const result = await (
          await target.beginCopyFromURL(container.getBlobClient("from").url)
        ).pollUntilDone();
        expect(result.copyStatus).toBe("success");
        expect((await target.downloadToBuffer()).equals(content)).toBe(true);
        const properties = await target.getProperties();
        expect(properties).toMatchObject({
          contentType: "text/csv",
          metadata: { a: "1" },
          copyStatus: "success",
        });
        const from = await container.getBlobClient("from").getProperties();
        expect(properties.etag).not.toBe(from.etag);
      },
    );

    test("by URL with a SAS take new metadata, and outlive their source", async () => {
      await upload("from", "text");
      const target = container.getBlobClient("to");
      const source = `${container.getBlobClient("from").url}?${sas("r", "from")}`;
      expect((await target.syncCopyFromURL(source, { metadata: { b: "2" } })).copyStatus).toBe("success");
      await container.deleteBlob("from");
      expect(await textOf("to")).toBe("text");
      expect((await target.getProperties()).metadata).toEqual({ b: "2" });
    });

    test("of a missing source are refused", async () => {
      const missing = container.getBlobClient("none").url;
      await expect(container.getBlobClient("to").beginCopyFromURL(missing)).rejects.toMatchObject({
        statusCode: 404,
      });
    });
  });

  describe("append blobs", () => {
    test("grow at their end, at the position that the writer expects", async () => {
      const client = container.getAppendBlobClient("log");
      await client.create();
      expect(await client.appendBlock("one\n", 4)).toMatchObject({
        blobAppendOffset: "0",
        blobCommittedBlockCount: 1,
      });
      await client.appendBlock("two\n", 4, { conditions: { appendPosition: 4 } });
      await expect(
        client.appendBlock("two\n", 4, { conditions: { appendPosition: 4 } }),
      ).rejects.toMatchObject({
        statusCode: 412,
        code: "AppendPositionConditionNotMet",
      });
      expect(await textOf("log")).toBe("one\ntwo\n");
      expect(await client.getProperties()).toMatchObject({
        blobType: "AppendBlob",
        contentLength: 8,
        blobCommittedBlockCount: 2,
      });
      expect((await client.downloadToBuffer(2, 4)).toString()).toBe("e\ntw");
    });

    test("creation with If-None-Match * keeps what is there", async () => {
      const client = container.getAppendBlobClient("log");
      await client.create();
      await client.appendBlock("kept", 4);
      await client.createIfNotExists();
      expect(await textOf("log")).toBe("kept");
    });

    test("a block blob is not appended to", async () => {
      await upload("a", "x");
      await expect(container.getAppendBlobClient("a").appendBlock("y", 1)).rejects.toMatchObject({
        statusCode: 409,
        code: "InvalidBlobType",
      });
    });
  });

  async function names(prefix?: string): Promise<string[]> {
    const found: string[] = [];
    for await (const one of container.listBlobsFlat(prefix === undefined ? {} : { prefix }))
      found.push(one.name);
    return found;
  }

  describe("lists", () => {
    beforeEach(async () => {
      for (const blob of ["a.txt", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "z & <z>"])
        await upload(blob, blob);
    });

    test("are in name order and narrow to a prefix", async () => {
      expect(await names()).toEqual(["a.txt", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "z & <z>"]);
      expect(await names("dir/")).toEqual(["dir/1", "dir/2", "dir/sub/3"]);
      expect(await names("none")).toEqual([]);
    });

    test("fold what lies below a delimiter", async () => {
      const found: string[] = [];
      for await (const one of container.listBlobsByHierarchy("/")) found.push(`${one.kind} ${one.name}`);
      expect(found.sort()).toEqual(["blob a.txt", "blob z & <z>", "prefix dir/", "prefix dir2/"]);
      const inner: string[] = [];
      for await (const one of container.listBlobsByHierarchy("/", { prefix: "dir/" }))
        inner.push(`${one.kind} ${one.name}`);
      expect(inner.sort()).toEqual(["blob dir/1", "blob dir/2", "prefix dir/sub/"]);
    });

    test("page by marker without losing or repeating a blob", async () => {
      const pages: string[][] = [];
      for await (const page of container.listBlobsFlat().byPage({ maxPageSize: 2 }))
        pages.push(page.segment.blobItems.map((one: BlobItem) => one.name));
      expect(pages.map((page) => page.length)).toEqual([2, 2, 2]);
      expect(pages.flat()).toEqual(await names());
    });

    test("give properties, and metadata when asked", async () => {
      await container.uploadBlockBlob("m", "x", 1, {
        metadata: { k: "v" },
        blobHTTPHeaders: { blobContentType: "text/x" },
      });
      const found: BlobItem[] = [];
      for await (const one of container.listBlobsFlat({ prefix: "m", includeMetadata: true }))
        found.push(one);
      expect(found[0]).toMatchObject({
        name: "m",
        metadata: { k: "v" },
        properties: { contentLength: 1, contentType: "text/x", blobType: "BlockBlob" },
      });
      const { etag } = await container.getBlobClient("m").getProperties();
      expect(found[0]?.properties.etag).toBe(etag?.replaceAll('"', ""));
    });
  });

  describe("by hand with a SAS", () => {
    test("a container SAS reads, writes and lists with plain HTTP (Azurite answers its own version)", async () => {
      const url = `${container.url}/hand.txt?${sas("rwl")}`;
      const put = await fetch(url, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02" },
        body: "by hand",
      });
      expect(put.status).toBe(201);
      expect(put.headers.get("x-ms-version")).toBe(name === "Azurite" ? "2025-11-05" : "2021-12-02");
      expect(put.headers.get("x-ms-request-id")).toBeTruthy();
      expect(await (await fetch(url)).text()).toBe("by hand");
      const list = await fetch(`${container.url}?restype=container&comp=list&${sas("rwl")}`);
      expect(await list.text()).toContain("<Name>hand.txt</Name>");
    });

    test("a blob SAS reaches its blob only, with its permissions only", async () => {
      await upload("mine", "1");
      await upload("other", "2");
      const token = sas("r", "mine");
      expect((await fetch(`${container.url}/mine?${token}`)).status).toBe(200);
      expect((await fetch(`${container.url}/other?${token}`)).status).toBe(403);
      const written = await fetch(`${container.url}/mine?${token}`, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02" },
        body: "x",
      });
      expect(written.status).toBe(403);
      expect(written.headers.get("x-ms-error-code")).toBe("AuthorizationPermissionMismatch");
    });

    test("a refusal is XML with Code and Message", async () => {
      const response = await fetch(`${container.url}/none?${sas("r")}`);
      expect(response.status).toBe(404);
      expect(response.headers.get("x-ms-error-code")).toBe("BlobNotFound");
      expect(await response.text()).toMatch(/<Error>\s*<Code>BlobNotFound<\/Code>\s*<Message>/);
    });
  });
});
