/**
 * Entities that clients upload once and refer to by id: kept as the text that came, found by id or by the fingerprint
 * that the client computed.
 *
 * Invariants:
 * 1. The document is written first, the row by id second, the row by fingerprint last: what can be found is whole.
 * 2. Nothing ever changes. Two entities may share a fingerprint; the newest answers for it.
 */
import { odata, type TableClient, type TableEntity } from "@azure/data-tables";
import { z } from "zod";
import { readJsonBlob, writeJsonBlob } from "../workspace/jsonBlob";
import { newestFirst } from "../workspace/newestFirst";
import { isConflict, isNotFound } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";

export interface UploadedEntity {
  readonly id: string;
  /** What a client asks with whether it has to upload at all; its own computation. */
  readonly fingerprint: string;
  /** The creation body as JSON text, exactly as it came. */
  readonly text: string;
  readonly createdAt: string;
}

export interface UploadedEntities {
  /** Always a new entity, also when one has the fingerprint already: a client that wants fresh results relies on it. */
  create(request: Pick<UploadedEntity, "fingerprint" | "text">): Promise<UploadedEntity>;
  find(id: string): Promise<UploadedEntity | undefined>;
  findNewest(fingerprint: string): Promise<UploadedEntity | undefined>;
}

/** What a fingerprint may look like, so that it can be a key. v1's are 32 to 129 characters of hex and `_`. */
export const fingerprintPattern = /^[A-Za-z0-9_.-]{1,255}$/;

const document = z.object({
  id: z.string(),
  fingerprint: z.string(),
  text: z.string(),
  createdAt: z.string(),
});
const pointer = z.object({ entityId: z.string() });

interface Place {
  readonly workspace: Workspace;
  readonly tableName: "Modules" | "DataSources";
  /** Folder of the documents in the system container. */
  readonly folder: string;
}

export function createUploadedEntities({ workspace, tableName, folder }: Place): UploadedEntities {
  const table = (): Promise<TableClient> => workspace.table(tableName);
  const documentName = (id: string): string => `${folder}/${id}.json`;
  const find = async (id: string): Promise<UploadedEntity | undefined> => {
    if (!/^[A-Za-z0-9-]{1,64}$/.test(id) || !(await hasRow(await table(), id))) return undefined;
    return document.parse(await readJsonBlob(workspace, documentName(id)));
  };
  return {
    find,

    async create(request) {
      if (!fingerprintPattern.test(request.fingerprint))
        throw new Error("A fingerprint must be fit for a key");
      const entity = {
        ...request,
        id: workspace.ids.newId(),
        createdAt: workspace.clock.now().toISOString(),
      };
      await writeJsonBlob(workspace, documentName(entity.id), entity);
      const rows = await table();
      await insertRow(rows, { partitionKey: `i:${entity.id}`, rowKey: "" });
      const rowKey = `${newestFirst(entity.createdAt)}:${entity.id}`;
      await insertRow(rows, { partitionKey: `f:${entity.fingerprint}`, rowKey, entityId: entity.id });
      return entity;
    },

    async findNewest(fingerprint) {
      if (!fingerprintPattern.test(fingerprint)) return undefined;
      const filter = odata`PartitionKey eq ${`f:${fingerprint}`}`;
      const pages = (await table()).listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: 1 });
      for await (const [row] of pages) {
        if (row !== undefined) return find(pointer.parse(row).entityId);
      }
      return undefined;
    },
  };
}

/** A row that is there already is ours: the client repeats a request whose answer was lost. */
async function insertRow(table: TableClient, row: TableEntity): Promise<void> {
  try {
    await table.createEntity(row);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

async function hasRow(table: TableClient, id: string): Promise<boolean> {
  try {
    await table.getEntity(`i:${id}`, "");
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
