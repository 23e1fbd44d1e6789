/**
 * Rows of registered datasets. Table `Datasets`, three kinds of partition:
 * - `n:<SHA-256 of the name>`: `head` says the id, state and latest version; `v:<descending number>` each version.
 * - `i`: by the id of the registration, the name.
 * - `l`: newest name first, the name.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { DatasetState } from "./datasets";

export interface DatasetHead {
  readonly datasetId: string;
  readonly name: string;
  readonly state: DatasetState;
  readonly latestVersion: number;
  readonly etag: string;
}

export interface DatasetVersion {
  readonly version: number;
  readonly savedId: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

export const headKey = "head";
export const byId = "i";
export const byAge = "l";

export const namePartition = (name: string): string =>
  `n:${createHash("sha256").update(name, "utf8").digest("hex")}`;

/** Descending, so that the newest version comes first. */
export const versionKey = (version: number): string =>
  `v:${String(9_999_999_999 - version).padStart(10, "0")}`;

const head = z.object({
  datasetId: z.string(),
  name: z.string(),
  state: z.enum(["active", "deprecated", "archived"]),
  latestVersion: z.number(),
  etag: z.string(),
});

const version = z.object({
  version: z.number(),
  savedId: z.string(),
  description: z.string(),
  tags: z.string(),
  createdAt: z.string(),
});

const texts = z.record(z.string(), z.string());

export const decodeHead = (row: unknown): DatasetHead => head.parse(row);

export function encodeHead({ datasetId, name, state, latestVersion }: Omit<DatasetHead, "etag">) {
  return { partitionKey: namePartition(name), rowKey: headKey, datasetId, name, state, latestVersion };
}

export function decodeVersion(row: unknown): DatasetVersion {
  const { tags, ...rest } = version.parse(row);
  return { ...rest, tags: texts.parse(JSON.parse(tags)) };
}

export function encodeVersion(name: string, { tags, ...rest }: DatasetVersion) {
  return {
    partitionKey: namePartition(name),
    rowKey: versionKey(rest.version),
    ...rest,
    tags: JSON.stringify(tags),
  };
}
