/**
 * What a sweep saw last in a watched folder: one document a watch in the system container,
 * `schedules/<schedule id>/<token of the watch>.json`.
 *
 * Invariant: of two hosts that sweep at once one writes; the other's listing is forgotten, not mixed in.
 */
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import type { ListedBlob } from "./compareListing";

export interface Baseline {
  readonly blobs: readonly ListedBlob[];
  /** Of the document. */
  readonly etag: string;
}

export interface BaselineStore {
  read(scheduleId: string, token: string): Promise<Baseline | undefined>;
  /** Writes over the one that was read, or not at all. */
  write(
    scheduleId: string,
    token: string,
    blobs: readonly ListedBlob[],
    before: Baseline | undefined,
  ): Promise<void>;
  remove(scheduleId: string, token: string): Promise<void>;
}

type Line = readonly [string, string, string, number, number, number, string];

export function openBaselineStore({ workspace }: { readonly workspace: Workspace }): BaselineStore {
  const clientOf = async (scheduleId: string, token: string) =>
    (await systemContainer(workspace)).getBlockBlobClient(`schedules/${scheduleId}/${token}.json`);
  return {
    read: async (scheduleId, token) => {
      const client = await clientOf(scheduleId, token);
      try {
        const { etag = "" } = await client.getProperties();
        const text = await client.downloadToBuffer(0, undefined, { conditions: { ifMatch: etag } });
        return { blobs: decode(text.toString("utf8")), etag };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    write: async (scheduleId, token, blobs, before) => {
      const text = encode(blobs);
      const conditions = before === undefined ? { ifNoneMatch: "*" } : { ifMatch: before.etag };
      try {
        await (await clientOf(scheduleId, token)).upload(text, Buffer.byteLength(text), { conditions });
      } catch (error) {
        if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
      }
    },
    remove: async (scheduleId, token) => {
      await (await clientOf(scheduleId, token)).deleteIfExists();
    },
  };
}

function encode(blobs: readonly ListedBlob[]): string {
  const lines = blobs.map(({ path, etag, md5, size, createdAt, modifiedAt, blobType }): Line => [
    path,
    etag,
    md5,
    size,
    createdAt,
    modifiedAt,
    blobType,
  ]);
  return JSON.stringify(lines);
}

function decode(text: string): readonly ListedBlob[] {
  return (JSON.parse(text) as readonly Line[]).map(
    ([path, etag, md5, size, createdAt, modifiedAt, blobType]) => ({
      path,
      etag,
      md5,
      size,
      createdAt,
      modifiedAt,
      blobType,
    }),
  );
}
