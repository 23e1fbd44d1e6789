/** Where the outputs of a run are. Source: spec azureml-v1-wire.md §3.3, §6.6. */
import { id, listOf, mapOf, text, wireObject, type ValueOf } from "./wireType";

const blobReference = wireObject({
  path: ["RelativePath", text],
  datastore: ["AmlDataStoreName", text],
});

const dataReference = wireObject({ type: ["Type", text], blob: ["AzureBlobReference", blobReference] });

export const nodeOutput = wireObject({
  dataType: ["DataTypeId", text],
  location: [
    "DataLocation",
    wireObject({ storageType: ["StorageType", text], reference: ["DataReference", dataReference] }),
  ],
});

export type NodeOutput = ValueOf<typeof nodeOutput>;

/** Of one step, by port. */
export const nodeOutputs = mapOf(nodeOutput);

/** Ids of the steps whose outputs are asked for. */
export const askedNodes = listOf(id);
