/**
 * What the storage holds against what it acknowledged.
 *
 * 1. A row or blob holds its last acknowledged value, or one of those tried since.
 * 2. A batch is there whole or not at all, and an acknowledged one is there.
 */
import { RestError } from "@azure/storage-blob";
import type { Access } from "./killableHost";
import type { LoadRecord } from "./loadRecord";
import { hashOf } from "./storageLoad";

export async function checkStorage(access: Access, record: LoadRecord): Promise<string[]> {
  return [...(await checkRows(access, record)), ...(await checkBlobs(access, record))];
}

async function checkRows({ table }: Access, { rows, batches }: LoadRecord): Promise<string[]> {
  const stored = new Map<string, string>();
  for await (const { partitionKey, rowKey, value } of table.listEntities<{ value: string }>())
    stored.set(`${partitionKey ?? ""} ${rowKey ?? ""}`, value);
  const wrongRows = [...rows].flatMap(([key, register]) => {
    const value = stored.get(`rows ${key}`) ?? null;
    return register.mayHold(value) ? [] : [wrong("row", key, value, register.possible)];
  });
  const wrongBatches = [...batches].flatMap(([partition, { keys, isAccepted }]) => {
    const present = keys.filter((key) => stored.has(`${partition} ${key}`)).length;
    const isRight = present === keys.length || (present === 0 && !isAccepted);
    const said = isAccepted ? "acknowledged" : "cut-short";
    return isRight ? [] : [`the ${said} ${partition} has ${present} of its ${keys.length} rows`];
  });
  return [...wrongRows, ...wrongBatches];
}

async function checkBlobs({ container }: Access, { blobs }: LoadRecord): Promise<string[]> {
  const violations: string[] = [];
  for (const [name, register] of blobs) {
    const hash = await readHash(container, name);
    if (!register.mayHold(hash)) violations.push(wrong("blob", name, hash, register.possible));
  }
  return violations;
}

async function readHash(container: Access["container"], name: string): Promise<string | null> {
  try {
    return hashOf(await container.getBlobClient(name).downloadToBuffer());
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return null;
    throw error;
  }
}

function wrong(
  what: string,
  key: string,
  value: string | null,
  possible: readonly (string | null)[],
): string {
  const wanted = possible.map((each) => each ?? "nothing").join(" or ");
  return `${what} ${key} holds ${value ?? "nothing"} instead of ${wanted}`;
}

/** The final ETag of every blob there is, acknowledged or not: each of them was committed, so each raised its event. */
export async function committedWrites({ container }: Access): Promise<string[]> {
  const writes: string[] = [];
  for await (const { name, properties } of container.listBlobsFlat())
    writes.push(`${name} "${properties.etag.replaceAll('"', "")}"`);
  return writes;
}
