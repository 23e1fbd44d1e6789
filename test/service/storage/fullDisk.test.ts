/** A full disk: what does not fit is refused in Azure's shape, nothing is half made, and freed space is enough. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, describe, expect, test } from "@jest/globals";

import { SmallDisk } from "../host/smallDisk";
import { openTestStorage } from "./openTestStorage";
import { ServingProcess } from "./servingProcess";

const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
const disk = SmallDisk.mount(folder, 4);
afterAll(() => {
  disk?.unmount();
  rmSync(folder, { recursive: true });
});

const why = disk === null ? " (skipped: only root on Linux can mount a small disk)" : "";
const onSmallDisk = disk === null ? test.skip : test;

describe("on a full disk", () => {
  onSmallDisk(`rows and blobs are refused with 500, whole, and space freed is enough${why}`, async () => {
    const dataDir = join(folder, "storage");
    const key = randomBytes(64).toString("base64");
    const serving = await ServingProcess.start(dataDir, key);
    const table = TableClient.fromConnectionString(serving.connectionString, "rows", {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
    });
    const container = BlobServiceClient.fromConnectionString(serving.connectionString, {
      retryOptions: { maxTries: 1 },
    }).getContainerClient("data");
    const insert = (rowKey: string): Promise<unknown> =>
      table.createEntity({ partitionKey: "p", rowKey, text: "x".repeat(30_000) });
    try {
      await table.createTable();
      await container.create();
      await container.uploadBlockBlob("kept", "before", 6);
      await insert("before");
      disk?.fill(1_000_000);

      const answered: string[] = ["before"];
      let refused: unknown;
      for (let number = 0; refused === undefined; number++)
        await insert(`row ${number}`).then(
          () => answered.push(`row ${number}`),
          (error: unknown) => (refused = error),
        );
      expect(refused).toMatchObject({
        statusCode: 500,
        details: {
          odataError: {
            code: "InternalError",
            message: { value: expect.stringContaining("The disk that holds the local storage is full") },
          },
        },
      });
      const big = Buffer.alloc(2_000_000);
      await expect(container.uploadBlockBlob("big", big, big.length)).rejects.toMatchObject({
        statusCode: 500,
        code: "InternalError",
        message: expect.stringContaining("is full"),
      });
      expect(await serving.ask("health")).toEqual([expect.stringContaining("the disk is full")]);
      expect(await readdir(join(dataDir, "incoming"))).toEqual([]);
      expect(await readdir(join(dataDir, "content"))).toEqual([]);
      expect((await container.getBlobClient("kept").downloadToBuffer()).toString()).toBe("before");

      disk?.free();
      await insert("after");
      await container.uploadBlockBlob("big", big.subarray(0, 1_000_000), 1_000_000);
      expect(await serving.ask("health")).toEqual([]);
      const found: string[] = [];
      for await (const { rowKey = "" } of table.listEntities()) found.push(rowKey);
      expect(found.sort()).toEqual([...answered, "after"].sort());
    } finally {
      await serving.kill();
    }
    const again = await openTestStorage(dataDir, key);
    expect(again.storage.health()).toEqual([]);
    await again.close();
  });
});
