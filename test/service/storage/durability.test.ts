/** What an answer promises: the write is there after the process died at any moment. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TableClient } from "@azure/data-tables";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { openTestStorage } from "./openTestStorage";

let dataDir: string;
const key = randomBytes(64).toString("base64");

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "durable-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Lets the writer answer `answers` writes, kills it, and gives the lines it had printed. */
function writeAndKill(round: string, answers: number): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [require.resolve("./crashingWriterMain.cjs"), dataDir, key, round],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.split("\n").length > answers) child.kill("SIGKILL");
    });
    child.once("close", () => resolve(text.split("\n").slice(0, -1)));
  });
}

interface Received {
  readonly server: Server;
  readonly endpoint: string;
  readonly subjects: Set<string>;
}

async function openReceiver(): Promise<Received> {
  const subjects = new Set<string>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const [event] = JSON.parse(Buffer.concat(parts).toString()) as [
        { subject: string; data: { validationCode?: string } },
      ];
      if (event.data.validationCode === undefined) subjects.add(event.subject);
      response.end(JSON.stringify({ validationResponse: event.data.validationCode }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, subjects };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("after kill -9", () => {
  test("every answered row, batch, blob and append is there, nothing is torn, and every blob raises its event", async () => {
    const receiver = await openReceiver();
    const subscription = {
      name: "app",
      endpoint: receiver.endpoint,
      eventTypes: ["Microsoft.Storage.BlobCreated"],
    };
    const first = await openTestStorage(dataDir, key);
    await first.storage.subscribe(subscription);
    await first.close();
    const lines: string[] = [];
    for (const [index, answers] of [40, 150, 90].entries())
      lines.push(...(await writeAndKill(`r${index}`, answers)));

    const { storage, close } = await openTestStorage(dataDir, key);
    try {
      expect(storage.health()).toEqual([]);
      const table = TableClient.fromConnectionString(storage.connectionString, "rows", {
        allowInsecureConnection: true,
      });
      const partitions = new Map<string, Set<string>>();
      for await (const { partitionKey = "", rowKey = "" } of table.listEntities())
        partitions.set(partitionKey, (partitions.get(partitionKey) ?? new Set()).add(rowKey));
      const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
        "blobs",
      );
      const answered = (kind: string): string[] =>
        lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));

      for (const row of answered("row")) expect(partitions.get("row")).toContain(row);
      for (const batch of answered("batch")) expect(partitions.get(batch)?.size).toBe(20);
      for (const [partition, rows] of partitions) if (partition !== "row") expect(rows.size).toBe(20);

      const stored = await checkBlobs(container);
      for (const blob of answered("blob")) expect(stored).toContain(blob);
      for (const line of answered("append")) {
        const [round = "", number = ""] = line.split(" ");
        const log = (await container.getBlobClient(`log-${round}`).downloadToBuffer()).toString().split("\n");
        expect(log).toContain(number);
      }

      await storage.subscribe(subscription);
      await until(() =>
        stored.every((blob) => receiver.subjects.has(`/blobServices/default/containers/blobs/blobs/${blob}`)),
      );
    } finally {
      await close();
      receiver.server.close();
    }
  });

  /** Reads every blob whole; the name tells its length, every byte must be the same. */
  async function checkBlobs(container: ContainerClient): Promise<string[]> {
    const found: string[] = [];
    for await (const { name, properties } of container.listBlobsFlat()) {
      found.push(name);
      const bytes = await container.getBlobClient(name).downloadToBuffer();
      expect(bytes.length).toBe(properties.contentLength);
      if (name.startsWith("log-")) continue;
      expect(bytes.length).toBe(Number(name.split("-")[2]));
      expect(bytes.equals(Buffer.alloc(bytes.length, bytes[0]))).toBe(true);
    }
    return found;
  }
});

describe("at open", () => {
  test("a file that no blob names, left by a crash before its commit, is removed", async () => {
    await (await openTestStorage(dataDir, key)).close();
    await writeFile(join(dataDir, "content", "orphan"), "bytes of nobody");
    await writeFile(join(dataDir, "incoming", "half"), "half");
    const { close } = await openTestStorage(dataDir, key);
    expect(await readdir(join(dataDir, "content"))).toEqual([]);
    expect(await readdir(join(dataDir, "incoming"))).toEqual([]);
    await close();
  });

  test("files of overwritten and deleted blobs do not stay", async () => {
    const first = await openTestStorage(dataDir, key);
    const service = BlobServiceClient.fromConnectionString(first.storage.connectionString);
    const container = service.getContainerClient("data");
    await container.create();
    const big = Buffer.alloc(100_000);
    for (let round = 0; round < 3; round++) await container.uploadBlockBlob("a", big, big.length);
    await container.uploadBlockBlob("b", big, big.length);
    await container.deleteBlob("b");
    await first.close();
    const second = await openTestStorage(dataDir, key);
    expect(await readdir(join(dataDir, "content"))).toHaveLength(1);
    await second.close();
  });

  test("a missing content file is named by health, and the rest is served", async () => {
    const first = await openTestStorage(dataDir, key);
    const container = BlobServiceClient.fromConnectionString(
      first.storage.connectionString,
    ).getContainerClient("data");
    await container.create();
    await container.uploadBlockBlob("big", Buffer.alloc(100_000), 100_000);
    await first.close();
    const [file = ""] = await readdir(join(dataDir, "content"));
    await rm(join(dataDir, "content", file));
    const second = await openTestStorage(dataDir, key);
    expect(second.storage.health()).toEqual([expect.stringContaining(file)]);
    await second.close();
  });

  test("a store that is no store is refused with one sentence that names the file", async () => {
    await writeFile(join(dataDir, "storage.mdb"), randomBytes(64 * 1024));
    await expect(openTestStorage(dataDir, key)).rejects.toThrow(/The local storage at .*storage\.mdb/);
  });
});
