/** The data types that v1's client expects to exist; it would create those that are missing. Source: spec azureml-v1-wire.md §6.1. */
import { json, type Answer } from "../answer";

const ids = [
  "AnyFile",
  "AnyDirectory",
  "AzureBlobReference",
  "AzureDataLakeReference",
  "AzureFilesReference",
  "AzureSqlDatabaseReference",
  "AzurePostgresDatabaseReference",
  "AzureDataLakeGen2Reference",
  "AzureMLDataset",
  "AzureMySqlDatabaseReference",
  "DBFSReference",
];

export function listDataTypes(): Answer {
  return json(
    ids.map((id) => ({
      Id: id,
      Name: id,
      Description: id,
      IsDirectory: id === "AnyDirectory",
      ParentDataTypeIds: [],
    })),
  );
}
