/** Data sources: places in datastores that graphs read from. Source: spec azureml-v1-wire.md §3.3, §6.1. */
import { storedKeys, type StoredUpload } from "./graphModule";
import { anything, id, orElse, orNull, text, wireObject, type ValueOf } from "./wireType";

/** Body of `POST DataSources`. */
export const dataSourceCreation = wireObject({
  name: ["Name", text],
  description: ["Description", orElse(text, "")],
  datastore: ["DataStoreName", orNull(text)],
  path: ["PathOnDataStore", orNull(text)],
  dataType: ["DataTypeId", orNull(text)],
  sqlTable: ["SqlTableName", orNull(text)],
  sqlQuery: ["SqlQuery", orNull(text)],
  sqlProcedure: ["SqlStoredProcedureName", orNull(text)],
  sqlProcedureParameters: ["SqlStoredProcedureParams", anything],
  fingerprint: ["IdentifierHash", id],
});

export type UploadedDataSource = ValueOf<typeof dataSourceCreation>;

/** Answer of every data source route: the body that came, unknown keys included, and where the data lies. */
export function dataSourceEntity(
  stored: StoredUpload,
  { datastore, path }: UploadedDataSource,
): Readonly<Record<string, unknown>> {
  const place = { RelativePath: path, AmlDataStoreName: datastore };
  return {
    DataTypeId: "AnyFile",
    ...(JSON.parse(stored.text) as object),
    ...storedKeys(stored),
    DataLocation: { DataReference: { Type: "AzureBlob", AzureBlobReference: place } },
  };
}

/** A data source as a client reads it. */
export const createdDataSource = wireObject({ id: ["Id", id] });
