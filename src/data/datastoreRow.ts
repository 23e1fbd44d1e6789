/** Rows of registered datastores. Table `Datastores`, partition `registered`, row key: the name. */
import { z } from "zod";
import type { DatastoreDetails } from "./datastores";

export const datastorePartition = "registered";

export interface StoredDatastore {
  readonly details: DatastoreDetails;
  /** Sealed (`secretBox.ts`); null = the credential needs none. */
  readonly secret: string | null;
  readonly etag: string;
}

const credentialKinds = ["accountKey", "sas", "identity"] as const;

const row = z.object({
  rowKey: z.string(),
  etag: z.string(),
  accountName: z.string(),
  containerName: z.string(),
  containerUrl: z.string(),
  credentialKind: z.enum(credentialKinds),
  secret: z.string().optional(),
  hasBeenValidated: z.boolean(),
  tags: z.string(),
});

const texts = z.record(z.string(), z.string());

export function encodeDatastoreRow(
  {
    name,
    accountName,
    containerName,
    containerUrl,
    credentialKind,
    hasBeenValidated,
    tags,
  }: DatastoreDetails,
  secret: string | null,
): { partitionKey: string; rowKey: string } & Record<string, string | boolean> {
  return {
    partitionKey: datastorePartition,
    rowKey: name,
    accountName,
    containerName,
    containerUrl,
    credentialKind,
    hasBeenValidated,
    tags: JSON.stringify(tags),
    ...(secret === null ? {} : { secret }),
  };
}

export function decodeDatastoreRow(entity: unknown): StoredDatastore {
  const { rowKey, etag, secret, tags, ...rest } = row.parse(entity);
  const details = {
    ...rest,
    name: rowKey,
    kind: "AzureBlob" as const,
    tags: texts.parse(JSON.parse(tags)),
    isBuiltIn: false,
  };
  return { details, secret: secret ?? null, etag };
}
