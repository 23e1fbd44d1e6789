/**
 * Datasets, saved and registered. The routes are additions of Sluice in v1's words: v1's own carry the text of a data
 * preparation program. Source of the meaning: spec azureml-v1.md §1.7.
 */
import {
  flag,
  instant,
  integer,
  listOf,
  mapOf,
  name,
  oneOf,
  orElse,
  orNull,
  text,
  wireObject,
  type ValueOf,
} from "./wireType";

export const datasetTypes = ["file", "tabular"] as const;
export const datasetStates = ["Active", "Deprecated", "Archived"] as const;
const headers = [
  "NO_HEADERS",
  "ONLY_FIRST_FILE_HAS_HEADERS",
  "COMBINE_ALL_FILES_HEADERS",
  "ALL_FILES_HAVE_SAME_HEADERS",
] as const;
const types = ["string", "long", "double", "boolean", "datetime"] as const;

const place = wireObject({ datastore: ["dataStoreName", text], path: ["relativePath", text] });

/** How delimited text is read; means nothing for a file dataset. */
export const delimitedText = wireObject({
  separator: ["separator", orElse(text, ",")],
  header: ["header", orElse(oneOf(headers), "ALL_FILES_HAVE_SAME_HEADERS")],
  encoding: ["encoding", orElse(text, "utf8")],
  supportMultiLine: ["supportMultiLine", orElse(flag, false)],
  emptyAsString: ["emptyAsString", orElse(flag, false)],
  includePath: ["includePath", orElse(flag, false)],
  inferColumnTypes: ["inferColumnTypes", orElse(flag, true)],
  columnTypes: ["columnTypes", mapOf(oneOf(types))],
});

export const datasetBody = wireObject({
  kind: ["datasetType", oneOf(datasetTypes)],
  paths: ["paths", listOf(place)],
  partitionFormat: ["partitionFormat", orNull(text)],
  delimited: ["delimitedText", orNull(delimitedText)],
});

export type DatasetBody = ValueOf<typeof datasetBody>;

export const savedDataset = wireObject({ id: ["id", text], definition: ["definition", datasetBody] });

export const datasetRegistration = wireObject({
  name: ["name", name],
  description: ["description", orElse(text, "")],
  tags: ["tags", mapOf(text)],
  createNewVersion: ["createNewVersion", orElse(flag, false)],
  definition: ["definition", datasetBody],
});

export const registeredDataset = wireObject({
  datasetId: ["datasetId", text],
  name: ["name", text],
  version: ["version", integer],
  /** Id of the definition, for inputs of steps. */
  savedId: ["savedDatasetId", text],
  description: ["description", orElse(text, "")],
  tags: ["tags", mapOf(text)],
  state: ["state", oneOf(datasetStates)],
  createdAt: ["createdTime", instant],
  definition: ["definition", datasetBody],
});

export type RegisteredDatasetEntity = ValueOf<typeof registeredDataset>;

export const registeredDatasetList = wireObject({
  value: ["value", listOf(registeredDataset)],
  continuationToken: ["continuationToken", orNull(text)],
});

/** Body of `PUT …/state`. */
export const datasetState = oneOf(datasetStates);
