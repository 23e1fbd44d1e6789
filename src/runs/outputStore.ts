/** The blobs that lie at a step's outputs: by listing, so that it costs a page per 5,000 blobs and no look at each. */
import type { Datastores } from "../data/datastores";
import type { DataPath } from "../model/definition";
import { mapSome } from "./batches";
import type { FoundOutput, ProducedBlob } from "./producedOutputs";

export interface OutputStore {
  /** What is there now; nothing at an output is an output without blobs. */
  find(outputs: readonly OutputPlace[]): Promise<readonly FoundOutput[]>;
}

export interface OutputPlace {
  readonly name: string;
  readonly dataPath: DataPath;
}

const listingsAtOnce = 8;

export function createOutputStore({ datastores }: { readonly datastores: Datastores }): OutputStore {
  return {
    find: (outputs) =>
      mapSome(outputs, listingsAtOnce, async ({ name, dataPath }) => ({
        name,
        blobs: await blobsAt(datastores, dataPath),
      })),
  };
}

/** The blob of exactly that name, and those below it. */
async function blobsAt(
  datastores: Datastores,
  { datastore, path }: DataPath,
): Promise<readonly ProducedBlob[]> {
  const container = await datastores.container(datastore);
  const name = path.replace(/\/+$/, "");
  const blobs: ProducedBlob[] = [];
  for await (const blob of container.listBlobsFlat({ prefix: name })) {
    if (name !== "" && blob.name !== name && !blob.name.startsWith(`${name}/`)) continue;
    blobs.push({ path: blob.name, etag: blob.properties.etag });
  }
  return blobs;
}
