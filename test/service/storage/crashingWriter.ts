/**
 * A process that opens a storage and writes until it is killed. Every answered write is one line on stdout, printed
 * after the client got the answer; what is printed must survive.
 */
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";

import { openStorage } from "../../../src/host/storage/openStorage";

export async function writeUntilKilled(dataDir: string, key: string, round: string): Promise<void> {
  const options = { dataDir, account: "sluice", key, blobPort: 0, tablePort: 0, log: () => undefined };
  const storage = await openStorage(options);
  const table = TableClient.fromConnectionString(storage.connectionString, "rows", {
    allowInsecureConnection: true,
  });
  const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
    "blobs",
  );
  await table.createTable();
  await container.createIfNotExists();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const insert = async (number: number): Promise<void> => {
    await table.createEntity({ partitionKey: "row", rowKey: `${round}-${number}`, number });
    say(`row ${round}-${number}`);
  };
  const batch = async (number: number): Promise<void> => {
    const partitionKey = `batch-${round}-${number}`;
    await table.submitTransaction(
      Array.from({ length: 20 }, (_, index) => ["create", { partitionKey, rowKey: String(index) }]),
    );
    say(`batch ${partitionKey}`);
  };
  const put = async (number: number): Promise<void> => {
    const size = [10, 60_000, 200_000][number % 3] ?? 10;
    const name = `${round}-${number}-${size}`;
    await container.uploadBlockBlob(name, Buffer.alloc(size, number % 251), size);
    say(`blob ${name}`);
  };
  const log = container.getAppendBlobClient(`log-${round}`);
  await log.create();
  const append = async (number: number): Promise<void> => {
    await log.appendBlock(`${number}\n`, Buffer.byteLength(`${number}\n`));
    say(`append ${round} ${number}`);
  };
  for (const write of [insert, insert, batch, put, put, append]) void forever(write);
}

const counters = new Map<unknown, number>();

async function forever(write: (number: number) => Promise<void>): Promise<void> {
  for (;;) {
    const number = counters.get(write) ?? 0;
    counters.set(write, number + 1);
    await write(number);
  }
}
