/** Large blobs: streamed through the storage, never held by it. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

import { BlobServiceClient, type BlockBlobClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { ServingProcess } from "./servingProcess";

const MB = 1024 * 1024;
const PIECE = randomBytes(MB);
/** How much the process may grow beyond what a body of WARM_MB took it to. */
const ALLOWED_GROWTH = 64 * MB;
const WARM_MB = 24;
const LARGE_MB = 300;

let dataDir: string;
let serving: ServingProcess | undefined;
let container: ContainerClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "large-"));
  const key = randomBytes(64).toString("base64");
  serving = await ServingProcess.start(dataDir, key);
  container = BlobServiceClient.fromConnectionString(serving.connectionString).getContainerClient("data");
  await container.create();
});
afterAll(async () => {
  await serving?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

async function peakMemory(): Promise<number> {
  return serving!.ask("peak");
}

/** A body of whole megabytes that is made as it is read. */
function body(megabytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let index = 0; index < megabytes; index++) yield PIECE;
    })(),
    { objectMode: false },
  );
}

function digestOf(megabytes: number): string {
  const digest = createHash("sha1");
  for (let index = 0; index < megabytes; index++) digest.update(PIECE);
  return digest.digest("hex");
}

/** Of 16 MB from `offset` on. */
function digestOfRange(offset: number): string {
  const turned = Buffer.concat([PIECE.subarray(offset % MB), PIECE.subarray(0, offset % MB)]);
  const digest = createHash("sha1");
  for (let index = 0; index < 16; index++) digest.update(turned);
  return digest.digest("hex");
}

async function downloadDigest(blob: BlockBlobClient): Promise<string> {
  const digest = createHash("sha1");
  const { readableStreamBody } = await blob.download();
  for await (const part of readableStreamBody!) digest.update(part as Buffer);
  return digest.digest("hex");
}

async function putAndGet(name: string, megabytes: number): Promise<void> {
  const whole = container.getBlockBlobClient(name);
  await whole.upload(() => body(megabytes), megabytes * MB);
  expect(await downloadDigest(whole)).toBe(digestOf(megabytes));
}

test("a blob of 300 MB goes in with one call and comes out while the process stays small", async () => {
  await putAndGet("warm", WARM_MB);
  const before = await peakMemory();
  await putAndGet("large", LARGE_MB);
  expect((await peakMemory()) - before).toBeLessThan(ALLOWED_GROWTH);
}, 180_000);

test("ranges of a large blob are right for many readers at once although it is replaced meanwhile", async () => {
  const blob = container.getBlockBlobClient("ranged");
  await blob.upload(() => body(LARGE_MB), LARGE_MB * MB);
  const before = await peakMemory();
  const offsets = Array.from({ length: 12 }, (_, index) => index * (20 * MB + 1_001));
  const answers = await Promise.all(offsets.map((offset) => blob.download(offset, 16 * MB)));
  await blob.upload("replaced", 8);
  const digests = answers.map(async ({ readableStreamBody }) => {
    const digest = createHash("sha1");
    for await (const part of readableStreamBody!) digest.update(part as Buffer);
    return digest.digest("hex");
  });
  expect(await Promise.all(digests)).toEqual(offsets.map(digestOfRange));
  expect((await peakMemory()) - before).toBeLessThan(ALLOWED_GROWTH);
}, 180_000);

test("a blob of staged blocks is put together and copied while the process stays small", async () => {
  const staged = container.getBlockBlobClient("staged");
  const before = await peakMemory();
  await staged.uploadStream(body(64), 8 * MB, 2);
  const copy = container.getBlockBlobClient("copy");
  await copy.syncCopyFromURL(staged.url);
  expect(await downloadDigest(copy)).toBe(digestOf(64));
  expect((await peakMemory()) - before).toBeLessThan(ALLOWED_GROWTH);
}, 120_000);
