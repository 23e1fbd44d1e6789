/** Rows and blobs under the harness, written through the official clients without any retry of theirs. */
import type { TransactionAction } from "@azure/data-tables";
import { createHash } from "node:crypto";
import type { Access } from "./killableHost";
import type { LoadRecord } from "./loadRecord";
import { Register } from "./register";
import type { SeededDice } from "./seededDice";

const hotKeys = 5;

function registerOf(registers: Map<string, Register<string | null>>, key: string): Register<string | null> {
  const register = registers.get(key) ?? new Register<string | null>(null);
  registers.set(key, register);
  return register;
}

/** A new row, a new value of a row that is often written, a removal, or a batch. */
export async function writeRow({ table }: Access, record: LoadRecord, dice: SeededDice): Promise<void> {
  const { rows } = record;
  const value = `value ${dice.below(2 ** 31)}`;
  const thrown = dice.below(10);
  if (thrown < 2) return writeBatch({ table }, record, dice);
  if (thrown < 4) {
    const key = `hot-${dice.below(hotKeys)}`;
    return registerOf(rows, key).set(value, async () => {
      await table.upsertEntity({ partitionKey: "rows", rowKey: key, value }, "Replace");
    });
  }
  const written = `row-${dice.below(rows.size + 1)}`;
  const register = rows.get(written);
  if (thrown === 4 && register?.possible.length === 1 && !register.mayHold(null)) {
    return register.set(null, async () => {
      await table.deleteEntity("rows", written);
    });
  }
  const key = `row-${rows.size}`;
  return registerOf(rows, key).set(value, async () => {
    await table.createEntity({ partitionKey: "rows", rowKey: key, value });
  });
}

async function writeBatch(
  { table }: Pick<Access, "table">,
  { batches }: LoadRecord,
  dice: SeededDice,
): Promise<void> {
  const partition = `batch-${batches.size}`;
  const keys = Array.from({ length: 2 + dice.below(5) }, (_, n) => String(n));
  const batch = { keys, isAccepted: false };
  batches.set(partition, batch);
  await table.submitTransaction(
    keys.map((rowKey): TransactionAction => ["create", { partitionKey: partition, rowKey, value: rowKey }]),
  );
  batch.isAccepted = true;
}

export function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A new blob or a new content of one that is often written, in one piece or as a list of blocks. */
export async function writeBlob({ container }: Access, record: LoadRecord, dice: SeededDice): Promise<void> {
  const name = dice.chance(0.3) ? `hot-${dice.below(hotKeys)}` : `blob-${record.blobs.size}`;
  const content = Buffer.alloc(1 + dice.below(dice.chance(0.2) ? 200_000 : 2_000), `${dice.below(2 ** 31)} `);
  const client = container.getBlockBlobClient(name);
  await registerOf(record.blobs, name).set(hashOf(content), async () => {
    const { etag } = dice.chance(0.3)
      ? await putBlocks(client, content)
      : await client.upload(content, content.length);
    record.blobWrites.add(`${name} ${etag ?? "without an ETag"}`);
  });
}

async function putBlocks(
  client: ReturnType<Access["container"]["getBlockBlobClient"]>,
  content: Buffer,
): Promise<{ readonly etag?: string }> {
  const middle = Math.floor(content.length / 2);
  const parts = [content.subarray(0, middle), content.subarray(middle)].filter(({ length }) => length > 0);
  const ids = parts.map((_, n) => Buffer.from(`block-${n}`).toString("base64"));
  for (const [n, part] of parts.entries()) await client.stageBlock(ids[n]!, part, part.length);
  return client.commitBlockList(ids);
}
