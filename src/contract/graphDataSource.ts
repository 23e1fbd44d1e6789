/** Data sources: places in datastores that graphs read from. Source: spec azureml-v1-wire.md §3.3, §6.1. */
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
  sqlProcedureParameters: ["SqlStoredProcedureParams", orNull(anything)],
  fingerprint: ["IdentifierHash", id],
});

export type UploadedDataSource = ValueOf<typeof dataSourceCreation>;

/** A data source as a client reads it. */
export const createdDataSource = wireObject({ id: ["Id", id] });
