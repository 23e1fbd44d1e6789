/** Data sources: places in datastores that graphs read from. Source: spec azureml-v1-wire.md §3.3. */
import { dataSourceCreation } from "../../contract/graphDataSource";
import { decode } from "../../contract/wireType";
import type { UploadedEntity } from "../../pipelines/uploadedEntityStore";
import { json, refuse, type Answer } from "../answer";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";
import { parseUploaded } from "./uploadedText";

export async function createDataSource({ rooms, body }: Call<unknown>): Promise<Answer> {
  const creation = decode(dataSourceCreation, body);
  if (!creation.ok) return refuseProblems(creation.problems);
  const { fingerprint } = creation.value;
  return json(dataSourceOf(await rooms.dataSources.create({ fingerprint, text: JSON.stringify(body) })));
}

export async function getDataSource({ rooms, param }: Call): Promise<Answer> {
  const found = await rooms.dataSources.find(param("id"));
  return found === undefined ? noDataSource("of that id") : json(dataSourceOf(found));
}

export async function getDataSourceByHash({ rooms, param }: Call): Promise<Answer> {
  const found = await rooms.dataSources.findNewest(param("fingerprint"));
  return found === undefined ? noDataSource("with that fingerprint") : json(dataSourceOf(found));
}

function dataSourceOf(entity: UploadedEntity): unknown {
  const body = parseUploaded(entity);
  return {
    ...body,
    Id: entity.id,
    DataTypeId: body["DataTypeId"] ?? "AnyDirectory",
    DataLocation: {
      StorageType: "AzureBlob",
      DataReference: {
        Type: "AzureBlob",
        AzureBlobReference: {
          RelativePath: body["PathOnDataStore"] ?? "",
          AmlDataStoreName: body["DataStoreName"],
        },
      },
    },
    EntityStatus: "Active",
    CreatedDate: entity.createdAt,
    LastModifiedDate: entity.createdAt,
  };
}

const noDataSource = (which: string): Answer =>
  refuse("DataSourceNotFound", `There is no data source ${which}.`);
